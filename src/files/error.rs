//! The error for a file that cannot or must not be written.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file cannot be written, or must not be.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The path has a file that this command did not make.
    #[error("`{path}` exists already, and is no {what} of this program: it is not overwritten")]
    Stranger {
        /// The file.
        path: PathBuf,
        /// What the command writes to this path.
        what: &'static str,
    },
    /// The file is read by the same command.
    #[error("`{path}` is the {what} of this command: it is not overwritten")]
    Input {
        /// The file.
        path: PathBuf,
        /// What the command reads it as.
        what: &'static str,
    },
    /// The path is a link.
    #[error("`{0}` is a link: nothing is written through a link")]
    Link(PathBuf),
    /// The path is a folder, a block device or a socket.
    #[error("`{0}` is not a regular file")]
    Special(PathBuf),
    /// The path has a file, and none may exist.
    #[error("`{0}` exists already")]
    Exists(PathBuf),
    /// The system reports an error.
    #[error("cannot write `{path}`: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl FileError {
    /// What the user can do about it, if there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Stranger { .. } | Self::Special(_) | Self::Exists(_) => {
                Some("name another file, or move this one away")
            }
            Self::Input { .. } => Some("name another file"),
            Self::Link(_) => Some("name the file itself, or remove the link"),
            Self::Io { .. } => None,
        }
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
