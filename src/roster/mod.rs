//! The roster: reads a CSV file and gives its lines, each accepted or rejected.
//!
//! A file of any size is read in one pass and in constant memory. The raw bytes are hashed and decoded to
//! UTF-8; a scanner counts physical lines and open quotes; the csv crate splits records into fields; the
//! rules check one line at a time.
//!
//! This room decides whether a line can be used. It knows nothing of ledgers or providers, nor whether
//! an earlier line names the same user: a repeated user is two accepted lines.

mod error;
mod excerpt;
mod file;
mod inspection;
mod line;
mod reader;
mod repeats;
mod roster_summary;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use error::RosterError;
pub(crate) use file::TextEncoding;
pub(crate) use inspection::{Inspection, inspect};
pub(crate) use line::{LineCheck, Record, is_written_as_number};
pub(crate) use reader::Roster;
pub use roster_summary::check;
pub(crate) use roster_summary::{LISTED, Reading, RosterSummary, glance};
pub use table::RosterOptions;
pub(crate) use table::{HeaderAt, names_a_user};
