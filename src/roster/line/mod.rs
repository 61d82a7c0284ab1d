//! One line of a roster: its cells, whether it names a user, and the reasons for which it is rejected.

mod damaged_key;
mod line_rules;
mod record;

pub(crate) use damaged_key::is_written_as_number;
pub(in crate::roster) use line_rules::{LineRules, read};
pub(crate) use record::{Key, LineCheck, Record, Rejection};
