//! How one provider speaks SCIM, as data that is read from the `[scim]` table of a profile: another provider
//! needs a profile and no code.
//!
//! What a profile leaves out is as RFC 7643 and RFC 7644 define it. Nothing here sends a request.

mod access;
mod provider_dialect;
mod template;
mod write_dialect;

pub use access::{Absent, AccessDialect, MembershipDialect};
pub use provider_dialect::{AttributeName, Dialect, FindDialect, HeaderText, Media};
pub use template::{Item, Template};
pub use write_dialect::{PatchOperation, WriteDialect, WriteMethod};

pub(super) use template::Placeholders;
pub(super) use write_dialect::remove_attribute;
