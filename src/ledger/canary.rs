//! The canary of a job: the first users that it writes, which are looked at again before the others follow;
//! and users beyond a cap.

use serde_json::json;
use sqlx::{Connection, Row};

use crate::domain::{Goal, Line, Status, UserId};
use crate::ledger::job::{own_goal, unsigned};
use crate::ledger::record::{EventRow, append_events};
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

/// One of the first users of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryRow {
    /// The roster line.
    pub line: Line,
    /// The user.
    pub user_id: String,
    /// Where the line stands.
    pub status: Status,
    /// The code of a failure.
    pub reason: Option<String>,
    /// What the user is to have, where the change does not say.
    pub goal: Option<Goal>,
}

/// The run from which on writes count for the canary: that which has begun the retry, if one is under way.
fn since(job: &Job) -> Option<i64> {
    let run = job.retry.and_then(|retry| retry.run);
    run.and_then(|run| i64::try_from(run).ok())
}

impl Ledger {
    /// How many users of the job, or of a retry that is under way, a write was sent for, or may have been: a
    /// resumed canary writes the rest. Users that an outage gave back with all their attempts are among the rest:
    /// what may have been sent for them is found out by the run that goes on.
    pub async fn canary_written(&mut self, job: &Job) -> Result<u64, LedgerError> {
        let row = sqlx::query(
            "SELECT count(*) AS written FROM users
             WHERE job = ?1 AND first_attempt_at_ms IS NOT NULL AND (sent > 0 OR effect <> 'none')
                   AND NOT (status IN ('pending', 'claimed', 'in_doubt') AND (effect = 'none' OR attempts = 0))
                   AND (?2 IS NULL OR run >= ?2 AND attempts > 0)",
        )
        .bind(job.number)
        .bind(since(job))
        .fetch_one(&mut self.connection)
        .await?;
        unsigned(&row, "written")
    }

    /// The canary, as its users are now: the first `users` that a write was sent for, or may have been, in
    /// the order of lines. Until the canary is passed no other user is written.
    pub async fn canary(&mut self, job: &Job, users: u64) -> Result<Vec<CanaryRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT line, user_id, status, reason, goal FROM users
             WHERE job = ?1 AND first_attempt_at_ms IS NOT NULL AND (sent > 0 OR effect <> 'none')
                   AND (?2 IS NULL OR run >= ?2 AND attempts > 0) AND user_id IS NOT NULL
             ORDER BY line LIMIT ?3",
        )
        .bind(job.number)
        .bind(since(job))
        .bind(i64::try_from(users).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                let status: String = row.try_get("status")?;
                Ok(CanaryRow {
                    line: Line(unsigned(row, "line")?),
                    user_id: row.try_get("user_id")?,
                    status: Status::parse(&status)
                        .ok_or_else(|| LedgerError::value("status", status))?,
                    reason: row.try_get("reason")?,
                    goal: own_goal(row)?,
                })
            })
            .collect()
    }

    /// A user that a look-up has seen, if any was.
    pub async fn seen_user(&mut self, job: &Job) -> Result<Option<UserId>, LedgerError> {
        let user: Option<String> = sqlx::query_scalar(
            "SELECT user_id FROM users
             WHERE job = ? AND before_at_ms IS NOT NULL AND user_id IS NOT NULL
             ORDER BY line LIMIT 1",
        )
        .bind(job.number)
        .fetch_optional(&mut self.connection)
        .await?;
        Ok(user.map(UserId::new))
    }

    /// The first users were seen to be as wanted: the others may follow.
    pub async fn pass_canary(
        &mut self,
        job: &Job,
        run: &NewRun,
        users: u64,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("UPDATE jobs SET canary_at_ms = ? WHERE number = ?")
            .bind(now.as_millis())
            .bind(job.number)
            .execute(&mut *transaction)
            .await?;
        let passed = EventRow {
            line: None,
            at: now,
            kind: "canary_passed",
            body: json!({ "users": users }).to_string(),
        };
        append_events(&mut transaction, job.number, Some(run.number), &[passed]).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Whom a job, or a retry of its failed users, would write beyond the first `cap` users: the first `limit` of them, for people.
    pub async fn beyond(
        &mut self,
        job: &Job,
        is_retry: bool,
        cap: u64,
        limit: usize,
    ) -> Result<Vec<String>, LedgerError> {
        let rows = sqlx::query(
            "SELECT line, coalesce(user_name, user_id) AS who FROM users
             WHERE job = ? AND (status IN ('pending', 'claimed', 'in_doubt')
                                OR attempts > 0 AND (status = 'failed' OR NOT ?))
             ORDER BY line LIMIT ? OFFSET ?",
        )
        .bind(job.number)
        .bind(is_retry)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(i64::try_from(cap).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                let who: Option<String> = row.try_get("who")?;
                let line = unsigned(row, "line")?;
                Ok(format!("line {line} {}", who.unwrap_or_default()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{
        Effect, Entry, Fact, IdRule, Outcome, Reason, RequestKind, Settlement, Timestamp, Verdict,
    };
    use crate::ledger::RunKind;
    use crate::ledger::testing::{Bed, id};

    fn entry(line: u64, fact: Fact) -> Entry {
        Entry {
            line: Line(line),
            at: Timestamp::from_millis(0),
            fact,
        }
    }

    fn begun(line: u64) -> Entry {
        let request = "PATCH".to_owned();
        entry(
            line,
            Fact::Begun {
                attempt: 1,
                request,
            },
        )
    }

    fn settled(line: u64, outcome: Outcome) -> Entry {
        let settlement = Settlement {
            outcome,
            after: None,
            detail: None,
            decided_by: None,
        };
        entry(line, Fact::Settled(settlement))
    }

    #[tokio::test]
    async fn the_canary_is_whom_a_write_was_sent_for() {
        let names = (2..8).map(|line| id(&format!("a{line}"))).collect();
        let mut bed = Bed::new(IdRule::Exact, RunKind::Run, names).await;
        let (ledger, job, run) = (&mut bed.ledger, bed.job, bed.run);
        let refused = Fact::Ended {
            kind: RequestKind::Write,
            attempt: 1,
            verdict: Verdict::Refused(Reason::NotFound),
            status: Some(404),
            request_id: None,
            detail: None,
            elapsed: Duration::ZERO,
        };
        let void = Fact::Released {
            attempts: 0,
            effect: Effect::None,
            unanswered: false,
            why: "too old".to_owned(),
        };
        for batch in [
            // Needs nothing; its write never left; not found; claimed by a run that died.
            vec![settled(2, Outcome::Already)],
            vec![begun(3)],
            vec![entry(3, void)],
            vec![begun(4)],
            vec![entry(4, refused), settled(4, Outcome::NotFound)],
            vec![begun(5)],
            vec![begun(6)],
        ] {
            ledger.note(&job, &run, &batch).await.unwrap();
        }
        assert_eq!(ledger.canary_written(&job).await.unwrap(), 3);
        // An outage gives a user back with all attempts: the run that goes on may take it again.
        let outage = Fact::Released {
            attempts: 0,
            effect: Effect::Maybe,
            unanswered: false,
            why: "the target is out".to_owned(),
        };
        ledger.note(&job, &run, &[entry(6, outage)]).await.unwrap();
        assert_eq!(ledger.canary_written(&job).await.unwrap(), 2);
        let rows = ledger.canary(&job, 2).await.unwrap();
        let rows: Vec<_> = rows.iter().map(|row| (row.line.0, row.status)).collect();
        assert_eq!(rows, [(4, Status::NotFound), (5, Status::Claimed)]);
        // No look-up has seen any user.
        assert_eq!(ledger.seen_user(&job).await.unwrap(), None);
    }
}
