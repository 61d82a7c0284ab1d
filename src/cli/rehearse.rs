//! The verbs that rehearse: the sandbox by itself, and the demo.

mod demo;
mod sandbox;

pub(super) use demo::demo;
pub(super) use sandbox::sandbox;
