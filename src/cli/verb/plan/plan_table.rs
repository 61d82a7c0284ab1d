//! Every line of a plan as a table, for tools and for the person who has to approve the plan.

use std::io;
use std::path::Path;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::verb::plan::plan_text::words;
use crate::domain::{LedgerAddress, Status};
use crate::files::{FileError, OutputPath, Signature};
use crate::ledger::{Job, Ledger, Pages, UserRow};
use crate::plan::Criteria;
use crate::report::Rows;

/// Our columns; the roster's own follow. Later versions add columns and never rename one.
const COLUMNS: [&str; 9] = [
    "line",
    "user_id",
    "user_name",
    "plan",
    "operations",
    "reason",
    "detail",
    "active_before",
    "workspaces_before",
];

/// How a table that this command wrote is recognised: by its header.
const MARK: Signature = Signature {
    what: "plan table",
    is_ours: |head| {
        // Before all cells were in quotes, none of these was.
        let quoted = COLUMNS.map(|column| format!("\"{column}\""));
        let begins = |header: String| head.starts_with(header.as_bytes());
        begins(COLUMNS.join(",")) || begins(quoted.join(","))
    },
};

/// Where the table is to be written: over an older one, and over nothing else.
pub(super) fn place(
    path: &Path,
    roster: &Path,
    ledger: &LedgerAddress,
) -> Result<OutputPath, FileError> {
    let mut others = vec![(roster, "roster")];
    others.extend(ledger.file().map(|file| (file, "ledger")));
    OutputPath::apart_from(path, MARK, &others)
}

/// Writes the file.
pub(super) async fn write(
    ledger: &mut Ledger,
    job: &Job,
    criteria: &Criteria,
    place: &OutputPath,
) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let path = place.path().display();
        Failure::new(Exit::Settings, format!("cannot write `{path}`: {error}"))
    };
    let mut csv = Rows::new(place.begin()?);
    let header = COLUMNS.into_iter().map(ToOwned::to_owned);
    csv.write(header.chain(job.roster_header.iter().cloned()))
        .map_err(failed)?;
    let mut pages = Pages::of_lines();
    while let Some(page) = pages
        .next(async |after, limit| ledger.lines(job, after, limit).await)
        .await?
    {
        for row in &page {
            csv.write(cells(row, criteria)).map_err(failed)?;
        }
    }
    let draft = csv.finish().map_err(failed)?;
    Ok(draft.finish()?)
}

fn cells(row: &UserRow, criteria: &Criteria) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let state = row.before.as_ref().map(|seen| &seen.state);
    let active = state.and_then(|state| state.active);
    let workspaces = state.and_then(|state| state.workspaces.as_ref());
    let plan = match row.status {
        Status::Pending => "write",
        other => other.reported().as_str(),
    };
    let operations = criteria.operations(&row.into()).unwrap_or_default();
    let ours = [
        row.line.to_string(),
        text(&row.user_id),
        text(&row.user_name),
        plan.to_owned(),
        words(&operations).join("; "),
        text(&row.reason),
        text(&row.detail),
        active.map(|active| active.to_string()).unwrap_or_default(),
        workspaces.map(|ids| ids.join(" ")).unwrap_or_default(),
    ];
    ours.into_iter()
        .chain(row.known.cells.iter().cloned())
        .collect()
}
