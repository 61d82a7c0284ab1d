//! The row of a run.

use serde_json::Value;
use sqlx::FromRow;

use crate::domain::{RunId, Timestamp};
use crate::ledger::sql::{Count, Json, Nullable, query};
use crate::ledger::{Job, LedgerError, Mandate, Reader};

/// One run as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// What it did: `plan`, `run` or `verify`.
    pub kind: String,
    /// The machine.
    pub host: String,
    /// The program's version.
    pub version: String,
    /// Who started it, and why. What an old ledger does not know is empty.
    #[sqlx(flatten, try_from = "MandateColumns")]
    pub mandate: Mandate,
    /// When it began.
    #[sqlx(rename = "started_at_ms")]
    pub started_at: Timestamp,
    /// When it ended, if it has.
    #[sqlx(rename = "ended_at_ms")]
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub ending: Option<String>,
    /// Why it stopped early, in words.
    pub stopped: Option<String>,
    /// Requests sent, if the run ended and recorded the number.
    #[sqlx(try_from = "Nullable<Count>")]
    pub requests: Option<u64>,
    /// Answers that asked for fewer requests, if the run ended and recorded the number.
    #[sqlx(try_from = "Nullable<Count>")]
    pub throttled: Option<u64>,
    /// What a verification counted, as a JSON object.
    #[sqlx(try_from = "Nullable<Json<Value>>")]
    pub result: Option<Value>,
}

/// The columns of [`RunRow::mandate`].
#[derive(FromRow)]
struct MandateColumns {
    account: String,
    operator: Option<String>,
    actor_id: Option<String>,
    tenant: Option<String>,
    ticket: Option<String>,
    reason: Option<String>,
    approver: Option<String>,
    #[sqlx(try_from = "Nullable<Json<Value>>")]
    settings: Option<Value>,
}

impl From<MandateColumns> for Mandate {
    fn from(row: MandateColumns) -> Self {
        Self {
            account: row.account,
            operator: row.operator.unwrap_or_default(),
            actor_id: row.actor_id,
            tenant: row.tenant,
            ticket: row.ticket,
            reason: row.reason,
            approver: row.approver,
            settings: row.settings.unwrap_or_default(),
        }
    }
}

const RUNS: &str = "SELECT * FROM runs WHERE job = ? ORDER BY number";

impl Reader {
    /// The runs of a job, in order.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn runs(&mut self, job: &Job) -> Result<Vec<RunRow>, LedgerError> {
        let runs = query(RUNS)
            .bind(job.number)
            .fetch_all(&mut self.connection)
            .await?;
        Ok(runs)
    }
}
