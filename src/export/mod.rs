//! The provider's users as a CSV that a job takes as its roster.
//!
//! Users pass through page by page; what stays in memory of each is a digest of its id. A file grows
//! under another name beside a record of how far it has come, so that whatever interrupts an export,
//! the next one goes on. Nothing here knows HTTP, SCIM, or where the table is printed.

mod column;
mod part;
mod table;

pub use column::{Column, UnknownColumn};
pub use part::{PartFile, PartError};
pub use table::{ExportOrder, ExportProgress, UserTable};
