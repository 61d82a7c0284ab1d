//! Writes the bundle into a folder. All files are written under another name and then renamed, so that a folder
//! with the final name is complete. Only the owner may read it. The content is read from one snapshot of the
//! ledger.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::files;
use crate::ledger::{Job, Reader, UserRow};
use crate::platform;
use crate::report::bundle::hashed_file::{FileDigest, HashedFile};
use crate::report::bundle::manifest::{Manifest, sums};
use crate::report::csv_files::{UndoTable, report_table};
use crate::report::{ReportError, ReportOptions, Summary, events, html};

/// The files of a bundle, in the order in which they are written. If the last one exists, all are complete.
pub const FILES: [&str; 8] = [
    "report.csv",
    "events.jsonl",
    "undo.csv",
    "summary.json",
    "report.html",
    "README.txt",
    "manifest.json",
    "SHA256SUMS",
];

/// Says what each file holds, and how to check it.
const README: &str = include_str!("readme.txt");

/// Writes the evidence of a job into the folder `dir`, which must not exist or must be empty. Memory does not
/// grow with the job.
///
/// A folder that does not exist appears with all its files at once. An existing folder may be a mount point, a
/// link, or the working directory of a process, none of which can be replaced: its files appear one by one,
/// the digests last.
///
/// # Errors
/// The folder is not empty, a file cannot be written, or the ledger cannot be read or has not one row for each
/// line of the roster.
pub async fn write_bundle(
    reader: &mut Reader,
    job: &Job,
    dir: &Path,
    options: &ReportOptions,
) -> Result<Summary, ReportError> {
    // The path without a slash at its end, so that the name of the draft can be made from it.
    let dir: PathBuf = dir.components().collect();
    let is_there = refuse_if_occupied(&dir)?;
    reader.begin_snapshot().await?;
    let written = if is_there {
        fill(reader, job, &dir, options).await
    } else {
        make(reader, job, &dir, options).await
    };
    reader.end_snapshot().await?;
    written
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> ReportError {
    let path = path.to_owned();
    move |source| ReportError::Write { path, source }
}

/// Writes the whole folder under another name, and renames it.
async fn make(
    reader: &mut Reader,
    job: &Job,
    dir: &Path,
    options: &ReportOptions,
) -> Result<Summary, ReportError> {
    let above = dir.parent().unwrap_or(Path::new(""));
    files::create_folders(above).map_err(at(above))?;
    let (draft, ()) = files::unused(dir, platform::create_private_folder).map_err(at(dir))?;
    let files = FILES.map(|name| draft.join(name));
    let written = write_files(reader, job, &files, options).await;
    let renamed = written.and_then(|summary| {
        std::fs::rename(&draft, dir).map_err(at(dir))?;
        Ok(summary)
    });
    if renamed.is_err() {
        // The draft is of no use. An error on removing it matters less than the one that is returned.
        let _ = std::fs::remove_dir_all(&draft);
    }
    renamed
}

/// Writes into an existing empty folder: all files in a draft folder, then each is moved to its final name.
async fn fill(
    reader: &mut Reader,
    job: &Job,
    dir: &Path,
    options: &ReportOptions,
) -> Result<Summary, ReportError> {
    let (draft, ()) =
        files::unused(&dir.join("bundle"), platform::create_private_folder).map_err(at(dir))?;
    let drafts = FILES.map(|name| draft.join(name));
    let written = write_files(reader, job, &drafts, options).await;
    let mut named = Vec::new();
    let published = written.and_then(|summary| {
        for (draft, name) in drafts.iter().zip(FILES) {
            let file = dir.join(name);
            files::publish(draft, &file)?;
            named.push(file);
        }
        Ok(summary)
    });
    // The draft folder is empty now, or of no use, and so are the files of an incomplete bundle.
    let _ = std::fs::remove_dir_all(&draft);
    if published.is_err() {
        for file in &named {
            let _ = std::fs::remove_file(file);
        }
    }
    published
}

/// Writes all files. `paths` are in the order of [`FILES`].
async fn write_files(
    reader: &mut Reader,
    job: &Job,
    paths: &[PathBuf; FILES.len()],
    options: &ReportOptions,
) -> Result<Summary, ReportError> {
    let create = |path: &Path| HashedFile::create(path).map_err(at(path));
    let [
        table,
        events,
        undo,
        summary,
        page,
        readme,
        manifest,
        sums_file,
    ] = paths;
    let mut digests: Vec<(&'static str, FileDigest)> = Vec::with_capacity(FILES.len());
    let mut keep = |path: &Path, file: HashedFile| {
        let digest = file.finish().map_err(at(path))?;
        digests.push((FILES[digests.len()], digest));
        Ok::<_, ReportError>(())
    };

    // The lines are read once, for both tables.
    let mut file = create(table)?;
    let mut undo_file = create(undo)?;
    let mut undo_table =
        UndoTable::begin(job.ids, &mut undo_file, options.bom).map_err(at(undo))?;
    let each = |row: &UserRow| undo_table.add(row);
    let rows = report_table::write(reader, job, options, &mut file, each).await?;
    if rows != job.lines {
        return Err(ReportError::Damaged {
            rows,
            lines: job.lines,
        });
    }
    undo_table.finish().map_err(at(undo))?;
    keep(table, file)?;
    let mut file = create(events)?;
    let written = events::write(reader, job, options.privacy, &mut file).await?;
    keep(events, file)?;
    keep(undo, undo_file)?;
    let mut file = create(summary)?;
    let gathered = Summary::gather(reader, job, options.privacy).await?;
    write_json(&mut file, &gathered).map_err(at(summary))?;
    keep(summary, file)?;
    let mut file = create(page)?;
    html::write(reader, job, &gathered, options, &mut file).await?;
    keep(page, file)?;
    let mut file = create(readme)?;
    file.write_all(README.as_bytes()).map_err(at(readme))?;
    keep(readme, file)?;

    let mut runs = reader.runs(job).await?;
    let mut last = runs.pop().map(|run| run.mandate).unwrap_or_default();
    options.privacy.mandate(&mut last);
    let mut file = create(manifest)?;
    let masked = options.privacy.is_masked();
    let described = Manifest::new(&gathered, written, masked, &last.settings, &digests);
    write_json(&mut file, &described).map_err(at(manifest))?;
    let digest = file.finish().map_err(at(manifest))?;
    digests.push(("manifest.json", digest));
    let sums = sums(&digests);
    let mut file = platform::create_private(sums_file).map_err(at(sums_file))?;
    file.write_all(sums.as_bytes()).map_err(at(sums_file))?;
    Ok(gathered)
}

fn write_json(file: &mut impl Write, value: &impl serde::Serialize) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *file, value)?;
    file.write_all(b"\n")
}

/// Whether the folder exists. An error if it is not empty.
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
