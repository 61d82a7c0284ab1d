//! How a job went over time, gathered for a page that people read: its runs, its progress, its answers, its
//! waits, and what went wrong.
//!
//! SQLite does the counting, so that what comes back is small however large the job is. Nothing here knows
//! how any of it is drawn.

/// How a request ended, as JSON, in an event: one of its own, or the one with the outcome that the answer led
/// to. `NULL` for events without any.
macro_rules! answer_in {
    () => {
        "CASE kind WHEN 'ended' THEN body WHEN 'settled' THEN body -> 'answer' END"
    };
}

mod activity;
mod answer_counts;
mod progress_points;
mod run_stories;
mod troubles;
mod waits;

pub(crate) use activity::Activity;
pub(crate) use answer_counts::{AnswerTimes, Answers};
pub(crate) use progress_points::ProgressPoint;
pub(crate) use run_stories::RunStory;
pub(crate) use troubles::Trouble;
pub(crate) use waits::Wait;
