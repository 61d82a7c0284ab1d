//! The pace on paused time.

mod adapting;
mod support;
mod windows;
