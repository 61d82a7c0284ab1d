//! P10: no password and no token is in a file, in what is printed, or in the list of processes.

mod job;
mod line_tap;
mod sign_in_kinds;
