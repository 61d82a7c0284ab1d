//! What went wrong, grouped by outcome and reason, with the words that were said most often.

use sqlx::{FromRow, SqliteConnection};

use crate::domain::Status;
use crate::ledger::sqlite::Count;
use crate::ledger::sqlite::users::status_words;
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
    pub words: Vec<CommonWords>,
    /// How many of them are covered by those words.
    pub lines_with_words: u64,
}

/// Words that were said about some lines.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CommonWords {
    /// The provider's, or ours where it had none.
    #[sqlx(rename = "detail")]
    pub text: String,
    /// About how many lines.
    #[sqlx(try_from = "Count")]
    pub lines: u64,
}

/// Lines that ended the same way for the same reason, without the words.
#[derive(FromRow)]
struct TroubleGroup {
    status: Status,
    reason: Option<String>,
    #[sqlx(try_from = "Count")]
    lines: u64,
}

const TROUBLE_GROUPS: &str = "
    SELECT status, reason, count(*) AS lines FROM users
    WHERE job = ? AND status IN (SELECT value FROM json_each(?))
    GROUP BY status, reason ORDER BY count(*) DESC, status, reason";

const COMMON_WORDS: &str = "
    SELECT detail, count(*) AS lines FROM users
    WHERE job = ? AND status = ? AND reason IS ? AND detail IS NOT NULL
    GROUP BY detail ORDER BY count(*) DESC, detail LIMIT ?";

impl Reader {
    /// The lines of a job with one of these statuses, grouped, each group with at most `most_words`
    /// different words; the most frequent first.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn troubles(
        &mut self,
        job: &Job,
        statuses: &[Status],
        most_words: u32,
    ) -> Result<Vec<Trouble>, LedgerError> {
        let groups: Vec<TroubleGroup> = sqlx::query_as(TROUBLE_GROUPS)
            .bind(job.number)
            .bind(status_words(statuses))
            .fetch_all(&mut self.connection)
            .await?;
        let mut troubles = Vec::with_capacity(groups.len());
        for group in groups {
            let words = common_words(&mut self.connection, job, &group, most_words).await?;
            troubles.push(Trouble {
                status: group.status,
                reason: group.reason,
                lines: group.lines,
                lines_with_words: words.iter().map(|words| words.lines).sum(),
                words,
            });
        }
        Ok(troubles)
    }
}

async fn common_words(
    connection: &mut SqliteConnection,
    job: &Job,
    group: &TroubleGroup,
    limit: u32,
) -> Result<Vec<CommonWords>, LedgerError> {
    let words = sqlx::query_as(COMMON_WORDS)
        .bind(job.number)
        .bind(group.status)
        .bind(&group.reason)
        .bind(limit)
        .fetch_all(connection)
        .await?;
    Ok(words)
}
