//! What `report` and `status` show after a job, also in a real browser.

mod browser;
mod bundle;
mod deciding_answer;
mod tables;
