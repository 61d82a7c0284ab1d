//! The file of an export while it grows. `FILE.part` holds the rows so far. `FILE.part.json`, the record, holds
//! how far the list was read and how many bytes of the rows are valid. After each page the rows are made
//! durable before the record is; the next export cuts off rows beyond those that the record counts.

use std::fs::{File, TryLockError};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::export::{Column, ExportOrder, ExportProgress, UserTable};
use crate::files::{self, FileError, OutputPath, Signature};
use crate::lookup::ListCursor;
use crate::platform;
use crate::report::cell_text;

/// The version of the record's form. Exports with a version below 3 did not put every cell in quotes.
const VERSION: u32 = 3;

/// The record of an export, of any version.
const RECORD: Signature = Signature {
    what: "record of an export",
    is_ours: |head| head.starts_with(b"{\"version\":"),
};

/// The rows of an export that has left a record.
const GROWING: Signature = Signature {
    what: "part of an export",
    is_ours: |_| true,
};

/// A part file without a record. It was not made by an export.
const UNKNOWN: Signature = Signature {
    what: "part of an export",
    is_ours: |_| false,
};

/// Why the file of an export cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PartError {
    /// The file must not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another export is writing the file.
    #[error("another export is writing `{0}`")]
    Busy(PathBuf),
    /// The system reports an error.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The rows so far cannot be read.
    #[error("cannot read the rows so far: {0}")]
    Read(#[from] csv::Error),
    /// A row cannot be formatted.
    #[error("cannot make the table: {0}")]
    Row(#[from] io::Error),
}

impl PartError {
    /// What the user can do about it, if there is something.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::File(error) => error.hint(),
            Self::Busy(_) => Some("wait for it, or name another file with `-o FILE`"),
            Self::Write { .. } | Self::Read(_) | Self::Row(_) => None,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: u32,
    order: ExportOrder,
    place: ListCursor,
    progress: ExportProgress,
    bytes: u64,
}

/// The file of an export in progress.
#[derive(Debug)]
pub(crate) struct PartFile {
    file: File,
    path: PathBuf,
    growing: PathBuf,
    record: OutputPath,
    order: ExportOrder,
    bytes: u64,
}

impl PartFile {
    /// Begins a file, or continues one that an interrupted export with the same order has left. `table` is
    /// set to the rows that are in the file, and the position in the list is returned.
    ///
    /// Without the column of ids it is not known which users are in the file already, so such an export
    /// begins again.
    ///
    /// # Errors
    /// [`PartError`]: the file exists, another export writes it, or the system reports an error.
    pub(crate) fn open(
        path: &Path,
        order: ExportOrder,
        table: &mut UserTable,
    ) -> Result<(Self, ListCursor), PartError> {
        // This refuses a link, too.
        if path.symlink_metadata().is_ok() {
            return Err(FileError::Exists(path.to_owned()).into());
        }
        let with = |ending: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let (part, record) = (with(".part"), with(".part.json"));
        let failed = |source| PartError::Write {
            path: part.clone(),
            source,
        };
        let record = OutputPath::new(&record, RECORD)?;
        // An export writes its record before any row, so a part file without a record is not from an export.
        let is_known = record.path().metadata().is_ok_and(|meta| meta.len() > 0);
        let file = files::resume(&part, if is_known { GROWING } else { UNKNOWN })?;
        if !files::is_own(&file) {
            let (path, what) = (part, GROWING.what);
            return Err(FileError::Stranger { path, what }.into());
        }
        match platform::try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(PartError::Busy(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let length = file.metadata().map_err(failed)?.len();
        let left = left_behind(record.path(), &order).filter(|left| left.bytes <= length);
        let mut this = Self {
            file,
            path: path.to_owned(),
            growing: part,
            record,
            order,
            bytes: 0,
        };
        let Some(left) = left else {
            this.append(&[], &ListCursor::default(), ExportProgress::default())?;
            this.cut(0)?;
            this.append(
                &table.header()?,
                &ListCursor::default(),
                ExportProgress::default(),
            )?;
            return Ok((this, ListCursor::default()));
        };
        this.cut(left.bytes)?;
        table.resume(left.progress, this.ids()?.into_iter());
        Ok((this, left.place))
    }

    /// Adds rows, and stores the position in the list after them. Both are durable when it returns.
    ///
    /// # Errors
    /// [`PartError::Write`].
    pub(crate) fn append(
        &mut self,
        rows: &[u8],
        place: &ListCursor,
        progress: ExportProgress,
    ) -> Result<(), PartError> {
        let wrote = self.file.write_all(rows);
        wrote
            .and_then(|()| self.file.sync_data())
            .map_err(|source| self.failed(source))?;
        self.bytes += rows.len() as u64;
        let record = Record {
            version: VERSION,
            order: self.order.clone(),
            place: place.clone(),
            progress,
            bytes: self.bytes,
        };
        self.replace_record(&record)
    }

    /// Gives the complete file its final name.
    ///
    /// # Errors
    /// [`PartError`]: another process may have created a file with this name in the meantime.
    pub(crate) fn finish(self) -> Result<(), PartError> {
        files::publish(&self.growing, &self.path)?;
        // Without the rows the record has no meaning.
        let _ = std::fs::remove_file(self.record.path());
        Ok(())
    }

    fn cut(&mut self, bytes: u64) -> Result<(), PartError> {
        self.bytes = bytes;
        let cut = self.file.set_len(bytes);
        cut.and_then(|()| self.file.seek(SeekFrom::Start(bytes)).map(drop))
            .map_err(|source| self.failed(source))
    }

    /// The ids in the rows so far.
    fn ids(&mut self) -> Result<Vec<String>, PartError> {
        let column = self.order.columns.iter();
        let index = column
            .take_while(|column| **column != Column::UserId)
            .count();
        let seek = self.file.seek(SeekFrom::Start(0));
        seek.map_err(|source| self.failed(source))?;
        let mut ids = Vec::new();
        for record in csv::Reader::from_reader(BufReader::new(&self.file)).records() {
            let record = record?;
            let cell = record.get(index).unwrap_or_default();
            ids.push(cell_text(cell).to_owned());
        }
        let seek = self.file.seek(SeekFrom::Start(self.bytes));
        seek.map_err(|source| self.failed(source))?;
        Ok(ids)
    }

    /// Replaces the record. The draft always has the same name, so that a killed export leaves at most one.
    fn replace_record(&self, record: &Record) -> Result<(), PartError> {
        let path = self.record.path();
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let new = PathBuf::from(new);
        OutputPath::new(&new, RECORD)?;
        let failed = |source| PartError::Write {
            path: new.clone(),
            source,
        };
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut file = platform::create_private(&new).map_err(failed)?;
        let text = serde_json::to_vec(record).map_err(io::Error::from)?;
        file.write_all(&text)
            .and_then(|()| file.sync_data())
            .and_then(|()| std::fs::rename(&new, path))
            .map_err(failed)
    }

    fn failed(&self, source: io::Error) -> PartError {
        PartError::Write {
            path: self.growing.clone(),
            source,
        }
    }
}

/// The record that an earlier export with the same order has left, if there is one that can be used.
fn left_behind(path: &Path, order: &ExportOrder) -> Option<Record> {
    let record: Record = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let fits = record.version == VERSION && record.order == *order;
    (fits && order.columns.contains(&Column::UserId)).then_some(record)
}
