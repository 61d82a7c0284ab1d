//! Builds requests in the words of a dialect: reads and writes of one user, and pages and searches of all
//! users. Nothing here sends a request.

mod list_request;
mod resource_path;
mod user_request;

pub(super) use list_request::{filtered, page, search};
pub(super) use user_request::{read, write};
