//! An output file while it is written. It has another name until it is complete.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::FileError;
use super::new_files::{create_beside, publish};
use super::output_path::{AtPath, OutputPath};
use crate::platform;

/// An output file while it is written. If it is dropped before it is finished, nothing is left of it.
#[derive(Debug)]
pub(crate) struct Draft {
    place: OutputPath,
    file: BufWriter<File>,
    /// The name until the file is complete; `None` for a stream.
    name: Option<PathBuf>,
}

impl Draft {
    pub(super) fn begin(place: OutputPath) -> Result<Self, FileError> {
        let (name, file) = match place.check()? {
            AtPath::Stream => (None, OpenOptions::new().write(true).open(&place.path)),
            AtPath::Nothing | AtPath::Regular(_) => {
                let (name, file) = create_beside(&place.path, platform::create_private)?;
                (Some(name), Ok(file))
            }
        };
        let file = file.map_err(|source| FileError::io(&place.path, source))?;
        Ok(Self {
            place,
            file: BufWriter::new(file),
            name,
        })
    }

    /// Makes the content durable and gives the file its name.
    ///
    /// # Errors
    /// [`FileError`]: another file has the name by now, or the system reports an error.
    pub(crate) fn finish(mut self) -> Result<(), FileError> {
        let path = self.place.path.clone();
        let failed = |source| FileError::io(&path, source);
        self.file.flush().map_err(failed)?;
        let Some(name) = &self.name else {
            return Ok(());
        };
        self.file.get_ref().sync_all().map_err(failed)?;
        match self.place.check()? {
            AtPath::Nothing => publish(name, &path)?,
            // The old file is empty or was written by this command. The new one replaces it.
            AtPath::Regular(old) => {
                // Windows does not replace a file that is open.
                drop(old);
                std::fs::rename(name, &path).map_err(failed)?;
            }
            AtPath::Stream => return Err(FileError::Special(path)),
        }
        self.name = None;
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // This value created the file, and it is incomplete.
            let _ = std::fs::remove_file(name);
        }
    }
}
