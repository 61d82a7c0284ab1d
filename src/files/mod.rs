//! Writes the output files of the program. A file appears whole or not at all, only its owner may read it,
//! and no file is replaced that the same command has not made.
//!
//! Every output of every command passes through here. A file at the path of an output is replaced only if
//! its content shows that the same command wrote it ([`Signature`]). No link is followed, and no file is
//! opened for writing before its kind is known. This room knows nothing of what the files hold.

mod draft;
mod error;
mod growing_file;
mod new_files;
mod output_path;

pub(crate) use draft::Draft;
pub(crate) use error::FileError;
pub(crate) use growing_file::{append, is_own, resume};
pub(crate) use new_files::{create_folders, publish, unused};
pub(crate) use output_path::{OutputPath, Signature};
