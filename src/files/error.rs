//! Why a file is not written.

use std::io;
use std::path::{Path, PathBuf};

/// The file cannot, or must not, be written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file is there that this command did not make.
    #[error("`{path}` exists already, and is no {what} of this program: it is not overwritten")]
    Stranger {
        /// The file.
        path: PathBuf,
        /// What a file of ours would be.
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
    /// A link is there.
    #[error("`{0}` is a link: nothing is written through a link")]
    Link(PathBuf),
    /// A folder, a block device or a socket is there.
    #[error("`{0}` is not a regular file")]
    Special(PathBuf),
    /// A file is there, and none may be.
    #[error("`{0}` exists already")]
    Exists(PathBuf),
    /// The system refuses.
    #[error("cannot write `{path}`: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl FileError {
    /// What to do next, where there is something to do.
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
