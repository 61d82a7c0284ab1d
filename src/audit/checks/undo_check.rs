//! Whether `undo.csv` lists exactly the users that the job may have changed, with what they had.

use std::io;

use crate::audit::audit_fault::{AuditFault, AuditFaults};
use crate::audit::replay::{LineStates, Replay};
use crate::report::{cell_shows, cell_text};

const FILE: &str = "undo.csv";

/// The rows of the file, gone through one by one.
#[derive(Debug)]
pub(in crate::audit) struct UndoCheck<'a> {
    replay: &'a Replay,
    states: &'a mut LineStates,
}

impl<'a> UndoCheck<'a> {
    pub(in crate::audit) fn new(replay: &'a Replay, states: &'a mut LineStates) -> Self {
        Self { replay, states }
    }

    /// Takes the next row: id, name, active, workspaces, outcome, line.
    ///
    /// # Errors
    /// The states cannot be read.
    pub(in crate::audit) fn push(
        &mut self,
        row: &[&str],
        faults: &mut AuditFaults,
    ) -> io::Result<()> {
        let cell = |index: usize| row.get(index).copied().unwrap_or_default();
        let Ok(line) = cell(5).parse::<u64>() else {
            faults.push(AuditFault::of(FILE, "a row names no line of the roster"));
            return Ok(());
        };
        let place = || AuditFault::of(FILE, "").line(line);
        let Some((at, state)) = self.states.get(line)? else {
            let what = "by the events, nothing was done for this line".to_owned();
            faults.push(AuditFault { what, ..place() });
            return Ok(());
        };
        if !self.states.take_changed(at) {
            let what = "by the events, this user has not to be here, or is here twice".to_owned();
            faults.push(AuditFault { what, ..place() });
        }
        for (index, field, expected) in [
            (2, "Active Before", state.active_before.clone()),
            (3, "Workspaces Before", state.workspaces_before.clone()),
            (4, "Outcome", state.status.reported().to_string()),
        ] {
            let differs = || AuditFault {
                what: "the cell does not follow from the events of this line".to_owned(),
                ..place().field(field).event(state.event)
            };
            if !cell_shows(cell(index), &expected) {
                faults.compare(differs, &expected, cell(index));
            }
        }
        let id = cell(0);
        let ids = self.replay.ids();
        if !ids.is_same(&state.user_id, id) && !ids.is_same(&state.user_id, cell_text(id)) {
            let differs = || AuditFault {
                what: "the cell does not follow from the events of this line".to_owned(),
                ..place().field("User ID").event(state.event)
            };
            faults.compare(differs, &state.user_id, id);
        }
        Ok(())
    }

    /// Reports each user that the job may have changed and that the undo file does not list.
    ///
    /// # Errors
    /// The states cannot be read.
    pub(in crate::audit) fn finish(self, faults: &mut AuditFaults) -> io::Result<()> {
        self.states.each_changed(|line| {
            let what = "this user may have been changed, and is missing";
            faults.push(AuditFault::of(FILE, what).line(line));
        })
    }
}
