//! Writes the evidence of a job: all files of the bundle into one folder, or one of them by itself.

mod folder_writer;
mod hashed_file;
mod manifest;
mod single_file;

pub use folder_writer::{FILES, write_bundle};
pub(crate) use single_file::{Format, write_single};
