//! The history of one user: the lines that name the user, and everything that happened, in order.

use sqlx::Row;

use crate::domain::{Line, Timestamp, name_key};
use crate::ledger::job::unsigned;
use crate::ledger::journal::texts;
use crate::ledger::{Job, LedgerError, Reader, UserRow};

/// One event of a user, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// When it happened.
    pub at: Timestamp,
    /// The run in which it happened.
    pub run_id: Option<String>,
    /// What kind of event it is.
    pub kind: String,
    /// What it says: a JSON object.
    pub body: String,
}

impl Reader {
    /// The lines of a job that name a user: by id, as the provider compares ids; else by any name or cell,
    /// as names compare.
    pub async fn lines_of(&mut self, job: &Job, user: &str) -> Result<Vec<UserRow>, LedgerError> {
        let user = user.trim();
        let by_id: Vec<u32> = sqlx::query_scalar(
            "SELECT line FROM users WHERE job = ? AND user_key = ? ORDER BY line",
        )
        .bind(job.number)
        .bind(job.ids.key(user).into_owned())
        .fetch_all(&mut self.connection)
        .await?;
        let lines = if by_id.is_empty() {
            self.lines_named(job, user).await?
        } else {
            by_id.into_iter().map(u64::from).collect()
        };
        self.lines_at(job, &lines).await
    }

    /// SQLite compares ASCII only, so that names are compared here.
    async fn lines_named(&mut self, job: &Job, user: &str) -> Result<Vec<u64>, LedgerError> {
        const PAGE: i64 = 1000;
        let key = name_key(user);
        let same = |text: &str| name_key(text) == key;
        let mut named = Vec::new();
        let mut after = 0_i64;
        loop {
            let rows = sqlx::query(
                "SELECT line, user_name, cells FROM users
                 WHERE job = ? AND line > ? ORDER BY line LIMIT ?",
            )
            .bind(job.number)
            .bind(after)
            .bind(PAGE)
            .fetch_all(&mut self.connection)
            .await?;
            let Some(last) = rows.last() else {
                return Ok(named);
            };
            after = last.try_get("line")?;
            for row in &rows {
                let name: Option<String> = row.try_get("user_name")?;
                let cells = texts(row, "cells")?.unwrap_or_default();
                if name.iter().chain(&cells).any(|text| same(text)) {
                    named.push(unsigned(row, "line")?);
                }
            }
        }
    }

    /// Everything that happened to the user of one line, in order.
    pub async fn events_of(
        &mut self,
        job: &Job,
        line: Line,
    ) -> Result<Vec<EventRecord>, LedgerError> {
        let rows = sqlx::query(
            "SELECT at_ms, runs.id AS run_id, events.kind, body FROM events
             LEFT JOIN runs ON runs.number = run
             WHERE events.job = ? AND line = ? ORDER BY events.number",
        )
        .bind(job.number)
        .bind(i64::try_from(line.0).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(EventRecord {
                    at: Timestamp::from_millis(row.try_get("at_ms")?),
                    run_id: row.try_get("run_id")?,
                    kind: row.try_get("kind")?,
                    body: row.try_get("body")?,
                })
            })
            .collect()
    }
}
