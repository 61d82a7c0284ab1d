//! The roster of a demo: made users, and some lines that are wrong on purpose.

use std::io;
use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::verb::demo::story::{DemoFaults, REFUSED, wrong};
use crate::cli::verb::sandbox::{roster_record, write_roster};
use crate::domain::Status;
use crate::files::Draft;
use crate::ledger::Counts;
use crate::report::Rows;
use crate::sandbox::{SandboxSettings, people};

/// How many lines of which kind the roster has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DemoRoster {
    /// Users of the sandbox, all of them on the roster.
    pub(super) people: usize,
    /// Lines whose id the provider does not know.
    pub(super) strangers: u64,
    /// Lines that name a user once more.
    pub(super) duplicates: u64,
    /// Lines that cannot be used.
    pub(super) invalid: u64,
}

impl DemoRoster {
    /// The roster of so many users, at least as many as the sandbox refuses.
    pub(super) fn of(users: usize, refused: usize) -> Self {
        Self {
            people: users.max(refused),
            strangers: 4,
            duplicates: 3,
            invalid: 3,
        }
    }

    /// Users that the plan writes: the number to confirm.
    pub(super) fn users_to_write(&self) -> u64 {
        self.people as u64
    }

    /// Makes sure that each kind of bad line has the outcome that it must have.
    pub(super) fn check(&self, counts: &Counts, faults: DemoFaults) -> Result<(), Failure> {
        for (status, expected) in [
            (Status::Invalid, self.invalid),
            (Status::Duplicate, self.duplicates),
            (Status::NotFound, self.strangers),
        ] {
            let found = counts.of(status);
            if found != expected {
                return Err(wrong(format!("{found} {status}, not {expected}")));
            }
        }
        let refused = counts.of(Status::Failed) + counts.of(Status::InDoubt);
        if faults != DemoFaults::Harsh && refused != REFUSED as u64 {
            return Err(wrong(format!("{refused} failed, not {REFUSED}")));
        }
        Ok(())
    }

    /// Writes the roster, whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        write_roster(path, |csv| self.write_rows(csv))
    }

    fn write_rows(&self, csv: &mut Rows<Draft>) -> io::Result<()> {
        let seed = SandboxSettings::default().seed;
        let mut first = None;
        for (number, person) in people(seed, self.people).enumerate() {
            let record = roster_record(&person);
            csv.write(&record)?;
            // The bad lines are a third of the way down, as if a person had edited the file there.
            if number == self.people / 3 {
                csv.write(["cut@example.com", "User"])?;
                csv.write(["empty@example.com", "User", "00000", "", "Viewer"])?;
                csv.write(["sheet@example.com", "User", "00001", "1.23E+31", "Viewer"])?;
            }
            first.get_or_insert(record);
        }
        for stranger in 0..self.strangers {
            let id = format!("{stranger:032x}");
            csv.write(["visitor@example.com", "User", "99999", &id, "Viewer"])?;
        }
        for _ in 0..self.duplicates {
            csv.write(first.iter().flatten())?;
        }
        Ok(())
    }
}
