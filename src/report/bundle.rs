//! Writing the bundle: all of it under another name first, then renamed, so that what has its name is
//! whole. Everything in it is read at one moment.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::ledger::{Job, LedgerError, Reader};
use crate::report::{Summary, table};

/// The report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Something is there already.
    #[error("`{0}` exists and is not an empty folder")]
    Occupied(PathBuf),
    /// A file or folder cannot be written.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The table cannot be written.
    #[error("cannot write the report: {0}")]
    Table(#[from] csv::Error),
    /// The table cannot be flushed.
    #[error("cannot write the report: {0}")]
    Flush(#[from] std::io::Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Rows are missing, or are too many. All is read at one moment: it is no other process.
    #[error("the ledger is damaged: it holds {rows} rows for the {lines} lines of the roster")]
    Damaged {
        /// Rows found.
        rows: u64,
        /// Lines of the roster.
        lines: u64,
    },
}

/// The table, then the summary: where the summary is, the table is whole.
const FILES: [&str; 2] = ["report.csv", "summary.json"];

/// Writes `report.csv` and `summary.json` of a job into the folder `dir`, which must not exist or be
/// empty. Memory does not grow with the job.
///
/// A folder that is not there appears whole. One that is there may be a mount point, a link, or where
/// somebody stands, none of which can be replaced: its files appear one by one, the summary last.
pub async fn write_bundle(
    reader: &mut Reader,
    job: &Job,
    dir: &Path,
) -> Result<Summary, ReportError> {
    // Without a slash at the end, so that a name can be put together from it.
    let dir: PathBuf = dir.components().collect();
    let is_there = refuse_if_occupied(&dir)?;
    reader.begin_snapshot().await?;
    let written = if is_there {
        fill(reader, job, &dir).await
    } else {
        make(reader, job, &dir).await
    };
    reader.end_snapshot().await?;
    written
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> ReportError {
    let path = path.to_owned();
    move |source| ReportError::Write { path, source }
}

/// Writes the whole folder under another name, and renames it.
async fn make(reader: &mut Reader, job: &Job, dir: &Path) -> Result<Summary, ReportError> {
    let draft = draft_path(dir);
    if draft.exists() {
        // Left over by a process of the same number that was killed: nobody else uses this name.
        std::fs::remove_dir_all(&draft).map_err(at(&draft))?;
    }
    std::fs::create_dir_all(&draft).map_err(at(&draft))?;
    let files = FILES.map(|name| draft.join(name));
    let written = write_files(reader, job, &files).await;
    let renamed = written.and_then(|summary| {
        std::fs::rename(&draft, dir).map_err(at(dir))?;
        Ok(summary)
    });
    if renamed.is_err() {
        // The draft is worthless; the error that matters is the one at hand.
        let _ = std::fs::remove_dir_all(&draft);
    }
    renamed
}

/// Writes into the empty folder that is there: each file under another name, then renamed.
async fn fill(reader: &mut Reader, job: &Job, dir: &Path) -> Result<Summary, ReportError> {
    let files = FILES.map(|name| dir.join(name));
    let drafts = files.each_ref().map(|file| draft_path(file));
    let written = write_files(reader, job, &drafts).await;
    let renamed = written.and_then(|summary| {
        for (draft, file) in drafts.iter().zip(&files) {
            std::fs::rename(draft, file).map_err(at(file))?;
        }
        Ok(summary)
    });
    if renamed.is_err() {
        // The folder was empty, so whatever has these names is ours, and half of it is worthless.
        for file in drafts.iter().chain(&files) {
            let _ = std::fs::remove_file(file);
        }
    }
    renamed
}

async fn write_files(
    reader: &mut Reader,
    job: &Job,
    [table, summary]: &[PathBuf; 2],
) -> Result<Summary, ReportError> {
    let create = |path: &Path| File::create_new(path).map(BufWriter::new).map_err(at(path));
    let rows = table::write(reader, job, create(table)?).await?;
    if rows != job.lines {
        return Err(ReportError::Damaged {
            rows,
            lines: job.lines,
        });
    }
    let counts = reader.counts(job).await?;
    let runs = reader.runs(job).await?;
    let mut file = create(summary)?;
    let summary = Summary::new(job, &counts, &runs);
    serde_json::to_writer_pretty(&mut file, &summary).map_err(std::io::Error::from)?;
    file.write_all(b"\n")?;
    file.flush()?;
    Ok(summary)
}

/// Whether the folder is there, and empty.
fn refuse_if_occupied(dir: &Path) -> Result<bool, ReportError> {
    match std::fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Ok(mut entries) => match entries.next() {
            None => Ok(true),
            Some(_) => Err(ReportError::Occupied(dir.to_owned())),
        },
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            Err(ReportError::Occupied(dir.to_owned()))
        }
        Err(source) => Err(at(dir)(source)),
    }
}

/// A name beside `path`, on the same file system, that no other process uses.
fn draft_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".draft-{}", std::process::id()));
    PathBuf::from(name)
}
