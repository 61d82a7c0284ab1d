//! Whole runs on paused time, against a scripted tenant and a journal in memory.

mod before;
mod canary;
mod course;
mod door;
mod faults;
mod flow;
mod killed;
mod looks;
mod outage;
mod outcomes;
mod pace;
mod parts;
mod questions;
mod retry;
mod stop;
