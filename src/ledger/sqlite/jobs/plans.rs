//! The plan of a job: stored once it is whole, and discarded.

use std::borrow::Cow;

use serde_json::Value;
use sqlx::Connection;

use crate::domain::Entry;
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sqlite::events::{append_events, record};
use crate::ledger::sqlite::looks::forget_candidates;
use crate::ledger::sqlite::{Count, Json};
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

const STORE_PLAN: &str = "
    UPDATE jobs SET planned_at_ms = ?, plan_digest = ?, to_write = ?, looked_up = ?,
                    list_position = NULL
    WHERE number = ?";

const FORGET_PLAN: &str = "
    UPDATE jobs SET planned_at_ms = NULL, plan_digest = NULL, to_write = NULL,
                    looked_up = NULL, list_position = NULL
    WHERE number = ?";

// A name that was resolved is resolved again: it may be another user's by now.
const FORGET_PLANNED_USERS: &str = "
    UPDATE users SET status = 'pending', reason = NULL, detail = NULL, done_at_ms = NULL,
        confirmed_at_ms = NULL, confirmed_by = NULL, before_at_ms = NULL,
        active_before = NULL, workspaces_before = NULL, active_after = NULL,
        workspaces_after = NULL, http_status = NULL, request_id = NULL, event_hash = NULL,
        shown_name = NULL, addresses = NULL,
        user_id = iif(name_key IS NULL, user_id, NULL),
        user_key = iif(name_key IS NULL, user_key, NULL)
    WHERE job = ? AND effect = 'none'
          AND (status <> 'invalid' AND status <> 'duplicate' OR before_at_ms IS NOT NULL)";

impl Ledger {
    /// How far an interrupted walk through the list has come, as [`Ledger::found`] stored it.
    ///
    /// # Errors
    /// The job is no longer in the ledger, or the ledger cannot be read.
    pub async fn list_position(&mut self, job: &Job) -> Result<Option<String>, LedgerError> {
        let position = sqlx::query_scalar("SELECT list_position FROM jobs WHERE number = ?")
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(position)
    }

    /// Stores facts about users in one transaction, outside of an engine's run.
    ///
    /// # Errors
    /// The ledger cannot be written, for example on a full disk. Then nothing of this is stored.
    pub async fn note(
        &mut self,
        job: &Job,
        run: &NewRun,
        entries: &[Entry],
    ) -> Result<(), LedgerError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        record(&mut transaction, job.number, run.number, job.ids, entries).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The plan is whole. Returns the job with its plan.
    ///
    /// # Errors
    /// The ledger cannot be written, and then nothing of this is stored; or the job cannot be read back
    /// afterwards.
    pub async fn finish_plan(
        &mut self,
        job: &Job,
        run: &NewRun,
        digest: &str,
        to_write: u64,
        looked_up: &Value,
    ) -> Result<Job, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(STORE_PLAN)
            .bind(now)
            .bind(digest)
            .bind(Count(to_write))
            .bind(Json(looked_up))
            .bind(job.number)
            .execute(&mut *transaction)
            .await?;
        forget_candidates(&mut transaction, job.number).await?;
        let body = EventBody::Planned {
            digest: digest.into(),
            looked_up: Cow::Borrowed(looked_up),
            to_write,
        };
        let planned = NewEvent::new(None, now, &body);
        append_events(&mut transaction, job.number, Some(run.number), &[planned]).await?;
        transaction.commit().await?;
        self.job(job.number).await
    }

    /// Deletes the plan of a job that has not sent any write. The next run looks up all users again. The
    /// content of the roster itself stays.
    ///
    /// # Errors
    /// The ledger cannot be written, and then nothing of this is stored; or the job cannot be read back
    /// afterwards.
    pub async fn discard_plan(&mut self, job: &Job, why: &str) -> Result<Job, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        for sql in [FORGET_PLANNED_USERS, FORGET_PLAN] {
            sqlx::query(sql)
                .bind(job.number)
                .execute(&mut *transaction)
                .await?;
        }
        forget_candidates(&mut transaction, job.number).await?;
        let body = EventBody::PlanDiscarded { why: why.into() };
        let discarded = NewEvent::new(None, now, &body);
        append_events(&mut transaction, job.number, None, &[discarded]).await?;
        transaction.commit().await?;
        self.job(job.number).await
    }
}
