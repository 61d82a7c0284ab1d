//! How one provider speaks SCIM, as data that is read from the `[scim]` table of a profile: another provider
//! needs a profile and no code.
//!
//! What a profile leaves out is as RFC 7643 and RFC 7644 define it. Nothing here sends a request.

mod access;
mod provider_dialect;
mod template;
mod write_dialect;

pub(crate) use access::{AccessDialect, MembershipDialect};
pub(crate) use provider_dialect::{AttributeName, Dialect};
pub(crate) use template::Item;
pub(crate) use write_dialect::{PatchOperation, WriteDialect, WriteMethod};

pub(super) use template::Placeholders;
pub(super) use write_dialect::remove_attribute;
