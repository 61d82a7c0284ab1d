//! Who works on a ledger now, for people.

use std::fmt;

use crate::domain::Timestamp;

/// The process that works on a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder(String);

impl Holder {
    /// This process.
    pub(in crate::ledger) fn me(since: Timestamp) -> Self {
        Self(format!(
            "process {} on {} since {since}",
            std::process::id(),
            Self::host()
        ))
    }

    /// The process that has written this text about itself.
    pub(in crate::ledger) fn named(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name of this machine.
    pub(in crate::ledger) fn host() -> String {
        whoami::hostname().unwrap_or_else(|_| "unknown".to_owned())
    }

    /// Whether it is this process on this machine.
    pub(in crate::ledger) fn is_process(&self, pid: i64, host: &str) -> bool {
        let text = format!("process {pid} on {host} since ");
        self.0.starts_with(&text)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
