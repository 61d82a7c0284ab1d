//! `report.csv`: one row for each line of the roster, in the order of the roster. The columns of the report come
//! first, then those of the roster.
//!
//! Schema 1 has the columns below, in this order. Later versions may add columns before those of the roster, and
//! never rename one. Times are RFC 3339 in UTC with milliseconds. Workspaces are ids with spaces between them.
//! What is not known is empty.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};

use futures_util::future::join;

use crate::domain::{IdRule, Line, Timestamp};
use crate::ledger::{Job, LedgerError, Mandate, Pages, Reader, UndoMark, UserRow};
use crate::report::csv_files::cells::Rows;
use crate::report::mask::Privacy;
use crate::report::{ReportError, ReportOptions};

/// The columns of the report.
pub(in crate::report) const COLUMNS: [&str; 31] = [
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

/// How many lines are read at a time. Two pages are in memory, and the rows of this table are large.
const ROWS: usize = 500;

/// Whether the cells of this column of the report are moments.
pub(in crate::report) fn is_time(column: &str) -> bool {
    column.ends_with("_at")
}

/// A cell of the report's columns, before it is written. What is not known is `None`, or an empty text.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) enum TableCell<'a> {
    /// Words, an id, or ids with spaces between them.
    Text(Cow<'a, str>),
    /// A count or a code.
    Number(Option<u64>),
    /// Yes or no.
    Flag(Option<bool>),
    /// A moment.
    Time(Option<Timestamp>),
}

impl TableCell<'_> {
    /// The cell as a CSV file has it.
    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(Some(number)) => Cow::Owned(number.to_string()),
            Self::Time(Some(time)) => Cow::Owned(time.to_string()),
            Self::Flag(Some(true)) => Cow::Borrowed("true"),
            Self::Flag(Some(false)) => Cow::Borrowed("false"),
            Self::Number(None) | Self::Time(None) | Self::Flag(None) => Cow::Borrowed(""),
        }
    }
}

/// A line of the roster with what the table says of it.
#[derive(Debug)]
pub(in crate::report) struct TableRow<'a> {
    /// The line, masked.
    pub(in crate::report) user: &'a UserRow,
    /// The cells of the report's columns. Those of the roster follow them.
    pub(in crate::report) cells: [TableCell<'a>; COLUMNS.len()],
}

/// Writes the table and returns how many rows it has. `each` gets each line, masked, in the same pass.
pub(in crate::report) async fn write(
    reader: &mut Reader,
    job: &Job,
    options: &ReportOptions,
    file: impl Write,
    mut each: impl FnMut(&UserRow) -> io::Result<()>,
) -> Result<u64, ReportError> {
    let mut csv = Rows::begin(file, options.bom)?;
    csv.write(Table::header(job))?;
    let row = |row: &TableRow<'_>| {
        let ours = row.cells.iter().map(TableCell::text);
        let roster = row.user.known.cells.iter();
        csv.write(ours.chain(roster.map(|cell| Cow::Borrowed(cell.as_str()))))?;
        each(row.user)?;
        Ok::<_, ReportError>(())
    };
    let rows = for_each_row(reader, job, options.privacy, row).await?;
    csv.finish()?;
    Ok(rows)
}

/// Hands over all rows of the table, in order, and returns how many there are.
pub(in crate::report) async fn for_each_row(
    reader: &mut Reader,
    job: &Job,
    privacy: Privacy,
    mut each: impl FnMut(&TableRow<'_>) -> Result<(), ReportError>,
) -> Result<u64, ReportError> {
    let mut table = Table::open(reader, job, privacy).await?;
    let mut rows = 0;
    let mut next = table.lines(reader).await?;
    let mandates = std::mem::take(&mut table.mandates);
    while let Some((page, marks)) = next {
        // SQLite's thread reads the next page while this one is written.
        let write = async {
            for user in &page {
                let cells = cells(job, user, &mandates, marks.get(&user.line));
                each(&TableRow { user, cells })?;
                rows += 1;
            }
            Ok::<_, ReportError>(())
        };
        let (following, done) = join(table.lines(reader), write).await;
        done?;
        next = following?;
    }
    Ok(rows)
}

/// A page of lines, masked, and what undo jobs did to their users.
type LinePage = (Vec<UserRow>, HashMap<Line, UndoMark>);

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
            pages: Pages::of_lines().with_rows(ROWS),
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
        let Some((page, marks)) = self.lines(reader).await? else {
            return Ok(None);
        };
        let rows = page.into_iter().map(|row| {
            let ours = cells(self.job, &row, &self.mandates, marks.get(&row.line));
            let ours = ours.map(|cell| cell.text().into_owned());
            ours.into_iter().chain(row.known.cells).collect()
        });
        Ok(Some(rows.collect()))
    }

    async fn lines(&mut self, reader: &mut Reader) -> Result<Option<LinePage>, LedgerError> {
        let job = self.job;
        let page = self
            .pages
            .next(async |after, limit| reader.lines(job, after, limit).await)
            .await?;
        let Some(mut page) = page else {
            return Ok(None);
        };
        let marks = reader.undo_marks(job, &page).await?;
        for row in &mut page {
            self.privacy.row(row);
        }
        Ok(Some((page, marks)))
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

/// The cells of the columns of the report.
fn cells<'a>(
    job: &'a Job,
    row: &'a UserRow,
    mandates: &'a HashMap<String, Mandate>,
    undo: Option<&'a UndoMark>,
) -> [TableCell<'a>; COLUMNS.len()] {
    use TableCell::{Flag, Number, Time};
    let words = |words: &'a str| TableCell::Text(Cow::Borrowed(words));
    let text = |value: &'a Option<String>| words(value.as_deref().unwrap_or_default());
    let ids = |value: Option<&Vec<String>>| {
        TableCell::Text(Cow::Owned(
            value.map(|ids| ids.join(" ")).unwrap_or_default(),
        ))
    };
    let before = row.before.as_ref().map(|seen| &seen.state);
    let had = before.and_then(|state| state.workspaces.as_ref());
    let has = row.workspaces_after.as_ref();
    let mandate = row.run_id.as_ref().and_then(|run| mandates.get(run));
    let of_mandate = |member: fn(&Mandate) -> Option<&String>| {
        words(mandate.and_then(member).map_or("", String::as_str))
    };
    let verified = row.verified.as_ref();
    [
        Number(Some(row.line.0)),
        text(&row.user_id),
        text(&row.user_name),
        text(&row.display_name),
        words(row.status.reported().as_str()),
        text(&row.reason),
        text(&row.detail),
        Flag(before.and_then(|state| state.active)),
        Flag(row.active_after),
        ids(had),
        TableCell::Text(Cow::Owned(removed(had, has, job.ids))),
        ids(has),
        Number(Some(row.attempts)),
        Number(row.http_status.map(u64::from)),
        text(&row.request_id),
        Time(row.first_attempt_at),
        Time(row.done_at),
        Time(row.confirmed_at),
        text(&row.confirmed_by),
        words(job.id.as_str()),
        text(&row.run_id),
        of_mandate(|mandate| Some(&mandate.operator)),
        of_mandate(|mandate| mandate.ticket.as_ref()),
        of_mandate(|mandate| mandate.approver.as_ref()),
        text(&row.event_hash),
        Time(verified.map(|(at, _)| *at)),
        words(verified.map_or("", |(_, finding)| finding.as_str())),
        text(&row.verified_detail),
        words(undo.map_or("", |undo| undo.outcome.as_str())),
        words(undo.map_or("", |undo| undo.job.as_str())),
        Time(undo.and_then(UndoMark::at)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_job::made_job;

    #[tokio::test]
    async fn a_column_has_moments_if_its_name_says_so() {
        let (_dir, mut reader, job) = made_job(&["a", ""]).await;
        let each = |row: &TableRow<'_>| {
            for (name, cell) in COLUMNS.iter().zip(&row.cells) {
                let is_moment = matches!(cell, TableCell::Time(_));
                assert_eq!(is_time(name), is_moment, "{name}");
            }
            Ok(())
        };
        let rows = for_each_row(&mut reader, &job, Privacy::Open, each).await;
        assert_eq!(rows.unwrap(), 2);
    }

    #[test]
    fn cells_are_written_as_csv_files_have_them() {
        let at = Timestamp::from_millis(1_900_000_000_000);
        for (cell, text) in [
            (TableCell::Text("a b".into()), "a b"),
            (TableCell::Number(Some(1234)), "1234"),
            (TableCell::Number(None), ""),
            (TableCell::Flag(Some(true)), "true"),
            (TableCell::Flag(Some(false)), "false"),
            (TableCell::Flag(None), ""),
            (TableCell::Time(Some(at)), "2030-03-17T17:46:40.000Z"),
            (TableCell::Time(None), ""),
        ] {
            assert_eq!(cell.text(), text);
        }
    }
}
