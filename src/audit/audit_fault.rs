//! What is wrong, and where exactly.

use std::fmt;

use serde::Serialize;

/// Faults that are kept; of the others only their number.
const KEPT: usize = 1000;

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AuditFault {
    /// The file of the bundle, or the table of the ledger.
    pub file: String,
    /// The line of the file, from 1; in `report.csv` and `undo.csv` the roster line of the row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column or member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The event's place in the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// What should be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

impl AuditFault {
    /// A fault of a whole file.
    pub(in crate::audit) fn of(file: &str, what: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            what: what.into(),
            ..Self::default()
        }
    }

    pub(in crate::audit) fn line(self, line: u64) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }

    pub(in crate::audit) fn field(self, field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    pub(in crate::audit) fn event(self, event: Option<u64>) -> Self {
        Self { event, ..self }
    }

    pub(in crate::audit) fn but(
        self,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        Self {
            expected: Some(expected.to_string()),
            found: Some(found.to_string()),
            ..self
        }
    }
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(event) = self.event {
            write!(f, ", event {event}")?;
        }
        if let Some(field) = &self.field {
            write!(f, ", {field}")?;
        }
        write!(f, ": {}", self.what)?;
        if let (Some(expected), Some(found)) = (&self.expected, &self.found) {
            write!(f, ": expected `{expected}`, found `{found}`")?;
        }
        Ok(())
    }
}

/// All that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AuditFaults {
    /// The first thousand.
    pub first: Vec<AuditFault>,
    /// How many there are.
    pub count: u64,
}

impl AuditFaults {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(in crate::audit) fn push(&mut self, fault: AuditFault) {
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push(fault);
        }
    }

    /// Compares a cell or a member with what it should be.
    pub(in crate::audit) fn compare(
        &mut self,
        place: impl FnOnce() -> AuditFault,
        expected: &str,
        found: &str,
    ) {
        if expected != found {
            self.push(place().but(expected, found));
        }
    }
}
