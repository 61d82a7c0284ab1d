//! The canary of a job: the first users that it writes, which are read again before the others follow; and
//! users beyond a cap.

use crate::domain::{Line, UserId, name_user};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{Count, Sql, query, query_scalar, row_as_json, twin};
use crate::ledger::store::events::append_events;
use crate::ledger::store::users::{open_statuses, user_columns, user_row};
use crate::ledger::{Job, Ledger, LedgerError, NewRun, UserRow};

const WRITTEN: &str = concat!(
    "
    SELECT count(*) FROM users
    WHERE job = ?1 AND line <= (SELECT claimed_to FROM jobs WHERE number = ?1)
          AND first_attempt_at_ms IS NOT NULL AND (sent > 0 OR effect <> 'none')
          AND NOT (status IN ",
    open_statuses!(),
    " AND (effect = 'none' OR attempts = 0))
          AND (?2 IS NULL OR run >= ?2 AND attempts > 0)"
);

macro_rules! canary {
    ($database:ident) => {
        concat!(
            "SELECT ",
            row_as_json!($database, user_columns!()),
            " FROM users
             WHERE job = ?1 AND line <= (SELECT claimed_to FROM jobs WHERE number = ?1)
                   AND first_attempt_at_ms IS NOT NULL AND (sent > 0 OR effect <> 'none')
                   AND (?2 IS NULL OR run >= ?2 AND attempts > 0) AND user_id IS NOT NULL
             ORDER BY line LIMIT ?3"
        )
    };
}

const CANARY: Sql = twin!(canary);

/// Of the users that no run has claimed yet only the first are asked: a job without a look-up has seen none of them.
const SEEN_USER: &str = "
    SELECT user_id FROM users
    WHERE job = ?1 AND line <= (SELECT CASE WHEN claimed_to > 1000 THEN claimed_to ELSE 1000 END
                                    FROM jobs WHERE number = ?1)
          AND before_at_ms IS NOT NULL AND user_id IS NOT NULL
    ORDER BY line LIMIT 1";

const BEYOND: &str = "
    SELECT line, display_name, coalesce(user_name, roster_name), user_id FROM users
    WHERE job = ? AND (is_open = 1
                       OR attempts > 0 AND (status = 'failed' OR ? = 0))
    ORDER BY line LIMIT ? OFFSET ?";

/// The run from which on writes count for the canary: that which has begun the retry, if one is under way.
fn since(job: &Job) -> Option<i64> {
    job.retry.and_then(|retry| retry.run)
}

impl Ledger {
    /// How many users of the job, or of a retry that is under way, a write was sent for, or may have been: a
    /// resumed canary writes the rest. Users that an outage gave back with all their attempts are among the rest:
    /// the run that continues finds out what may have been sent for them.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn canary_written(&mut self, job: &Job) -> Result<u64, LedgerError> {
        let Count(written) = query_scalar(WRITTEN)
            .bind(job.number)
            .bind(since(job))
            .fetch_one(&mut self.connection)
            .await?;
        Ok(written)
    }

    /// The canary, as its users are now: the first `users` that a write was sent for, or may have been, in
    /// the order of lines. Until the canary is passed no other user is written.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn canary(&mut self, job: &Job, users: u64) -> Result<Vec<UserRow>, LedgerError> {
        let rows: Vec<String> = query_scalar(CANARY)
            .bind(job.number)
            .bind(since(job))
            .bind(Count(users))
            .fetch_all(&mut self.connection)
            .await?;
        rows.iter().map(|row| user_row(row)).collect()
    }

    /// A user that a look-up has seen, if any was.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn seen_user(&mut self, job: &Job) -> Result<Option<UserId>, LedgerError> {
        let user: Option<String> = query_scalar(SEEN_USER)
            .bind(job.number)
            .fetch_optional(&mut self.connection)
            .await?;
        Ok(user.map(UserId::new))
    }

    /// The first users are as the job wants them: the others may follow.
    ///
    /// # Errors
    /// The ledger cannot be written, for example on a full disk. Then nothing of this is stored.
    pub async fn pass_canary(
        &mut self,
        job: &Job,
        run: &NewRun,
        users: u64,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.begin(job.number).await?;
        query("UPDATE jobs SET canary_at_ms = ? WHERE number = ?")
            .bind(now)
            .bind(job.number)
            .execute(&mut transaction)
            .await?;
        let passed = NewEvent::new(None, now, &EventBody::CanaryPassed { users });
        append_events(&mut transaction, job.number, Some(run.number), &[passed]).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The users that a job, or a retry of its failed users, would write beyond the first `cap` users: the first
    /// `limit` of them, for people.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn beyond(
        &mut self,
        job: &Job,
        is_retry: bool,
        cap: u64,
        limit: usize,
    ) -> Result<Vec<String>, LedgerError> {
        type Text = Option<String>;
        let rows: Vec<(Line, Text, Text, Text)> = query(BEYOND)
            .bind(job.number)
            .bind(is_retry)
            .bind(Count::limit(limit))
            .bind(Count(cap))
            .fetch_all(&mut self.connection)
            .await?;
        let texts = rows.iter().map(|(line, display_name, address, id)| {
            let user = name_user(display_name.as_deref(), address.as_deref(), id.as_deref());
            format!("line {line} {}", user.unwrap_or_default())
        });
        Ok(texts.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use macro_rules_attribute::apply;

    use super::*;
    use crate::domain::{
        Effect, Entry, Fact, IdRule, Outcome, Reason, RequestKind, Settlement, Status, Timestamp,
        Verdict,
    };
    use crate::ledger::RunKind;
    use crate::ledger::testing::{LedgerBed, TestStore, id, on_each_store};

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

    #[apply(on_each_store)]
    async fn the_canary_is_the_users_that_a_write_was_sent_for(store: TestStore) {
        let names = (2..8).map(|line| id(&format!("a{line}"))).collect();
        let mut bed = LedgerBed::within(store, IdRule::Exact, RunKind::Run, names).await;
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
        // An outage gives a user back with all attempts: the run that continues may take the user again.
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
