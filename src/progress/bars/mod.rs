//! Bars on a terminal, and what takes their place elsewhere: of a run, of a look-up, and of a job that another process
//! works on.

mod bar_style;
mod look_up_progress;
mod run_bar;
mod watched_job;

pub(crate) use look_up_progress::LookUpProgress;
pub(super) use run_bar::RunBar;
pub(crate) use watched_job::{JobWatch, WatchedJob};
