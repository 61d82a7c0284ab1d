//! Loading a roster: all of it in one transaction, or none of it.

use serde_json::json;
use sqlx::{Connection, Row, Sqlite, SqliteConnection, Transaction};

use crate::domain::{Change, Clock, Goal, IdRule, JobId, UserId, name_key};
use crate::ledger::job::read_job;
use crate::ledger::record::{EventRow, append_events, set_aside};
use crate::ledger::{Job, Ledger, LedgerError};

/// Rows that go to SQLite as one statement: enough to make the statement's own cost small, little
/// enough to keep memory flat.
const CHUNK: usize = 512;

/// How many ids a refusal shows of each kind.
const SHOWN: i64 = 5;

/// What makes a job.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// SHA-256 of target, change and roster digest.
    pub key: String,
    /// The SCIM base URL.
    pub target: String,
    /// What is asked for every user.
    pub change: Change,
    /// The roster, as an absolute path.
    pub roster_path: String,
    /// SHA-256 of the roster's bytes.
    pub roster_digest: String,
    /// The roster's column names.
    pub roster_header: Vec<String>,
    /// How the provider compares ids.
    pub ids: IdRule,
    /// How the roster was read, and by which profile: a JSON object.
    pub reading: serde_json::Value,
    /// The job that this one takes back.
    pub parent: Option<i64>,
}

/// One roster line.
#[derive(Debug, Clone)]
pub struct NewLine {
    /// Where the record begins.
    pub line: u64,
    /// Whom it names.
    pub names: Names,
    /// The e-mail address or user name that the roster gives.
    pub user_name: Option<String>,
    /// What this user is to have, where the change does not say.
    pub goal: Option<Goal>,
    /// The roster's own columns.
    pub cells: Vec<String>,
}

/// Whom a roster line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// The user with this id.
    Id(UserId),
    /// The user whose `userName` this is; the id is found when the user is looked up.
    UserName(String),
    /// No user: the line cannot be used.
    Nobody(Unusable),
}

/// Why a line cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// A stable code.
    pub reason: &'static str,
    /// For people.
    pub detail: String,
}

/// A roster on its way into the ledger. Dropping it leaves the ledger as it was.
#[derive(Debug)]
pub struct Loading<'ledger> {
    transaction: Transaction<'ledger, Sqlite>,
    job: i64,
    ids: IdRule,
    clock: Clock,
    chunk: Vec<serde_json::Value>,
}

/// What was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// The new job.
    pub job: Job,
    /// Lines that name a user whom an earlier line names.
    pub duplicates: u64,
}

/// How a roster differs from the one that an unfinished job was loaded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Users that only the new roster names.
    pub added: u64,
    /// The first of them.
    pub added_sample: Vec<String>,
    /// Users that only the old roster names.
    pub removed: u64,
    /// The first of them.
    pub removed_sample: Vec<String>,
}

impl Ledger {
    /// Begins to load a job.
    pub async fn load(&mut self, new: &NewJob) -> Result<Loading<'_>, LedgerError> {
        let clock = self.clock;
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let job = sqlx::query(
            // A number is never used again: events that were pruned might be taken for these.
            "INSERT INTO jobs (number, id, key, target, change, roster_path, roster_digest,
                               roster_header, lines, users, created_at_ms, parent, ids, reading)
             SELECT 1 + max(coalesce((SELECT max(number) FROM jobs), 0),
                            coalesce((SELECT max(job) FROM pruned), 0)),
                    ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?",
        )
        .bind(JobId::generate().as_str())
        .bind(&new.key)
        .bind(&new.target)
        .bind(new.change.to_string())
        .bind(&new.roster_path)
        .bind(&new.roster_digest)
        .bind(json!(new.roster_header).to_string())
        .bind(clock.now().as_millis())
        .bind(new.parent)
        .bind(new.ids.as_str())
        .bind(new.reading.to_string())
        .execute(&mut *transaction)
        .await?
        .last_insert_rowid();
        Ok(Loading {
            transaction,
            job,
            ids: new.ids,
            clock,
            chunk: Vec::with_capacity(CHUNK),
        })
    }
}

impl Loading<'_> {
    /// Takes one line.
    pub async fn push(&mut self, line: NewLine) -> Result<(), LedgerError> {
        let goal = line.goal.map(|goal| json!(goal).to_string());
        self.chunk.push(match line.names {
            Names::Id(user) => json!({
                "line": line.line, "id": user.as_str(), "key": self.ids.key(user.as_str()),
                "status": "pending",
                "name": line.user_name, "cells": json!(line.cells).to_string(), "goal": goal,
            }),
            Names::UserName(name) => json!({
                "line": line.line, "name_key": name_key(&name), "status": "pending",
                "name": line.user_name, "cells": json!(line.cells).to_string(), "goal": goal,
            }),
            Names::Nobody(why) => json!({
                "line": line.line, "status": "invalid", "reason": why.reason,
                "detail": why.detail, "name": line.user_name,
                "cells": json!(line.cells).to_string(),
            }),
        });
        if self.chunk.len() == CHUNK {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), LedgerError> {
        let rows = serde_json::Value::Array(std::mem::take(&mut self.chunk)).to_string();
        sqlx::query(
            "INSERT INTO users (job, line, user_id, user_key, name_key, status, reason, detail,
                                user_name, roster_name, cells, goal)
             SELECT ?, value ->> 'line', value ->> 'id', value ->> 'key', value ->> 'name_key',
                    value ->> 'status', value ->> 'reason', value ->> 'detail', value ->> 'name',
                    value ->> 'name', value ->> 'cells', value ->> 'goal'
             FROM json_each(?)",
        )
        .bind(self.job)
        .bind(rows)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Finds the duplicates, fixes the numbers and makes the job durable.
    pub async fn commit(mut self) -> Result<Loaded, LedgerError> {
        self.flush().await?;
        let duplicates = mark_duplicates(&mut self.transaction, self.job).await?;
        sqlx::query(
            "UPDATE jobs SET
                lines = (SELECT count(*) FROM users WHERE job = ?1),
                users = (SELECT count(*) FROM users WHERE job = ?1 AND status = 'pending')
             WHERE number = ?1",
        )
        .bind(self.job)
        .execute(&mut *self.transaction)
        .await?;
        let row = sqlx::query("SELECT * FROM jobs WHERE number = ?")
            .bind(self.job)
            .fetch_one(&mut *self.transaction)
            .await?;
        let job = read_job(&row)?;
        let loaded = EventRow {
            line: None,
            at: self.clock.now(),
            kind: "job_loaded",
            body: json!({
                "job": job.id.as_str(), "target": job.target, "change": job.change.to_string(),
                "roster_digest": job.roster_digest, "lines": job.lines, "users": job.users,
                "ids": job.ids.as_str(), "reading": job.reading,
                "version": env!("CARGO_PKG_VERSION"),
            })
            .to_string(),
        };
        let at = loaded.at;
        append_events(&mut self.transaction, self.job, None, &[loaded]).await?;
        set_aside(&mut self.transaction, self.job, None, at).await?;
        self.transaction.commit().await?;
        Ok(Loaded { job, duplicates })
    }

    /// Compares what was loaded so far with an older job, and leaves the ledger as it was.
    pub async fn compare(mut self, older: &Job) -> Result<Difference, LedgerError> {
        self.flush().await?;
        let (added, added_sample) = self.only_in(self.job, older.number).await?;
        let (removed, removed_sample) = self.only_in(older.number, self.job).await?;
        self.transaction.rollback().await?;
        Ok(Difference {
            added,
            added_sample,
            removed,
            removed_sample,
        })
    }

    async fn only_in(&mut self, here: i64, there: i64) -> Result<(u64, Vec<String>), LedgerError> {
        // One query for each kind of key, so that each finds its index.
        let rows = sqlx::query(
            "WITH alone AS (
                 SELECT user_key AS key, user_id AS who, line FROM users AS mine
                 WHERE job = ?1 AND name_key IS NULL AND user_key IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM users AS other
                     WHERE other.job = ?2 AND other.user_key = mine.user_key)
                 UNION ALL
                 SELECT name_key, user_name, line FROM users AS mine
                 WHERE job = ?1 AND name_key IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM users AS other
                     WHERE other.job = ?2 AND other.name_key = mine.name_key))
             SELECT min(who) AS id, count(*) OVER () AS total FROM alone
             GROUP BY key ORDER BY min(line) LIMIT ?3",
        )
        .bind(here)
        .bind(there)
        .bind(SHOWN)
        .fetch_all(&mut *self.transaction)
        .await?;
        let total = match rows.first() {
            Some(row) => super::job::unsigned(row, "total")?,
            None => 0,
        };
        let sample = rows
            .iter()
            .map(|row| row.try_get("id"))
            .collect::<Result<_, _>>()?;
        Ok((total, sample))
    }
}

/// Marks lines that name a user whom an earlier line names, by id or by name; returns how many.
pub(super) async fn mark_duplicates(
    connection: &mut SqliteConnection,
    job: i64,
) -> Result<u64, LedgerError> {
    let by_id = sqlx::query(
        "UPDATE users SET status = 'duplicate', detail = 'the same user as line ' || first.line
         FROM (SELECT user_key, min(line) AS line FROM users
               WHERE job = ?1 AND user_key IS NOT NULL
               GROUP BY user_key HAVING count(*) > 1) AS first
         WHERE users.job = ?1 AND users.user_key = first.user_key
               AND users.line > first.line AND users.status = 'pending'",
    )
    .bind(job)
    .execute(&mut *connection)
    .await?;
    let by_name = sqlx::query(
        "UPDATE users SET status = 'duplicate', detail = 'the same user as line ' || first.line
         FROM (SELECT name_key, min(line) AS line FROM users
               WHERE job = ?1 AND name_key IS NOT NULL
               GROUP BY name_key HAVING count(*) > 1) AS first
         WHERE users.job = ?1 AND users.name_key = first.name_key
               AND users.line > first.line AND users.status = 'pending'",
    )
    .bind(job)
    .execute(connection)
    .await?;
    Ok(by_id.rows_affected() + by_name.rows_affected())
}
