//! Writing the bundle: all of it under another name first, then renamed, so that a folder of the
//! wanted name is always whole.

use std::fs::File;
use std::io::{BufWriter, Write};
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
    /// The ledger changed while it was read.
    #[error("the job changed while the report was written: {rows} rows for {lines} lines")]
    Moved {
        /// Rows written.
        rows: u64,
        /// Lines of the roster.
        lines: u64,
    },
}

/// Writes `report.csv` and `summary.json` of a job into the folder `dir`, which must not exist or be
/// empty. Memory does not grow with the job.
pub async fn write_bundle(
    reader: &mut Reader,
    job: &Job,
    dir: &Path,
) -> Result<Summary, ReportError> {
    refuse_if_occupied(dir)?;
    let draft = draft_path(dir);
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| ReportError::Write { path, source }
    };
    if draft.exists() {
        // Left over by a process of the same number that was killed: nobody else uses this name.
        std::fs::remove_dir_all(&draft).map_err(at(&draft))?;
    }
    std::fs::create_dir_all(&draft).map_err(at(&draft))?;
    let written = write_files(reader, job, &draft).await;
    let renamed = match written {
        Ok(summary) => std::fs::rename(&draft, dir)
            .map(|()| summary)
            .map_err(at(dir)),
        Err(error) => Err(error),
    };
    if renamed.is_err() {
        // The draft is worthless; the error that matters is the one at hand.
        let _ = std::fs::remove_dir_all(&draft);
    }
    renamed
}

async fn write_files(reader: &mut Reader, job: &Job, draft: &Path) -> Result<Summary, ReportError> {
    let create = |name: &str| {
        let path = draft.join(name);
        File::create_new(&path)
            .map(BufWriter::new)
            .map_err(|source| ReportError::Write { path, source })
    };
    let rows = table::write(reader, job, create("report.csv")?).await?;
    if rows != job.lines {
        return Err(ReportError::Moved {
            rows,
            lines: job.lines,
        });
    }
    let counts = reader.counts(job).await?;
    let runs = reader.runs(job).await?;
    let summary = Summary::new(job, &counts, &runs);
    let mut file = create("summary.json")?;
    serde_json::to_writer_pretty(&mut file, &summary).map_err(std::io::Error::from)?;
    file.write_all(b"\n")?;
    file.flush()?;
    Ok(summary)
}

fn refuse_if_occupied(dir: &Path) -> Result<(), ReportError> {
    match std::fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(ReportError::Occupied(dir.to_owned())),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            Err(ReportError::Occupied(dir.to_owned()))
        }
        Err(source) => Err(ReportError::Write {
            path: dir.to_owned(),
            source,
        }),
    }
}

/// A name beside `dir`, on the same file system, that no other process uses.
fn draft_path(dir: &Path) -> PathBuf {
    let mut name = dir.as_os_str().to_owned();
    name.push(format!(".draft-{}", std::process::id()));
    PathBuf::from(name)
}
