//! A file on its way: it grows under another name, and takes its own when it is whole.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::new_files::{create_beside, publish};
use super::output_path::{AtPath, OutputPath};
use super::{FileError, create};

/// A file that is being written. One that is dropped before it is finished leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    place: OutputPath,
    file: BufWriter<File>,
    /// The name until the file is whole; none for a stream.
    name: Option<PathBuf>,
}

impl Draft {
    pub(super) fn begin(place: OutputPath) -> Result<Self, FileError> {
        let (name, file) = match place.judge()? {
            AtPath::Stream => (None, OpenOptions::new().write(true).open(&place.path)),
            AtPath::Nothing | AtPath::Regular(_) => {
                let (name, file) = create_beside(&place.path, create)?;
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
    /// [`FileError`]: something else is there by now, or the system refuses.
    pub fn finish(mut self) -> Result<(), FileError> {
        let path = self.place.path.clone();
        let failed = |source| FileError::io(&path, source);
        self.file.flush().map_err(failed)?;
        let Some(name) = &self.name else {
            return Ok(());
        };
        self.file.get_ref().sync_all().map_err(failed)?;
        match self.place.judge()? {
            AtPath::Nothing => publish(name, &path)?,
            // Its content is ours, or nothing: only the name changes hands.
            AtPath::Regular(_) => std::fs::rename(name, &path).map_err(failed)?,
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
            // It is half a file, made by this very value.
            let _ = std::fs::remove_file(name);
        }
    }
}
