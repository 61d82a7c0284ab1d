//! A file that grows under another name: `FILE.part` holds the rows so far, `FILE.part.json` how far
//! the walk has come and how many of its bytes count. After each page the rows are durable before the
//! record says so; whatever stands behind them is cut off by the next export.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::export::{Column, Order, Progress, Table};
use crate::lookup::Place;

/// The form of the record.
const VERSION: u32 = 2;

/// A file cannot be written as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// The file is there already.
    #[error("`{0}` exists already")]
    Exists(PathBuf),
    /// Another export is writing it.
    #[error("another export is writing `{0}`")]
    Busy(PathBuf),
    /// The system does not let us.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A table cannot be written.
    #[error("cannot make the table: {0}")]
    Table(#[from] csv::Error),
}

impl PartError {
    /// What to do next, where there is something to do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Exists(_) => Some("name another file with `-o FILE`, or delete that one"),
            Self::Busy(_) => Some("wait for it, or name another file with `-o FILE`"),
            Self::Write { .. } | Self::Table(_) => None,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: u32,
    order: Order,
    place: Place,
    progress: Progress,
    bytes: u64,
}

/// A file under way.
#[derive(Debug)]
pub struct Part {
    file: File,
    path: PathBuf,
    growing: PathBuf,
    record: PathBuf,
    order: Order,
    bytes: u64,
}

impl Part {
    /// Begins a file, or goes on with one that an export with the same order has left. `table` is
    /// brought to where it was, and so is the place in the list.
    ///
    /// Without the column of ids nobody could tell later who is in the file already, so such an export
    /// begins again.
    ///
    /// # Errors
    /// [`PartError`]: the file exists, another process is at it, or the system does not let us.
    pub fn open(path: &Path, order: Order, table: &mut Table) -> Result<(Self, Place), PartError> {
        if path.exists() {
            return Err(PartError::Exists(path.to_owned()));
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
        let options = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&part);
        let file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(PartError::Busy(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let length = file.metadata().map_err(failed)?.len();
        let left = left_behind(&record, &order).filter(|left| left.bytes <= length);
        let mut this = Self {
            file,
            path: path.to_owned(),
            growing: part,
            record,
            order,
            bytes: 0,
        };
        let Some(left) = left else {
            this.cut(0)?;
            this.append(&table.header()?, &Place::default(), Progress::default())?;
            return Ok((this, Place::default()));
        };
        this.cut(left.bytes)?;
        table.resume(left.progress, this.ids()?.into_iter());
        Ok((this, left.place))
    }

    /// Adds rows, and says how far the walk has come with them. Durable when it returns.
    ///
    /// # Errors
    /// [`PartError::Write`].
    pub fn append(
        &mut self,
        rows: &[u8],
        place: &Place,
        progress: Progress,
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
            .map_err(|source| PartError::Write {
                path: self.record.clone(),
                source,
            })
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`PartError`]; somebody may have put a file there meanwhile.
    pub fn finish(self) -> Result<(), PartError> {
        // A link, unlike a rename, never takes the place of another file.
        let linked = std::fs::hard_link(&self.growing, &self.path);
        match linked {
            Ok(()) => std::fs::remove_file(&self.growing).map_err(|source| self.failed(source))?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(PartError::Exists(self.path));
            }
            // Not every file system has links.
            Err(_) => {
                std::fs::rename(&self.growing, &self.path).map_err(|source| self.failed(source))?;
            }
        }
        // Without the part it means nothing.
        let _ = std::fs::remove_file(&self.record);
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
            // As the cell was made safe.
            ids.push(cell.strip_prefix('\'').unwrap_or(cell).to_owned());
        }
        let seek = self.file.seek(SeekFrom::Start(self.bytes));
        seek.map_err(|source| self.failed(source))?;
        Ok(ids)
    }

    fn replace_record(&self, record: &Record) -> io::Result<()> {
        let mut new = self.record.clone().into_os_string();
        new.push(".new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(&serde_json::to_vec(record)?)?;
        file.sync_data()?;
        std::fs::rename(&new, &self.record)
    }

    fn failed(&self, source: io::Error) -> PartError {
        PartError::Write {
            path: self.growing.clone(),
            source,
        }
    }
}

/// What an earlier export with the same order has left; anything else counts as nothing.
fn left_behind(path: &Path, order: &Order) -> Option<Record> {
    let record: Record = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let fits = record.version == VERSION && record.order == *order;
    (fits && order.columns.contains(&Column::UserId)).then_some(record)
}
