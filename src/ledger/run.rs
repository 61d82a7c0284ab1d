//! Runs: their beginning, which clears up after a run that died, and their end.

mod mandate;

pub use mandate::{Mandate, RunTally};

use serde_json::json;
use sqlx::{Connection, Row};

use crate::domain::{Effect, Entry, Fact, Line, RunId, Timestamp};
use crate::ledger::afterwards::tell_parent;
use crate::ledger::record::{EventRow, append_events, record};
use crate::ledger::{Job, Ledger, LedgerError};

/// A run that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    pub(super) job: i64,
    pub(super) number: i64,
    /// Its id.
    pub id: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// Users whom a dead run had claimed: they are in doubt now.
    pub recovered: usize,
}

/// What a process does with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// It looks users up.
    Plan,
    /// It writes.
    Run,
    /// It looks again at those who were written.
    Verify,
}

impl RunKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Run => "run",
            Self::Verify => "verify",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnding {
    /// Nothing was left to do.
    Finished,
    /// It stopped early, for this reason.
    Stopped(&'static str),
}

impl RunEnding {
    fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Stopped(why) => why,
        }
    }
}

impl Ledger {
    /// The tenant in which the job, or the job that it takes back, was worked on first, if a run has known it.
    pub async fn tenant_of(&mut self, job: &Job) -> Result<Option<String>, LedgerError> {
        let tenant = sqlx::query_scalar(
            "SELECT tenant FROM runs WHERE job IN (?, ?) AND tenant IS NOT NULL ORDER BY number LIMIT 1",
        )
        .bind(job.number)
        .bind(job.parent.unwrap_or(job.number))
        .fetch_optional(&mut self.connection)
        .await?;
        Ok(tenant)
    }

    /// Whether this account has worked on the job in a tenant that is known.
    pub async fn was_worked_on_by(
        &mut self,
        job: &Job,
        account: &str,
    ) -> Result<bool, LedgerError> {
        let worked = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM runs WHERE job = ? AND account = ? AND tenant IS NOT NULL)",
        )
        .bind(job.number)
        .bind(account)
        .fetch_one(&mut self.connection)
        .await?;
        Ok(worked)
    }

    /// Begins a run of `job`; `mandate` says who makes it and why.
    ///
    /// When a run that writes starts, each user that a dead run had claimed becomes in doubt: the intent
    /// was durable, so the write may have left (P1), and only a read of the user shows whether it did
    /// (P4).
    pub async fn start_run(
        &mut self,
        job: &Job,
        kind: RunKind,
        mandate: &Mandate,
    ) -> Result<NewRun, LedgerError> {
        let now = self.clock.now();
        let id = RunId::generate();
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let dead = sqlx::query(
            "UPDATE runs SET ended_at_ms = ?, ending = 'died' WHERE job = ? AND ended_at_ms IS NULL",
        )
        .bind(now.as_millis())
        .bind(job.number)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        let number = sqlx::query(
            "INSERT INTO runs (id, job, kind, host, pid, account, version, started_at_ms,
                               operator, actor_id, tenant, ticket, reason, approver, settings)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id.as_str())
        .bind(job.number)
        .bind(kind.as_str())
        .bind(&host)
        .bind(i64::from(std::process::id()))
        .bind(&mandate.account)
        .bind(env!("CARGO_PKG_VERSION"))
        .bind(now.as_millis())
        .bind(&mandate.operator)
        .bind(&mandate.actor_id)
        .bind(&mandate.tenant)
        .bind(&mandate.ticket)
        .bind(&mandate.reason)
        .bind(&mandate.approver)
        .bind(mandate.settings.to_string())
        .execute(&mut *transaction)
        .await?
        .last_insert_rowid();
        let started = EventRow {
            line: None,
            at: now,
            kind: "run_started",
            body: json!({
                "run": id.as_str(), "kind": kind.as_str(), "host": host, "pid": std::process::id(),
                "account": mandate.account, "operator": mandate.operator,
                "actor_id": mandate.actor_id, "tenant": mandate.tenant, "ticket": mandate.ticket,
                "reason": mandate.reason, "approver": mandate.approver,
                "settings": mandate.settings,
                "version": env!("CARGO_PKG_VERSION"), "runs_found_dead": dead,
            })
            .to_string(),
        };
        append_events(&mut transaction, job.number, Some(number), &[started]).await?;
        // Only who writes has to know. A look at the users is none of the job's dealings with them, and an
        // undo that came after the run that died must not seem to be older.
        let claimed = match kind {
            RunKind::Run => claimed_by_nobody(&mut transaction, job.number, now).await?,
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
    pub async fn end_run_because(
        &mut self,
        run: &NewRun,
        ending: RunEnding,
        why: Option<&str>,
        tally: RunTally,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let ended = sqlx::query(
            "UPDATE runs SET ended_at_ms = ?, ending = ?, requests = ?, throttled = ?, stopped = ?
             WHERE number = ? AND ended_at_ms IS NULL",
        )
        .bind(now.as_millis())
        .bind(ending.as_str())
        .bind(i64::try_from(tally.requests).unwrap_or(i64::MAX))
        .bind(i64::try_from(tally.throttled).unwrap_or(i64::MAX))
        .bind(why)
        .bind(run.number)
        .execute(&mut *transaction)
        .await?;
        if ended.rows_affected() == 0 {
            return Err(LedgerError::TakenOver);
        }
        let mut body = json!({
            "run": run.id.as_str(), "ending": ending.as_str(), "requests": tally.requests,
            "throttled": tally.throttled,
        });
        if let Some(why) = why {
            body["why"] = why.into();
        }
        let ended = EventRow {
            line: None,
            at: now,
            kind: "run_ended",
            body: body.to_string(),
        };
        append_events(&mut transaction, run.job, Some(run.number), &[ended]).await?;
        tell_parent(&mut transaction, run, now).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn claimed_by_nobody(
    connection: &mut sqlx::SqliteConnection,
    job: i64,
    now: Timestamp,
) -> Result<Vec<Entry>, LedgerError> {
    let rows = sqlx::query(
        "SELECT line, attempts FROM users WHERE job = ? AND status = 'claimed' ORDER BY line",
    )
    .bind(job)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let attempts: i64 = row.try_get("attempts")?;
            Ok(Entry {
                line: Line(super::job::unsigned(row, "line")?),
                at: now,
                fact: Fact::Released {
                    attempts: u32::try_from(attempts)
                        .map_err(|_| LedgerError::value("attempts", attempts.to_string()))?,
                    effect: Effect::Maybe,
                    unanswered: true,
                    why: "the run died after it had stored the intent to write this user, and before \
                          it had stored an answer"
                        .to_owned(),
                },
            })
        })
        .collect()
}
