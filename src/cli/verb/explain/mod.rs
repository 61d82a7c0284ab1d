//! `offboard explain`: the verb, and each event as a sentence.

mod event_sentence;
mod show_history;

pub(crate) use show_history::{ExplainArgs, explain};
