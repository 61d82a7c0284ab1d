//! The export: the provider's users as a CSV file that a job takes as its roster.
//!
//! Users are written page by page; of each user only a digest of the id stays in memory. The file grows
//! under another name, beside a record of how far the list has been read, so that the next export can
//! continue an interrupted one. This room knows nothing of HTTP or SCIM, nor where the table is printed.

mod column;
mod part_file;
mod user_table;

pub(crate) use column::Column;
pub(crate) use part_file::{PartError, PartFile};
pub(crate) use user_table::{ExportOrder, ExportProgress, UserTable};
