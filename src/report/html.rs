//! `report.html`: the whole story in one file, for people. It needs no network and no program but a
//! browser, and without scripts it still shows whatever matters.
//!
//! What is small is gathered first (`facts`), put into words (`page`) and drawn (`chart`); the lines
//! of the roster are streamed after it as data, so that memory does not grow with the job. Nothing
//! here knows SQL, or where the file goes.

mod background;
mod chart;
mod facts;
mod figures;
mod headline;
mod page;
mod parts;
mod policy;
mod rows;
mod wording;

use std::collections::HashMap;
use std::io::Write;

use askama::Template;

use crate::domain::{Line, Status};
use crate::ledger::{Job, Reader};
use crate::report::html::facts::{Facts, TROUBLES};
use crate::report::html::page::Page;
use crate::report::html::rows::{Embedded, Frame, SharedTexts};
use crate::report::mask::Privacy;
use crate::report::{ReportError, Summary};

/// Rows that are in memory at the same time.
const PAGE: usize = 1000;

/// Lines that the page holds: more than that no browser and no mail carries well. Those that went
/// wrong come first, and the page says when there are more.
pub(super) const MOST_LINES: u64 = 200_000;

/// Writes the page of a job, of which `summary` was made with the same privacy. Memory does not grow
/// with the job.
///
/// # Errors
/// If the ledger cannot be read, or the file not be written.
pub(super) async fn write(
    reader: &mut Reader,
    job: &Job,
    summary: &Summary,
    privacy: Privacy,
    mut file: impl Write,
) -> Result<(), ReportError> {
    let facts = Facts::read(reader, job).await?;
    let runs: Vec<_> = facts.runs.iter().map(|run| run.id.to_string()).collect();
    Page::new(job, summary, facts, privacy).write_into(&mut file)?;
    let frame = Frame {
        base: job.created_at,
        runs: &runs,
    };
    write_lines(reader, job, privacy, &frame, &mut file).await?;
    write!(
        file,
        "<script>{}</script>\n</body>\n</html>\n",
        policy::SCRIPT
    )?;
    file.flush()?;
    Ok(())
}

/// The lines of the roster as data: what went wrong first, each part in the roster's order.
async fn write_lines(
    reader: &mut Reader,
    job: &Job,
    privacy: Privacy,
    frame: &Frame<'_>,
    file: &mut impl Write,
) -> Result<(), ReportError> {
    let others: Vec<_> = Status::ALL
        .iter()
        .copied()
        .filter(|status| !TROUBLES.contains(status))
        .collect();
    let mut words = SharedTexts::default();
    let mut written: u64 = 0;
    file.write_all(b"<script type=\"application/json\" id=\"lines\">[")?;
    for statuses in [TROUBLES.as_slice(), &others] {
        let mut after = Line(0);
        while written < MOST_LINES {
            let room = usize::try_from(MOST_LINES - written).unwrap_or(PAGE);
            let page = reader
                .lines_among(job, statuses, after, PAGE.min(room))
                .await?;
            let Some(last) = page.last() else { break };
            let marks = reader.undo_marks(job, after, last.line).await?;
            let marks: HashMap<_, _> = marks.into_iter().collect();
            after = last.line;
            for mut row in page {
                if written > 0 {
                    file.write_all(b",\n")?;
                }
                privacy.row(&mut row);
                let data = frame.row(&row, marks.get(&row.line), &mut words);
                serde_json::to_writer(Embedded(&mut *file), &data).map_err(std::io::Error::from)?;
                written += 1;
            }
        }
    }
    file.write_all(b"]</script>\n<script type=\"application/json\" id=\"words\">")?;
    serde_json::to_writer(Embedded(&mut *file), words.all()).map_err(std::io::Error::from)?;
    file.write_all(b"</script>\n")?;
    Ok(())
}
