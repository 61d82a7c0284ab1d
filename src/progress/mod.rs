//! Progress: what a run prints while it works.
//!
//! It listens to the engine's notices and writes to standard error: a bar on a terminal, plain lines elsewhere, or
//! a JSON object for each event. It decides nothing, and it must neither block nor fail the run.

mod bars;
mod event_log;
mod json_events;
mod listener;
mod mode;
mod plain_lines;
mod progress_words;
mod speed;

pub(crate) use bars::{JobWatch, LookUpProgress, WatchedJob};
pub(crate) use event_log::EventLog;
#[cfg(test)]
pub(crate) use json_events::ProgressForm;
pub(crate) use listener::Progress;
pub(crate) use mode::ProgressMode;
pub(crate) use progress_words::speed_in_words;
pub(crate) use speed::{Speed, WINDOW};
