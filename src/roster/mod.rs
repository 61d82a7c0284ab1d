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

pub use error::RosterError;
pub use file::{Digest, TextEncoding, UnknownEncoding};
pub use inspection::{Inspection, inspect};
pub use line::{Key, LineCheck, Record, Rejection, is_written_as_number};
pub use reader::Roster;
pub use roster_summary::{Reading, RosterSummary, check};
pub use table::{HeaderAt, RosterOptions, names_a_user};
