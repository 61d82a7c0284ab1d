//! Words: those that the page has for codes, and what the words of providers have in common.

mod reason_pattern;
pub(super) mod wording;

pub(super) use reason_pattern::reason_pattern;
