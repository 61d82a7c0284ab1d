//! How a job went over time, gathered for a page that people read: its runs, its progress, its answers, its
//! waits, and what went wrong.
//!
//! SQLite does the counting, so that what comes back is small however large the job is. Nothing here knows
//! how any of it is drawn.

mod activity;
mod answer_counts;
mod answer_in;
mod progress_points;
mod run_stories;
mod troubles;
mod waits;

pub(crate) use activity::Activity;
pub(crate) use answer_counts::{AnswerTimes, Answers};
pub(crate) use progress_points::ProgressPoint;
pub(crate) use run_stories::RunStory;
pub(crate) use troubles::{SaidText, Trouble};
pub(crate) use waits::Wait;
