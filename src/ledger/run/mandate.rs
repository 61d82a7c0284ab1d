//! By whom, for whom and why a run is made, and what it took.

use serde_json::Value;

/// Who makes a run, and why. Stored with the run and in the event that begins it.
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
