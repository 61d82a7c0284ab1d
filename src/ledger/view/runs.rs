//! The runs of a job, as people are shown them.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::{RunId, Timestamp};
use crate::ledger::job::time;
use crate::ledger::run::Mandate;
use crate::ledger::{Job, LedgerError, Reader};

/// One run as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// What it did: `plan`, `run` or `verify`.
    pub kind: String,
    /// The machine.
    pub host: String,
    /// The program's version.
    pub version: String,
    /// Who made it, and why. What an old ledger does not know is empty.
    pub mandate: Mandate,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub ending: Option<String>,
    /// Why it stopped early, in words.
    pub stopped: Option<String>,
    /// Requests sent, if the run ended and recorded the number.
    pub requests: Option<u64>,
    /// Answers that asked for fewer requests, if the run ended and recorded the number.
    pub throttled: Option<u64>,
    /// What a verification counted, as a JSON object.
    pub result: Option<serde_json::Value>,
}

impl Reader {
    /// The runs of a job, in order.
    pub async fn runs(&mut self, job: &Job) -> Result<Vec<RunRow>, LedgerError> {
        let rows = sqlx::query("SELECT * FROM runs WHERE job = ? ORDER BY number")
            .bind(job.number)
            .fetch_all(&mut self.connection)
            .await?;
        rows.iter().map(read_run).collect()
    }
}

fn read_run(row: &SqliteRow) -> Result<RunRow, LedgerError> {
    let count = |column: &'static str| -> Result<Option<u64>, LedgerError> {
        let count: Option<i64> = row.try_get(column)?;
        count
            .map(|count| {
                u64::try_from(count).map_err(|_| LedgerError::value(column, count.to_string()))
            })
            .transpose()
    };
    let json = |column: &'static str| -> Result<Option<serde_json::Value>, LedgerError> {
        let text: Option<String> = row.try_get(column)?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| LedgerError::value(column, text)))
            .transpose()
    };
    let operator: Option<String> = row.try_get("operator")?;
    Ok(RunRow {
        id: RunId::from_stored(row.try_get("id")?),
        kind: row.try_get("kind")?,
        host: row.try_get("host")?,
        version: row.try_get("version")?,
        mandate: Mandate {
            account: row.try_get("account")?,
            operator: operator.unwrap_or_default(),
            actor_id: row.try_get("actor_id")?,
            tenant: row.try_get("tenant")?,
            ticket: row.try_get("ticket")?,
            reason: row.try_get("reason")?,
            approver: row.try_get("approver")?,
            settings: json("settings")?.unwrap_or_default(),
        },
        started_at: Timestamp::from_millis(row.try_get("started_at_ms")?),
        ended_at: time(row, "ended_at_ms")?,
        ending: row.try_get("ending")?,
        stopped: row.try_get("stopped")?,
        requests: count("requests")?,
        throttled: count("throttled")?,
        result: json("result")?,
    })
}
