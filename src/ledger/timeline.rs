//! How a job went over time, gathered for a page that people read: its runs, its progress, its
//! answers, its waits, and what went wrong.
//!
//! SQLite does the counting, so that what comes back is small however large the job is. Nothing
//! here knows how any of it is drawn.

mod answers;
mod progress;
mod rows;
mod runs;
mod trouble;
mod waits;

pub use answers::{AnswerTimes, Answers};
pub use progress::Step;
pub use runs::RunStory;
pub use trouble::{Trouble, Words};
pub use waits::Wait;
