//! The files that this program writes: whole or not at all, for their owner alone, and never over
//! anything that the same command has not made.
//!
//! Every output of every command passes through here. A file that is found where one is to be written
//! is replaced only if its content shows that the same command wrote it ([`Signature`]); no link is
//! followed, and no file is opened for writing before it is known what it is. What the files hold is
//! known elsewhere.

mod draft;
mod error;
mod folder;
mod mark;
mod open;
mod place;

pub use draft::Draft;
pub use error::FileError;
pub use folder::{create, create_folder, create_folders, publish, unused};
pub use mark::Signature;
pub use open::{append, is_own, resume};
pub use place::OutputPath;
