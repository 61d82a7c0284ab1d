//! A run: what it does, who starts it and why, how it ends, and what it took.

use serde_json::Value;

use crate::domain::{RunId, Timestamp};

/// A run that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    pub(in crate::ledger) job: i64,
    pub(in crate::ledger) number: i64,
    /// Its id.
    pub id: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// Users that a dead run had claimed: they are in doubt now.
    pub recovered: usize,
}

/// What a process does with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// It looks users up.
    Plan,
    /// It writes.
    Run,
    /// It reads users again that were written.
    Verify,
}

impl RunKind {
    /// The word in the ledger and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Run => "run",
            Self::Verify => "verify",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnding {
    /// Nothing was left to do.
    Finished,
    /// It stopped early, for this reason.
    Stopped(&'static str),
}

impl RunEnding {
    /// The word in the ledger.
    pub(in crate::ledger) fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Stopped(why) => why,
        }
    }
}

/// Who starts a run, and why. Stored with the run and in the event that begins it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mandate {
    /// The account that signs in, as it was typed.
    pub account: String,
    /// The user of the operating system.
    pub operator: String,
    /// The account's own id at the provider, if the provider reports it.
    pub actor_id: Option<String>,
    /// The provider's id of the tenant, if the provider reports it.
    pub tenant: Option<String>,
    /// The ticket that asks for the job.
    pub ticket: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Who has approved it.
    pub approver: Option<String>,
    /// What was set, as a JSON object without secrets.
    pub settings: Value,
}

impl Mandate {
    /// A mandate of which only the account is known.
    pub fn of(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            ..Self::default()
        }
    }
}

/// What a run took, recorded when it ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunTally {
    /// Requests sent, of all kinds: sign-in, reads and retries too.
    pub requests: u64,
    /// Answers that asked for fewer requests (429).
    pub throttled: u64,
}
