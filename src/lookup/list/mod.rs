//! The provider's list of users, page by page.
//!
//! A [`Walk`] asks for the pages one after the other, however the server counts them. A [`ListCursor`] is how far
//! it has come; it is stored, so that an interrupted walk can continue.

pub(super) mod list_cursor;
mod walk;

pub(crate) use list_cursor::ListCursor;
pub(crate) use walk::{Until, Walk};

#[cfg(test)]
mod tests;
