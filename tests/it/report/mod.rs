//! What `report` and `status` show after a job, also in a real browser.

mod browser;
mod bundle;
mod chromium;
mod deciding_answer;
