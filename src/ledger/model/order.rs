//! An order: a job that was planned and confirmed, and is left to the workers.

use std::time::Duration;

use serde_json::Value;

use crate::domain::{JobId, Timestamp};

/// What becomes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderState {
    /// A worker takes it, or works on it: then the lease of the target says which one.
    Waiting,
    /// The job came to its end.
    Done,
    /// A worker had to stop, and a person has to look at it.
    Stopped,
    /// A person has cancelled it.
    Cancelled,
}

impl OrderState {
    /// All of them.
    pub(in crate::ledger) const ALL: [Self; 4] =
        [Self::Waiting, Self::Done, Self::Stopped, Self::Cancelled];

    /// The word in the ledger and for people.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a person has decided who leaves a job to the workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewOrder {
    /// The number of users that was confirmed.
    pub(crate) confirmed: u64,
    /// What else was decided, as a JSON object.
    pub(crate) terms: Value,
    /// The user of the operating system.
    pub(crate) operator: String,
}

/// An order as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// The job.
    pub(crate) job: JobId,
    /// The SCIM base URL that it works on.
    pub(crate) target: String,
    /// What has become of it.
    pub(crate) state: OrderState,
    /// Why it was stopped or cancelled, or waits for another try.
    pub(crate) why: Option<String>,
    /// What was decided.
    pub(crate) decided: NewOrder,
    /// The machine on which it was ordered.
    pub(crate) host: String,
    /// When it was ordered.
    pub(crate) ordered_at: Timestamp,
    /// How often in a row a worker had to give it up for a while.
    pub(crate) tries: u64,
}

/// What has become of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderReport {
    /// What it is from now on.
    pub(crate) state: OrderState,
    /// Why.
    pub(crate) why: Option<String>,
    /// For how long no worker is to take it.
    pub(crate) wait: Duration,
    /// How often in a row a worker had to give it up for a while.
    pub(crate) tries: u64,
}

impl OrderReport {
    /// An order that is not tried again.
    pub(crate) fn new(state: OrderState, why: Option<String>) -> Self {
        Self {
            state,
            why,
            wait: Duration::ZERO,
            tries: 0,
        }
    }
}
