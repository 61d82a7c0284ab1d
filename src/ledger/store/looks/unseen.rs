//! Users that have still to be looked up, and lines that turn out to name the same user.

use sqlx::FromRow;

use crate::domain::Line;
use crate::ledger::sql::{Count, Sql, SqlConnection, query};
use crate::ledger::store::events::set_aside;
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

/// A user that has still to be looked up: by id, or by name where the roster has no id.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Unseen {
    /// The roster line.
    pub line: Line,
    /// The id, if the roster has it.
    pub user_id: Option<String>,
    /// The name, as the roster spells it.
    pub user_name: Option<String>,
    /// Whether a user of that name was shown already.
    pub is_hit: bool,
}

const UNSEEN: &str = "
    SELECT * FROM (
        SELECT line, user_id, coalesce(roster_name, user_name) AS user_name,
               EXISTS (SELECT 1 FROM candidates WHERE candidates.job = users.job
                       AND candidates.line = users.line) AS is_hit
        FROM users
        WHERE job = ? AND line > ? AND is_open = 1 AND status = 'pending' AND before_at_ms IS NULL) AS rest
    WHERE user_id IS NULL OR NOT is_hit ORDER BY line LIMIT ?";

const UNSEEN_COUNT: &str = "
    SELECT count(user_id) AS by_id, count(*) - count(user_id) AS by_name FROM users
    WHERE job = ? AND is_open = 1 AND status = 'pending' AND before_at_ms IS NULL
          AND (user_id IS NULL OR NOT EXISTS (
              SELECT 1 FROM candidates WHERE candidates.job = users.job
                                             AND candidates.line = users.line))";

/// Marks the later ones of the lines with equal keys. Rows are numbered in the order of their lines. In SQLite the
/// index of the keys alone says which lines have equal keys, and which of them is the first. PostgreSQL knows nothing
/// yet of the rows of a job that is being loaded, and takes them for few: so it is given a statement that reads them
/// once in any plan.
macro_rules! mark_same {
    (sqlite, $key:literal) => {
        concat!(
            "UPDATE users SET status = 'duplicate', is_open = NULL,
                 detail = 'the same user as line '
                          || (SELECT line FROM users AS one WHERE one.number = first.number)
             FROM (SELECT ",
            $key,
            " AS key, min(number) AS number FROM users
                   WHERE job = ?1 AND ",
            $key,
            " IS NOT NULL GROUP BY ",
            $key,
            " HAVING count(*) > 1) AS first
             WHERE users.job = ?1 AND users.",
            $key,
            " = first.key AND users.number > first.number AND users.status = 'pending'"
        )
    };
    (postgres, $key:literal) => {
        concat!(
            "UPDATE users SET status = 'duplicate', is_open = NULL,
                 detail = 'the same user as line ' || same.line
             FROM (SELECT number, first_value(number) OVER of_key AS first,
                          first_value(line) OVER of_key AS line
                   FROM users WHERE job = ?1 AND ",
            $key,
            " IS NOT NULL WINDOW of_key AS (PARTITION BY ",
            $key,
            " ORDER BY number)) AS same
             WHERE users.number = same.number AND same.first < same.number
                   AND users.status = 'pending'"
        )
    };
}

const MARK_SAME_IDS: Sql = Sql::twin(
    mark_same!(sqlite, "user_key"),
    mark_same!(postgres, "user_key"),
);

const MARK_SAME_NAMES: Sql = Sql::twin(
    mark_same!(sqlite, "name_key"),
    mark_same!(postgres, "name_key"),
);

impl Ledger {
    /// How many users have still to be looked up: by id, and by name.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn unseen_count(&mut self, job: &Job) -> Result<(u64, u64), LedgerError> {
        let (Count(by_id), Count(by_name)) = query(UNSEEN_COUNT)
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        Ok((by_id, by_name))
    }

    /// The next users to be looked up, in the order of their lines. A user that was shown under an id
    /// that differs in case is left out until [`Ledger::resolve`] has decided which user is meant.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn unseen(
        &mut self,
        job: &Job,
        after: Line,
        limit: usize,
    ) -> Result<Vec<Unseen>, LedgerError> {
        let unseen = query(UNSEEN)
            .bind(job.number)
            .bind(after)
            .bind(Count::limit(limit))
            .fetch_all(&mut self.connection)
            .await?;
        Ok(unseen)
    }

    /// Marks lines that turned out to name the same user as an earlier line; returns how many.
    ///
    /// # Errors
    /// The ledger cannot be written, for example on a full disk. Then nothing of this is stored.
    pub async fn mark_duplicates(&mut self, job: &Job, run: &NewRun) -> Result<u64, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.begin(job.number).await?;
        let duplicates = mark_duplicates(&mut transaction, job.number).await?;
        if duplicates > 0 {
            set_aside(&mut transaction, job.number, Some(run.number), now).await?;
        }
        transaction.commit().await?;
        Ok(duplicates)
    }
}

/// Marks lines that name a user that an earlier line names, by id or by name; returns how many.
pub(in crate::ledger::store) async fn mark_duplicates(
    connection: &mut SqlConnection,
    job: i64,
) -> Result<u64, LedgerError> {
    let mut duplicates = 0;
    for sql in [MARK_SAME_IDS, MARK_SAME_NAMES] {
        let marked = query(sql).bind(job).execute(&mut *connection).await?;
        duplicates += marked;
    }
    Ok(duplicates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::IdRule;
    use crate::ledger::RunKind;
    use crate::ledger::testing::LedgerBed;

    #[tokio::test]
    async fn no_statement_goes_through_all_lines() {
        let mut bed = LedgerBed::new(IdRule::Exact, RunKind::Run, Vec::new()).await;
        for sql in [UNSEEN, UNSEEN_COUNT] {
            bed.ledger.assert_found_by("users_open", sql).await;
        }
    }
}
