//! What went wrong, grouped: by outcome and reason, with the words that were said most often.

use sqlx::{Row, SqliteConnection};

use crate::domain::Status;
use crate::ledger::job::unsigned;
use crate::ledger::view::status;
use crate::ledger::{Job, LedgerError, Reader};

/// Lines that ended the same way for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// How they ended.
    pub status: Status,
    /// The code of why, where there is one.
    pub reason: Option<String>,
    /// How many they are.
    pub lines: u64,
    /// What was said about them, the most frequent first.
    pub words: Vec<Words>,
    /// How many of them are covered by those words.
    pub lines_with_words: u64,
}

/// Words that were said about some lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The provider's, or ours where it had none.
    pub text: String,
    /// About how many lines.
    pub lines: u64,
}

impl Reader {
    /// The lines of a job with one of these statuses, grouped, each group with at most `most_words`
    /// different words; the most frequent first.
    pub async fn troubles(
        &mut self,
        job: &Job,
        statuses: &[Status],
        most_words: u32,
    ) -> Result<Vec<Trouble>, LedgerError> {
        let names: Vec<_> = statuses.iter().map(|status| status.as_str()).collect();
        let rows = sqlx::query(
            "SELECT status, reason, count(*) AS lines FROM users
             WHERE job = ? AND status IN (SELECT value FROM json_each(?))
             GROUP BY status, reason ORDER BY count(*) DESC, status, reason",
        )
        .bind(job.number)
        .bind(serde_json::json!(names).to_string())
        .fetch_all(&mut self.connection)
        .await?;
        let mut troubles = Vec::with_capacity(rows.len());
        for row in &rows {
            let (status, reason): (_, Option<String>) = (status(row)?, row.try_get("reason")?);
            let words = words(
                &mut self.connection,
                job,
                status,
                reason.as_deref(),
                most_words,
            )
            .await?;
            troubles.push(Trouble {
                status,
                reason,
                lines: unsigned(row, "lines")?,
                lines_with_words: words.iter().map(|words| words.lines).sum(),
                words,
            });
        }
        Ok(troubles)
    }
}

async fn words(
    connection: &mut SqliteConnection,
    job: &Job,
    status: Status,
    reason: Option<&str>,
    limit: u32,
) -> Result<Vec<Words>, LedgerError> {
    let rows = sqlx::query(
        "SELECT detail, count(*) AS lines FROM users
         WHERE job = ? AND status = ? AND reason IS ? AND detail IS NOT NULL
         GROUP BY detail ORDER BY count(*) DESC, detail LIMIT ?",
    )
    .bind(job.number)
    .bind(status.as_str())
    .bind(reason)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Words {
                text: row.try_get("detail")?,
                lines: unsigned(row, "lines")?,
            })
        })
        .collect()
}
