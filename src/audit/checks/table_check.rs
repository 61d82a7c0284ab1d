//! Whether each row of `report.csv` says what the events of its line say.

use std::collections::{BTreeMap, HashMap};

use crate::audit::audit_fault::{AuditFault, AuditFaults};
use crate::audit::replay::{LineState, Replay};
use crate::ledger::EventBody;
use crate::report::{cell_shows, cell_text};

/// A table that is gone through, row by row.
#[derive(Debug)]
pub(in crate::audit) struct TableCheck<'a> {
    file: &'static str,
    replay: &'a Replay,
    /// The place of each column.
    columns: HashMap<String, usize>,
    last_line: u64,
    rows: u64,
    /// Lines of the replay that a row was found for.
    found: u64,
    pub(in crate::audit) outcomes: BTreeMap<String, u64>,
}

impl<'a> TableCheck<'a> {
    /// Takes the first row, which names the columns.
    pub(in crate::audit) fn new<'c>(
        file: &'static str,
        replay: &'a Replay,
        header: impl Iterator<Item = &'c str>,
    ) -> Self {
        let mut columns = HashMap::new();
        for (index, column) in header.enumerate() {
            // The roster's own columns come later, and may have the same names.
            columns.entry(column.to_owned()).or_insert(index);
        }
        Self {
            file,
            replay,
            columns,
            last_line: 0,
            rows: 0,
            found: 0,
            outcomes: BTreeMap::new(),
        }
    }

    /// Takes the next row.
    pub(in crate::audit) fn push(&mut self, row: &[&str], faults: &mut AuditFaults) {
        self.rows += 1;
        let cell = |column: &str| {
            let index = self.columns.get(column);
            index.and_then(|index| row.get(*index)).copied()
        };
        let Some(line) = cell("line").and_then(|cell| cell.parse::<u64>().ok()) else {
            let what = format!("row {} names no line of the roster", self.rows);
            faults.push(AuditFault::of(self.file, what).field("line"));
            return;
        };
        let place = || AuditFault::of(self.file, "").line(line);
        if line <= self.last_line {
            let what = format!("line {line} comes after line {}", self.last_line);
            faults.push(AuditFault { what, ..place() });
        }
        self.last_line = line;
        let outcome = cell("outcome").unwrap_or_default();
        *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
        let state = self.replay.lines.get(&line);
        self.found += u64::from(state.is_some());
        let unnamed = LineState::default();
        let state = state.unwrap_or(&unnamed);
        if self.replay.has_past && !state.has_state {
            return;
        }
        let mut compare = |column: &str, expected: &str| {
            let found = cell(column).unwrap_or("(no such column)");
            let differs = || AuditFault {
                what: "the cell does not follow from the events of this line".to_owned(),
                ..place().field(column).event(state.event)
            };
            if !cell_shows(found, expected) {
                faults.compare(differs, expected, found);
            }
        };
        for (column, expected) in expected(state, self.replay) {
            compare(column, &expected);
        }
        if let Some(header) = self.replay.header() {
            compare("job_id", &header.job);
        }
        // An answer that was recorded by itself settles no user: then the cells are empty.
        let seen = ["http_status", "request_id"].map(|column| cell(column).unwrap_or_default());
        if seen != ["", ""] {
            let (status, id) = state.answer.clone().unwrap_or_default();
            compare("http_status", &status);
            compare("request_id", &id);
        }
        let id = cell("user_id").unwrap_or_default();
        let ids = self.replay.ids();
        let differs =
            !ids.is_same(&state.user_id, id) && !ids.is_same(&state.user_id, cell_text(id));
        if !state.user_id.is_empty() && differs {
            compare("user_id", &state.user_id);
        }
    }

    /// Whether rows are missing, and whether they add up.
    pub(in crate::audit) fn finish(&self, faults: &mut AuditFaults) {
        let Some(header) = self.replay.header() else {
            return;
        };
        let place = |what: &'static str| move || AuditFault::of(self.file, what);
        faults.compare(
            place("the number of rows is not that of the roster's lines"),
            &header.lines.to_string(),
            &self.rows.to_string(),
        );
        faults.compare(
            place("the number of lines that have events"),
            &self.replay.lines.len().to_string(),
            &self.found.to_string(),
        );
        if let Some(outcomes) = self.replay.outcomes() {
            for (outcome, count) in outcomes {
                let found = self.outcomes.get(outcome).copied().unwrap_or_default();
                let fault =
                    place("the number of rows with this outcome is not what the events say");
                faults.compare(
                    || fault().field(outcome),
                    &count.to_string(),
                    &found.to_string(),
                );
            }
        }
    }
}

/// What the cells of a row must be.
fn expected(state: &LineState, replay: &Replay) -> Vec<(&'static str, String)> {
    let (operator, ticket, approver) = match replay.run(&state.run).map(|run| &run.began) {
        Some(EventBody::RunStarted {
            operator,
            ticket,
            approver,
            ..
        }) => (operator.as_deref(), ticket.as_deref(), approver.as_deref()),
        _ => (None, None, None),
    };
    let began = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let verified = state.verified.as_ref();
    vec![
        ("outcome", state.status.reported().to_string()),
        ("reason", state.reason.clone()),
        ("detail", state.detail.clone()),
        ("active_before", state.active_before.clone()),
        ("active_after", state.active_after.clone()),
        ("workspaces_before", state.workspaces_before.clone()),
        ("workspaces_removed", state.workspaces_removed(replay.ids())),
        ("workspaces_after", state.workspaces_after.clone()),
        ("attempts", state.sent.to_string()),
        ("first_attempt_at", state.first_attempt_at.clone()),
        ("done_at", state.done_at.clone()),
        ("confirmed_at", state.confirmed_at.clone()),
        ("confirmed_by", state.confirmed_by.clone()),
        ("run_id", state.run.clone()),
        ("operator", began(operator)),
        ("ticket", began(ticket)),
        ("approver", began(approver)),
        ("event_hash", state.event_hash.clone()),
        (
            "verified_at",
            verified.map(|found| found.at.clone()).unwrap_or_default(),
        ),
        (
            "verified",
            verified
                .map(|found| found.finding.as_str())
                .unwrap_or_default()
                .to_owned(),
        ),
        (
            "verified_detail",
            verified
                .map(|found| found.detail.clone())
                .unwrap_or_default(),
        ),
    ]
}
