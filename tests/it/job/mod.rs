//! A job from its first request to its last: the whole change, its rate, signals, kills and the commands
//! that continue it.

mod as_a_library;
mod combined_faults;
mod kill_and_resume;
mod many_users;
mod rate;
mod retry;
mod signals;
mod whole_job;
