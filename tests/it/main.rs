//! What `offboard` promises, shown on the real program: a real SQLite file, real sockets, real
//! signals. One module for each feature.
#![expect(
    clippy::unwrap_used,
    reason = "what helpers of tests unwrap is as good as an assertion"
)]

mod demo;
mod help;
mod input;
mod layering;
mod progress;
mod report;
mod run;
mod secrets;
mod settings;
mod support;
