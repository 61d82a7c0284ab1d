//! Whole runs on paused time, against a scripted tenant and a journal in memory.

mod one_user;
mod whole_run;
