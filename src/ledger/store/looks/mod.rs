//! What look-ups have found: which lines seek the users that were shown, which user a line means, and what is
//! still to be looked up.

mod candidates;
mod sightings;
mod unseen;

pub(in crate::ledger::store) use candidates::{forget_candidates, forget_lines, forget_look_up};
pub(in crate::ledger::store) use sightings::place;
pub(in crate::ledger::store) use unseen::mark_duplicates;

#[cfg(test)]
mod tests;
