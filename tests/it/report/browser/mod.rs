//! The page of the report in a real browser.
//!
//! Where no Chromium is installed these tests say so and do nothing; `.ci/run` installs it.

mod access;
mod chromium;
mod page;
mod paper;
mod story;
