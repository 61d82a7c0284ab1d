//! Progress: what a run prints while it works.
//!
//! It listens to the engine's notices and writes to standard error: a bar on a terminal, plain lines elsewhere. It
//! decides nothing, and it must neither block nor fail the run.

mod bar;
mod event_log;
mod listener;
mod look_up_progress;
mod mode;
mod plain_lines;
mod progress_words;
mod speed;
mod watched_job;

pub(crate) use event_log::EventLog;
pub(crate) use listener::Progress;
pub(crate) use look_up_progress::LookUpProgress;
pub(crate) use mode::ProgressMode;
pub(crate) use progress_words::speed_in_words;
pub(crate) use speed::{Speed, WINDOW};
pub(crate) use watched_job::{JobWatch, WatchedJob};
