//! Tests of the engine, one file per theme.

mod course;
