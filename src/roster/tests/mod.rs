//! Tests of the roster as a whole, on bytes in memory and on files.

mod layouts;
mod lines;
mod property;
mod refusals;
mod support;
