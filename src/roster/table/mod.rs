//! Where the table begins in a roster file, and which of its columns name the users.

mod column_names;
mod columns;
mod layout;
mod likeness;

pub(crate) use column_names::names_a_user;
pub(in crate::roster) use columns::Columns;
pub use columns::RosterOptions;
pub(crate) use layout::HeaderAt;
pub(in crate::roster) use layout::{Layout, cells};
