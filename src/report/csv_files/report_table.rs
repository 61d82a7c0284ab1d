//! `report.csv`: one row for each line of the roster, in the order of the roster. The columns of the report come
//! first, then those of the roster.
//!
//! Schema 1 has the columns below, in this order. Later versions may add columns before those of the roster, and
//! never rename one. Times are RFC 3339 in UTC with milliseconds. Workspaces are ids with spaces between them.
//! What is not known is empty.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;

use crate::domain::{IdRule, Line, Timestamp};
use crate::ledger::{Job, LedgerError, Mandate, Pages, Reader, UndoMark, UserRow};
use crate::report::ReportError;
use crate::report::csv_files::cells::Rows;
use crate::report::mask::Privacy;

/// The columns of the report.
const COLUMNS: [&str; 31] = [
    "line",
    "user_id",
    "user_name",
    "display_name",
    "outcome",
    "reason",
    "detail",
    "active_before",
    "active_after",
    "workspaces_before",
    "workspaces_removed",
    "workspaces_after",
    "attempts",
    "http_status",
    "request_id",
    "first_attempt_at",
    "done_at",
    "confirmed_at",
    "confirmed_by",
    "job_id",
    "run_id",
    "operator",
    "ticket",
    "approver",
    "event_hash",
    "verified_at",
    "verified",
    "verified_detail",
    "undo_outcome",
    "undo_job",
    "undo_at",
];

/// Writes the table and returns how many rows it has.
pub(in crate::report) async fn write(
    reader: &mut Reader,
    job: &Job,
    privacy: Privacy,
    file: impl Write,
) -> Result<u64, ReportError> {
    let mut csv = Rows::new(file);
    let mut table = Table::open(reader, job, privacy).await?;
    csv.write(Table::header(job))?;
    let mut rows = 0;
    while let Some(page) = table.page(reader).await? {
        for row in page {
            csv.write(row)?;
            rows += 1;
        }
    }
    csv.finish()?;
    Ok(rows)
}

/// Reads the rows of the table page by page. The cells are plain texts, not yet made safe from formulas.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    job: &'a Job,
    privacy: Privacy,
    mandates: HashMap<String, Mandate>,
    pages: Pages<Line>,
}

impl<'a> Table<'a> {
    /// Begins at the first row.
    pub(crate) async fn open(
        reader: &mut Reader,
        job: &'a Job,
        privacy: Privacy,
    ) -> Result<Self, LedgerError> {
        Ok(Self {
            job,
            privacy,
            mandates: mandates(reader, job, privacy).await?,
            pages: Pages::of_lines(),
        })
    }

    /// The names of the columns: those of the report, then those of the roster.
    pub(crate) fn header(job: &Job) -> Vec<String> {
        let ours = COLUMNS.iter().map(ToString::to_string);
        ours.chain(job.roster_header.iter().cloned()).collect()
    }

    /// The next rows; `None` at the end.
    pub(crate) async fn page(
        &mut self,
        reader: &mut Reader,
    ) -> Result<Option<Vec<Vec<String>>>, LedgerError> {
        let job = self.job;
        let page = self
            .pages
            .next(async |after, limit| reader.lines(job, after, limit).await)
            .await?;
        let Some(page) = page else {
            return Ok(None);
        };
        let marks = reader.undo_marks(job, &page).await?;
        let rows = page.into_iter().map(|mut row| {
            self.privacy.row(&mut row);
            let ours = cells(self.job, &row, &self.mandates, marks.get(&row.line));
            ours.into_iter().chain(row.known.cells).collect()
        });
        Ok(Some(rows.collect()))
    }
}

/// Who made each run and why, by the id of the run.
async fn mandates(
    reader: &mut Reader,
    job: &Job,
    privacy: Privacy,
) -> Result<HashMap<String, Mandate>, LedgerError> {
    let runs = reader.runs(job).await?;
    Ok(runs
        .into_iter()
        .map(|mut run| {
            privacy.mandate(&mut run.mandate);
            (run.id.to_string(), run.mandate)
        })
        .collect())
}

fn cells(
    job: &Job,
    row: &UserRow,
    mandates: &HashMap<String, Mandate>,
    undo: Option<&UndoMark>,
) -> [String; COLUMNS.len()] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let time = |value: Option<Timestamp>| value.map(|time| time.to_string()).unwrap_or_default();
    let flag = |value: Option<bool>| value.map(|flag| flag.to_string()).unwrap_or_default();
    let ids = |value: Option<&Vec<String>>| value.map(|ids| ids.join(" ")).unwrap_or_default();
    let before = row.before.as_ref().map(|seen| &seen.state);
    let had = before.and_then(|state| state.workspaces.as_ref());
    let has = row.workspaces_after.as_ref();
    let mandate = row.run_id.as_ref().and_then(|run| mandates.get(run));
    [
        row.line.to_string(),
        text(&row.user_id),
        text(&row.user_name),
        text(&row.display_name),
        row.status.reported().to_string(),
        text(&row.reason),
        text(&row.detail),
        flag(before.and_then(|state| state.active)),
        flag(row.active_after),
        ids(had),
        removed(had, has, job.ids),
        ids(has),
        row.attempts.to_string(),
        row.http_status
            .map(|status| status.to_string())
            .unwrap_or_default(),
        text(&row.request_id),
        time(row.first_attempt_at),
        time(row.done_at),
        time(row.confirmed_at),
        text(&row.confirmed_by),
        job.id.to_string(),
        text(&row.run_id),
        mandate
            .map(|mandate| mandate.operator.clone())
            .unwrap_or_default(),
        text(&mandate.and_then(|mandate| mandate.ticket.clone())),
        text(&mandate.and_then(|mandate| mandate.approver.clone())),
        text(&row.event_hash),
        time(row.verified.as_ref().map(|(at, _)| *at)),
        text(&row.verified.as_ref().map(|(_, finding)| finding.clone())),
        text(&row.verified_detail),
        undo.map(|undo| undo.outcome.clone()).unwrap_or_default(),
        undo.map(|undo| undo.job.clone()).unwrap_or_default(),
        time(undo.and_then(UndoMark::at)),
    ]
}

/// The workspaces that a user had and no longer has; empty if either state was not seen.
fn removed(had: Option<&Vec<String>>, has: Option<&Vec<String>>, ids: IdRule) -> String {
    let (Some(had), Some(has)) = (had, has) else {
        return String::new();
    };
    let kept: BTreeSet<_> = has.iter().map(|id| ids.key(id)).collect();
    let gone: Vec<_> = had
        .iter()
        .filter(|id| !kept.contains(&ids.key(id)))
        .map(String::as_str)
        .collect();
    gone.join(" ")
}
