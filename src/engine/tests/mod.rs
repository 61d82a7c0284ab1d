//! Whole runs on paused time, against a scripted tenant and a journal in memory.

mod before;
mod course;
mod faults;
mod flow;
mod killed;
mod outage;
mod outcomes;
mod pace;
mod parts;
mod retry;
mod stop;
