//! The protect list as it is written: patterns, and files of patterns.
//!
//! Each pattern and each line either names a user, or is refused: a pattern that fits no user protects no user,
//! and that would be noticed too late. Which users a pattern covers is decided elsewhere (`domain`).

mod list_file;
mod pattern;
mod patterns;

pub(super) use patterns::patterns;
