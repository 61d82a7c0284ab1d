//! Every line of a plan as a table for tools, and for whoever has to agree to it.

use std::fs::File;
use std::path::Path;

use super::text::words;
use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::domain::{Line, Status};
use crate::ledger::{Job, Ledger, PlanRow};
use crate::plan::Criteria;
use crate::report::safe_cell;

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

/// Rows that are in memory at the same time.
const PAGE: usize = 1000;

/// Writes the file, over an older one.
pub(super) async fn write(
    ledger: &mut Ledger,
    job: &Job,
    criteria: &Criteria,
    path: &Path,
) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| {
        let path = path.display();
        Failure::new(Exit::Settings, format!("cannot write `{path}`: {error}"))
    };
    let file = File::create(path).map_err(|error| failed(&error))?;
    let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(file);
    let header = COLUMNS.into_iter().map(ToOwned::to_owned);
    let header: Vec<_> = header.chain(job.roster_header.iter().cloned()).collect();
    let mut write = |cells: &[String]| {
        let cells = cells.iter().map(|cell| safe_cell(cell));
        let record: Vec<_> = cells.collect();
        csv.write_record(record.iter().map(|cell| cell.as_bytes()))
            .map_err(|error| failed(&error))
    };
    write(&header)?;
    let mut after = Line(0);
    loop {
        let page = ledger.plan_rows(job, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.line;
        for row in &page {
            write(&cells(row, criteria))?;
        }
    }
    csv.flush().map_err(|error| failed(&error))
}

fn cells(row: &PlanRow, criteria: &Criteria) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let state = row.before.as_ref().map(|seen| &seen.state);
    let active = state.and_then(|state| state.active);
    let workspaces = state.and_then(|state| state.workspaces.as_ref());
    let plan = match row.status {
        Status::Pending => "write",
        other => other.reported().as_str(),
    };
    let operations = criteria.operations(row).unwrap_or_default();
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
