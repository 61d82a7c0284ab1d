//! How long answers took.

use std::time::Duration;

use sqlx::FromRow;

use crate::ledger::sql::{Count, Sql, query, twin};
use crate::ledger::store::timeline::answer_in::answer_in;
use crate::ledger::{Job, LedgerError, Reader};

/// Answers that took about the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerTimes {
    /// The time, cut to its first two digits.
    pub elapsed: Duration,
    /// How many took it.
    pub answers: u64,
}

/// What came back for all requests of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Answers by the time they took, the fastest first. At most a few hundred.
    pub times: Vec<AnswerTimes>,
    /// Requests without an answer.
    pub silences: u64,
}

/// Answers that took about the same time, or requests without an answer.
#[derive(FromRow)]
struct AnswerGroup {
    silent: bool,
    #[sqlx(try_from = "Count")]
    elapsed_ms: u64,
    #[sqlx(try_from = "Count")]
    answers: u64,
}

// Two digits bound the number of groups, whatever the times are.
macro_rules! answer_groups {
    ($database:ident) => {
        concat!(
            "SELECT status IS NULL AS silent, CASE
               WHEN ms < 100 THEN ms WHEN ms < 1000 THEN ms / 10 * 10
               WHEN ms < 10000 THEN ms / 100 * 100 WHEN ms < 100000 THEN ms / 1000 * 1000
               WHEN ms < 3600000 THEN ms / 10000 * 10000
               ELSE 3600000 END AS elapsed_ms, count(*) AS answers
            FROM (SELECT answer ->> 'status' AS status, CAST(answer ->> 'elapsed_ms' AS bigint) AS ms
               FROM (SELECT ",
            answer_in!($database),
            " AS answer FROM events WHERE job = ?) AS events WHERE answer IS NOT NULL) AS answers
            GROUP BY 1, 2 ORDER BY 1, 2"
        )
    };
}

const ANSWER_GROUPS: Sql = twin!(answer_groups);

impl Reader {
    /// How long the answers of a job took, over all its runs.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn answers(&mut self, job: &Job) -> Result<Answers, LedgerError> {
        let groups: Vec<AnswerGroup> = query(ANSWER_GROUPS)
            .bind(job.number)
            .fetch_all(&mut self.connection)
            .await?;
        let mut all = Answers::default();
        for group in groups {
            let answers = group.answers;
            if group.silent {
                all.silences += answers;
            } else {
                let elapsed = Duration::from_millis(group.elapsed_ms);
                all.times.push(AnswerTimes { elapsed, answers });
            }
        }
        Ok(all)
    }
}
