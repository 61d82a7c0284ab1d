//! What was typed: words and variables become the arguments of a verb, or help, or an answer to a misuse.

mod colors;
mod expected_words;
mod flag_source;
mod parsing;
mod short_help;
mod variables;

pub(crate) use flag_source::FlagSources;
pub use parsing::command;
pub(super) use parsing::{answer, asks_for_json, read, with_file};
