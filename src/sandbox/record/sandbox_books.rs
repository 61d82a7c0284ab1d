//! What tests can ask the sandbox about the past.
//!
//! A read-only view that can be used after the server has stopped. It must not offer a way to change
//! anything.

use std::sync::Arc;
use std::time::Duration;

use crate::sandbox::fault::fault_settings::FaultKind;
use crate::sandbox::record::request_log::{LoggedRequest, RequestTotals};
use crate::sandbox::route;
use crate::sandbox::shared_state::{SandboxState, hold};
use crate::sandbox::tenant::user_store::StoredUser;

/// The sandbox's record of what happened. It is cheap to clone and readable after the stop.
#[derive(Debug, Clone)]
pub struct Books(pub(crate) Arc<SandboxState>);

/// What the sandbox knows of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserBook {
    /// The user id: 32 lower-case hex digits.
    pub id: String,
    /// Whether the user may log in.
    pub active: bool,
    /// The ids of the user's workspaces.
    pub workspaces: Vec<String>,
    /// Whether writes to this user are refused by settings.
    pub refused: bool,
    /// GET requests that arrived for this user.
    pub reads: u32,
    /// PATCH and PUT requests that arrived for this user, with and without effect.
    pub writes_received: u32,
    /// Writes that took effect, also those that changed nothing.
    pub writes_applied: u32,
    /// Writes that changed something.
    pub writes_changed: u32,
}

impl Books {
    /// One user by id (upper or lower case).
    pub fn user(&self, id: &str) -> Option<UserBook> {
        let tenant = hold(&self.0.tenant);
        let number = tenant.find(route::number(id)?)?;
        Some(self.entry(&tenant.rows()[number]))
    }

    /// All users, in the order of [`people`](crate::sandbox::people).
    pub fn users(&self) -> Vec<UserBook> {
        hold(&self.0.tenant)
            .rows()
            .iter()
            .map(|row| self.entry(row))
            .collect()
    }

    /// All requests in the order of arrival; empty if the request log is off.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.0.tally.requests()
    }

    /// How many SCIM requests arrived before the time of a `Retry-After` had passed. Those within `grace`
    /// of the first 429 are not counted: they had already been sent.
    pub fn early_requests(&self, grace: Duration) -> usize {
        let early = |request: &LoggedRequest| {
            request
                .early_ms
                .is_some_and(|ms| Duration::from_millis(ms) > grace)
        };
        self.requests()
            .iter()
            .filter(|request| early(request))
            .count()
    }

    /// Sums over all requests; kept even if the request log is off.
    pub fn totals(&self) -> RequestTotals {
        self.0.tally.totals()
    }

    /// How often a fault was injected.
    pub fn faults(&self, kind: FaultKind) -> u64 {
        self.0.tally.faults(kind)
    }

    fn entry(&self, row: &StoredUser) -> UserBook {
        let members = self.0.directory.members(row.workspaces);
        UserBook {
            id: format!("{:032x}", row.id),
            active: row.active,
            workspaces: members.map(|workspace| workspace.id.clone()).collect(),
            refused: row.refused,
            reads: row.reads,
            writes_received: row.writes_received,
            writes_applied: row.writes_applied,
            writes_changed: row.writes_changed,
        }
    }
}
