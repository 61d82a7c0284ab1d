//! The versions that every form has.

/// The version of every form. It changes only if a member is removed or gets another meaning.
pub(crate) const SCHEMA: u32 = 1;

/// The version of the program that has printed a form.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
