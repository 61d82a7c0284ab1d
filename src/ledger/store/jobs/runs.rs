//! Runs: their beginning, which clears up after a run that died, and their end.

use std::borrow::Cow;

use sqlx::FromRow;

use crate::domain::{Effect, Entry, Fact, Line, RunId, Timestamp};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{Count, Json, SqlConnection, query, query_scalar};
use crate::ledger::store::events::{append_events, record};
use crate::ledger::store::jobs::undone_users::record_in_parent;
use crate::ledger::{
    Holder, Job, Ledger, LedgerError, Mandate, NewRun, RunEnding, RunKind, RunTally,
};

const TENANT: &str = "
    SELECT tenant FROM runs WHERE job IN (?, ?) AND tenant IS NOT NULL ORDER BY number LIMIT 1";

const WAS_WORKED_ON_BY: &str = "
    SELECT EXISTS (SELECT 1 FROM runs WHERE job = ? AND account = ? AND tenant IS NOT NULL)";

const END_DEAD_RUNS: &str = "
    UPDATE runs SET ended_at_ms = ?, ending = 'died' WHERE job = ? AND ended_at_ms IS NULL";

const INSERT_RUN: &str = "
    INSERT INTO runs (id, job, kind, host, pid, account, version, started_at_ms,
                      operator, actor_id, tenant, ticket, reason, approver, settings)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    RETURNING number";

const END_RUN: &str = "
    UPDATE runs SET ended_at_ms = ?, ending = ?, requests = ?, throttled = ?, stopped = ?
    WHERE number = ? AND ended_at_ms IS NULL";

/// A line that a run has claimed and not settled.
#[derive(FromRow)]
struct ClaimedLine {
    line: Line,
    #[sqlx(try_from = "Count")]
    attempts: u32,
}

const CLAIMED_LINES: &str = "
    SELECT line, attempts FROM users
    WHERE job = ?1 AND is_open = 1 AND status = 'claimed'
          AND line <= (SELECT claimed_to FROM jobs WHERE number = ?1)
    ORDER BY line";

impl Ledger {
    /// The tenant in which the job, or the job that it takes back, was worked on first, if a run has known it.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn tenant_of(&mut self, job: &Job) -> Result<Option<String>, LedgerError> {
        let tenant = query_scalar(TENANT)
            .bind(job.number)
            .bind(job.parent.unwrap_or(job.number))
            .fetch_optional(&mut self.connection)
            .await?;
        Ok(tenant)
    }

    /// Whether this account has worked on the job in a tenant that is known.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn was_worked_on_by(
        &mut self,
        job: &Job,
        account: &str,
    ) -> Result<bool, LedgerError> {
        let worked = query_scalar(WAS_WORKED_ON_BY)
            .bind(job.number)
            .bind(account)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(worked)
    }

    /// Begins a run of `job`; `mandate` says who starts it and why.
    ///
    /// When a run that writes starts, each user that a dead run had claimed becomes in doubt: the intent
    /// was durable, so the write may have left (P1), and only a read of the user shows whether it did
    /// (P4).
    ///
    /// # Errors
    /// The ledger cannot be written, or the row of a claimed user is not what this version writes. Then no run
    /// has begun.
    pub async fn start_run(
        &mut self,
        job: &Job,
        kind: RunKind,
        mandate: &Mandate,
    ) -> Result<NewRun, LedgerError> {
        let now = self.clock.now();
        let id = RunId::generate();
        let host = Holder::host();
        let mut transaction = self.begin(job.number).await?;
        let dead = query(END_DEAD_RUNS)
            .bind(now)
            .bind(job.number)
            .execute(&mut transaction)
            .await?;
        let number: i64 = query_scalar(INSERT_RUN)
            .bind(&id)
            .bind(job.number)
            .bind(kind)
            .bind(&host)
            .bind(std::process::id())
            .bind(&mandate.account)
            .bind(env!("CARGO_PKG_VERSION"))
            .bind(now)
            .bind(&mandate.operator)
            .bind(&mandate.actor_id)
            .bind(&mandate.tenant)
            .bind(&mandate.ticket)
            .bind(&mandate.reason)
            .bind(&mandate.approver)
            .bind(Json(&mandate.settings))
            .fetch_one(&mut transaction)
            .await?;
        let body = EventBody::RunStarted {
            account: mandate.account.as_str().into(),
            actor_id: mandate.actor_id.as_deref().map(Cow::Borrowed),
            approver: mandate.approver.as_deref().map(Cow::Borrowed),
            host: host.into(),
            kind: Some(kind),
            operator: Some(mandate.operator.as_str().into()),
            pid: std::process::id(),
            reason: mandate.reason.as_deref().map(Cow::Borrowed),
            run: id.as_str().into(),
            runs_found_dead: dead,
            settings: Some(Cow::Borrowed(&mandate.settings)),
            tenant: mandate.tenant.as_deref().map(Cow::Borrowed),
            ticket: mandate.ticket.as_deref().map(Cow::Borrowed),
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let started = NewEvent::new(None, now, &body);
        append_events(&mut transaction, job.number, Some(number), &[started]).await?;
        // Only a run that writes has to know. To plan or to verify changes no user: an undo that came after
        // the run that died must not seem to be older than it.
        let claimed = match kind {
            RunKind::Run => left_claimed(&mut transaction, job.number, now).await?,
            RunKind::Plan | RunKind::Verify => Vec::new(),
        };
        record(&mut transaction, job.number, number, job.ids, &claimed).await?;
        transaction.commit().await?;
        Ok(NewRun {
            job: job.number,
            number,
            id,
            started_at: now,
            recovered: claimed.len(),
        })
    }

    /// Ends a run; `tally` says what it took.
    ///
    /// # Errors
    /// Another process has taken the job over and ended this run, or the ledger cannot be written.
    pub async fn end_run(
        &mut self,
        run: &NewRun,
        ending: RunEnding,
        tally: RunTally,
    ) -> Result<(), LedgerError> {
        self.end_run_because(run, ending, None, tally).await
    }

    /// Ends a run, and keeps the reason in words if it stopped early.
    ///
    /// The end of a run of an undo is also recorded as an event of the job that it takes back: a reader
    /// of that job's events alone must not count a user as removed that has everything again.
    ///
    /// # Errors
    /// Another process has taken the job over and ended this run, or the ledger cannot be written.
    pub async fn end_run_because(
        &mut self,
        run: &NewRun,
        ending: RunEnding,
        why: Option<&str>,
        tally: RunTally,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.begin(run.job).await?;
        let ended = query(END_RUN)
            .bind(now)
            .bind(ending.as_str())
            .bind(Count(tally.requests))
            .bind(Count(tally.throttled))
            .bind(why)
            .bind(run.number)
            .execute(&mut transaction)
            .await?;
        if ended == 0 {
            return Err(LedgerError::TakenOver);
        }
        let body = EventBody::RunEnded {
            ending: ending.as_str().into(),
            requests: Some(tally.requests),
            run: run.id.as_str().into(),
            throttled: Some(tally.throttled),
            why: why.map(Cow::Borrowed),
        };
        let ended = NewEvent::new(None, now, &body);
        append_events(&mut transaction, run.job, Some(run.number), &[ended]).await?;
        record_in_parent(&mut transaction, run, now).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Releases the users that a run which died has claimed: each of them is in doubt.
async fn left_claimed(
    connection: &mut SqlConnection,
    job: i64,
    now: Timestamp,
) -> Result<Vec<Entry>, LedgerError> {
    let claimed: Vec<ClaimedLine> = query(CLAIMED_LINES).bind(job).fetch_all(connection).await?;
    let entries = claimed.into_iter().map(|claimed| Entry {
        line: claimed.line,
        at: now,
        fact: Fact::Released {
            attempts: claimed.attempts,
            effect: Effect::Maybe,
            unanswered: true,
            why: "the run died after it had stored the intent to write this user, and before \
                  it had stored an answer"
                .to_owned(),
        },
    });
    Ok(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::IdRule;
    use crate::ledger::testing::LedgerBed;

    #[tokio::test]
    async fn no_statement_goes_through_all_lines() {
        let mut bed = LedgerBed::new(IdRule::Exact, RunKind::Run, Vec::new()).await;
        for sql in [CLAIMED_LINES] {
            bed.ledger.assert_found_by("users_open", sql).await;
        }
    }
}
