//! Progress: what a run prints while it works.
//!
//! It listens to the engine's events and writes to standard error: a bar on a terminal, plain lines elsewhere. It
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

pub use event_log::EventLog;
pub use listener::Progress;
pub use look_up_progress::LookUpProgress;
pub use mode::ProgressMode;
pub use progress_words::speed_in_words;
pub use speed::{Speed, WINDOW};
pub use watched_job::{JobWatch, WatchedJob};
