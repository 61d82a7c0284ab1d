//! How a file of ours is recognised.

use std::fs::File;
use std::io::{self, Read, Seek};

/// How much of a file is looked at, in bytes.
const HEAD: u64 = 4096;

/// What a file is called, and how its beginning shows that the same command wrote it.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    /// For messages, such as "plan table".
    pub what: &'static str,
    /// Whether a file that begins with these bytes (at most 4096) is one of ours.
    pub is_ours: fn(&[u8]) -> bool,
}

impl Signature {
    /// Whether the open file is ours, or empty: nothing is lost by replacing an empty one. The file
    /// is left at its beginning.
    pub(super) fn fits(&self, file: &mut File) -> io::Result<bool> {
        let mut head = Vec::new();
        file.rewind()?;
        file.by_ref().take(HEAD).read_to_end(&mut head)?;
        file.rewind()?;
        Ok(head.is_empty() || (self.is_ours)(&head))
    }
}
