//! Whether each row of `report.csv` says what the events of its line say.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io;

use crate::audit::audit_fault::{AuditFault, AuditFaults};
use crate::audit::replay::{LineState, LineStates, Replay};
use crate::ledger::EventBody;
use crate::report::{cell_shows, cell_text};

/// What a cell must hold, by the events of its line.
type Expected = for<'s> fn(&'s LineState, &'s Replay) -> Cow<'s, str>;

/// The columns whose cells follow from the events alone, in the order in which they are compared.
const COMPARED: [(&str, Expected); 21] = [
    ("outcome", |state, _| {
        state.status.reported().as_str().into()
    }),
    ("reason", |state, _| state.reason.as_str().into()),
    ("detail", |state, _| state.detail.as_str().into()),
    ("active_before", |state, _| {
        state.active_before.as_str().into()
    }),
    ("active_after", |state, _| {
        state.active_after.as_str().into()
    }),
    ("workspaces_before", |state, _| {
        state.workspaces_before.as_str().into()
    }),
    ("workspaces_removed", |state, replay| {
        state.workspaces_removed(replay.ids()).into()
    }),
    ("workspaces_after", |state, _| {
        state.workspaces_after.as_str().into()
    }),
    ("attempts", |state, _| state.sent.to_string().into()),
    ("first_attempt_at", |state, _| {
        state.first_attempt_at.as_str().into()
    }),
    ("done_at", |state, _| state.done_at.as_str().into()),
    ("confirmed_at", |state, _| {
        state.confirmed_at.as_str().into()
    }),
    ("confirmed_by", |state, _| {
        state.confirmed_by.as_str().into()
    }),
    ("run_id", |state, _| state.run.as_str().into()),
    ("operator", |state, replay| match began(state, replay) {
        Some(EventBody::RunStarted { operator, .. }) => optional(operator.as_deref()),
        _ => "".into(),
    }),
    ("ticket", |state, replay| match began(state, replay) {
        Some(EventBody::RunStarted { ticket, .. }) => optional(ticket.as_deref()),
        _ => "".into(),
    }),
    ("approver", |state, replay| match began(state, replay) {
        Some(EventBody::RunStarted { approver, .. }) => optional(approver.as_deref()),
        _ => "".into(),
    }),
    ("event_hash", |state, _| state.event_hash.as_str().into()),
    ("verified_at", |state, _| {
        optional(state.verified.as_ref().map(|found| found.at.as_str()))
    }),
    ("verified", |state, _| {
        optional(state.verified.as_ref().map(|found| found.finding.as_str()))
    }),
    ("verified_detail", |state, _| {
        optional(state.verified.as_ref().map(|found| found.detail.as_str()))
    }),
];

/// The event that began the run which gave a line its state.
fn began<'r>(state: &LineState, replay: &'r Replay) -> Option<&'r EventBody<'static>> {
    replay.run(&state.run).map(|run| &run.began)
}

/// A text that may not be there, as tables show it.
fn optional(text: Option<&str>) -> Cow<'_, str> {
    text.unwrap_or_default().into()
}

/// A table that is gone through, row by row.
#[derive(Debug)]
pub(in crate::audit) struct TableCheck<'a> {
    file: &'static str,
    replay: &'a Replay,
    states: &'a mut LineStates,
    columns: TableColumns,
    last_line: u64,
    rows: u64,
    /// Lines of the replay that a row was found for.
    found: u64,
    pub(in crate::audit) outcomes: BTreeMap<String, u64>,
}

/// The place of each column in a row; `None` if the table does not have it.
#[derive(Debug)]
struct TableColumns {
    line: Option<usize>,
    outcome: Option<usize>,
    user_id: Option<usize>,
    job_id: Option<usize>,
    http_status: Option<usize>,
    request_id: Option<usize>,
    compared: [Option<usize>; COMPARED.len()],
}

impl TableColumns {
    /// Takes the first row, which names the columns.
    fn of<'c>(header: impl Iterator<Item = &'c str>) -> Self {
        let mut places = HashMap::new();
        for (index, column) in header.enumerate() {
            // The roster's own columns come later, and may have the same names.
            places.entry(column).or_insert(index);
        }
        let place = |column: &str| places.get(column).copied();
        Self {
            line: place("line"),
            outcome: place("outcome"),
            user_id: place("user_id"),
            job_id: place("job_id"),
            http_status: place("http_status"),
            request_id: place("request_id"),
            compared: COMPARED.map(|(column, _)| place(column)),
        }
    }
}

impl<'a> TableCheck<'a> {
    /// Takes the first row, which names the columns.
    pub(in crate::audit) fn new<'c>(
        file: &'static str,
        replay: &'a Replay,
        states: &'a mut LineStates,
        header: impl Iterator<Item = &'c str>,
    ) -> Self {
        Self {
            file,
            replay,
            states,
            columns: TableColumns::of(header),
            last_line: 0,
            rows: 0,
            found: 0,
            outcomes: BTreeMap::new(),
        }
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// The states cannot be read.
    pub(in crate::audit) fn push(
        &mut self,
        row: &[&str],
        faults: &mut AuditFaults,
    ) -> io::Result<()> {
        self.rows += 1;
        let columns = &self.columns;
        let cell = |place: Option<usize>| place.and_then(|index| row.get(index)).copied();
        let Some(line) = cell(columns.line).and_then(|cell| cell.parse::<u64>().ok()) else {
            let what = format!("row {} names no line of the roster", self.rows);
            faults.push(AuditFault::of(self.file, what).field("line"));
            return Ok(());
        };
        let place = || AuditFault::of(self.file, "").line(line);
        if line <= self.last_line {
            let what = format!("line {line} comes after line {}", self.last_line);
            faults.push(AuditFault { what, ..place() });
        }
        self.last_line = line;
        let outcome = cell(columns.outcome).unwrap_or_default();
        match self.outcomes.get_mut(outcome) {
            Some(count) => *count += 1,
            None => drop(self.outcomes.insert(outcome.to_owned(), 1)),
        }
        let state = self.states.get(line)?.map(|(_, state)| state);
        self.found += u64::from(state.is_some());
        let state = state.unwrap_or_default();
        if self.replay.has_past && !state.has_state {
            return Ok(());
        }
        let mut compare = |column: &str, place_in_row: Option<usize>, expected: &str| {
            let found = cell(place_in_row).unwrap_or("(no such column)");
            let differs = || AuditFault {
                what: "the cell does not follow from the events of this line".to_owned(),
                ..place().field(column).event(state.event)
            };
            if !cell_shows(found, expected) {
                faults.compare(differs, expected, found);
            }
        };
        for ((column, expected), place) in COMPARED.iter().zip(columns.compared) {
            compare(column, place, &expected(&state, self.replay));
        }
        if let Some(header) = self.replay.header() {
            compare("job_id", columns.job_id, &header.job);
        }
        // An answer that was recorded by itself settles no user: then the cells are empty.
        let seen = [columns.http_status, columns.request_id].map(|place| cell(place).unwrap_or(""));
        if seen != ["", ""] {
            let answer = state.answer.as_ref();
            let (status, id) = answer.map_or(("", ""), |(status, id)| (status, id));
            compare("http_status", columns.http_status, status);
            compare("request_id", columns.request_id, id);
        }
        let id = cell(columns.user_id).unwrap_or_default();
        let ids = self.replay.ids();
        let differs =
            !ids.is_same(&state.user_id, id) && !ids.is_same(&state.user_id, cell_text(id));
        if !state.user_id.is_empty() && differs {
            compare("user_id", columns.user_id, &state.user_id);
        }
        Ok(())
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
            &self.states.count.to_string(),
            &self.found.to_string(),
        );
        if let Some(outcomes) = self.replay.outcomes(self.states) {
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
