//! The roster: a CSV in, accepted and rejected lines out.
//!
//! A file of any size passes through in one pass and in constant memory: raw bytes are digested, decoded to UTF-8,
//! watched by a scanner that knows physical lines and open quotes, split into fields, and judged one line at a time.
//!
//! What a bad line is, is decided here; what a good one is used for is not. This part knows nothing of ledgers, of
//! providers, or of whether a user was named before: a repeated user is two accepted lines.

mod dialect;
mod error;
mod header;
mod inspection;
mod judge;
mod layout;
mod line;
mod reader;
mod scan;
mod source;
mod roster_summary;
#[cfg(test)]
mod tests;
mod wording;

pub use dialect::{TextEncoding, UnknownEncoding};
pub use error::{RosterError, RosterErrorKind};
pub use header::{RosterOptions, names_a_user};
pub use inspection::{Inspection, inspect};
pub use judge::is_written_as_number;
pub use layout::HeaderAt;
pub use line::{Key, Record, Rejection, LineCheck};
pub use reader::Roster;
pub use source::Digest;
pub use roster_summary::{Reading, RosterSummary, check};
