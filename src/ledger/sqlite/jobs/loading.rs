//! Loading a roster: all of it in one transaction, or none of it.

use std::borrow::Cow;

use sqlx::{Connection, Sqlite, Transaction};

use crate::domain::{Clock, IdRule, JobId, Status, name_key};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sqlite::events::{append_events, set_aside};
use crate::ledger::sqlite::jobs::job_row::JOB;
use crate::ledger::sqlite::looks::mark_duplicates;
use crate::ledger::sqlite::{BoundValues, Count, Json, RowsSql};
use crate::ledger::{Difference, Job, Ledger, LedgerError, Loaded, Names, NewJob, NewLine};

/// Lines that are stored together: little enough to keep memory flat.
const CHUNK: usize = 512;

/// How many ids a refusal shows of each kind.
const SHOWN: i64 = 5;

/// A roster on its way into the ledger. Dropping it leaves the ledger as it was.
#[derive(Debug)]
pub struct Loading<'ledger> {
    transaction: Transaction<'ledger, Sqlite>,
    job: i64,
    ids: IdRule,
    clock: Clock,
    chunk: Vec<NewLine>,
}

// A number is never used again: events that were pruned might be taken for these.
const INSERT_JOB: &str = "
    INSERT INTO jobs (number, id, key, target, change, roster_path, roster_digest,
                      roster_header, lines, users, created_at_ms, parent, ids, reading)
    SELECT 1 + max(coalesce((SELECT max(number) FROM jobs), 0),
                   coalesce((SELECT max(job) FROM pruned), 0)),
           ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?";

/// Line, id, key of the id, key of the name, status, reason, detail, name, cells, goal.
const INSERT_USERS: RowsSql = RowsSql {
    before: "
    INSERT INTO users (job, line, user_id, user_key, name_key, status, reason, detail,
                       user_name, roster_name, cells, goal)
    SELECT ?, column1, column2, column3, column4, column5, column6, column7, column8, column8, column9,
           column10
    FROM",
    columns: 10,
    after: "",
};

const STORE_NUMBERS: &str = "
    UPDATE jobs SET
        lines = (SELECT count(*) FROM users WHERE job = ?1),
        users = (SELECT count(*) FROM users WHERE job = ?1 AND status = 'pending')
    WHERE number = ?1";

/// The first users that one job names and another does not, and how many there are. One part for each
/// kind of key, so that each finds its index.
const ONLY_IN: &str = "
    WITH alone AS (
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
    GROUP BY key ORDER BY min(line) LIMIT ?3";

impl Ledger {
    /// Begins to load a job.
    ///
    /// # Errors
    /// The ledger cannot be written, for example on a full disk. Then nothing of this is stored.
    pub async fn load(&mut self, new: &NewJob) -> Result<Loading<'_>, LedgerError> {
        let clock = self.clock;
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let job = sqlx::query(INSERT_JOB)
            .bind(JobId::generate())
            .bind(&new.key)
            .bind(&new.target)
            .bind(&new.change)
            .bind(&new.roster_path)
            .bind(&new.roster_digest)
            .bind(Json(&new.roster_header))
            .bind(clock.now())
            .bind(new.parent)
            .bind(new.ids)
            .bind(Json(&new.reading))
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
        self.chunk.push(line);
        if self.chunk.len() == CHUNK {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), LedgerError> {
        let ids = self.ids;
        INSERT_USERS
            .execute(
                &mut self.transaction,
                &[Some(self.job)],
                &self.chunk,
                |values, line| bind_line(values, ids, line),
                &[],
            )
            .await?;
        self.chunk.clear();
        Ok(())
    }

    /// Finds the duplicates, fixes the numbers and makes the job durable.
    pub async fn commit(mut self) -> Result<Loaded, LedgerError> {
        self.flush().await?;
        let duplicates = mark_duplicates(&mut self.transaction, self.job).await?;
        sqlx::query(STORE_NUMBERS)
            .bind(self.job)
            .execute(&mut *self.transaction)
            .await?;
        let job: Job = sqlx::query_as(JOB)
            .bind(self.job)
            .fetch_one(&mut *self.transaction)
            .await?;
        let at = self.clock.now();
        let body = EventBody::JobLoaded {
            change: job.change.to_string().into(),
            ids: Some(job.ids),
            job: job.id.as_str().into(),
            lines: job.lines,
            reading: job.reading.as_ref().map(Cow::Borrowed),
            roster_digest: job.roster_digest.as_str().into(),
            target: job.target.as_str().into(),
            users: job.users,
            version: Some(env!("CARGO_PKG_VERSION").into()),
        };
        let loaded = NewEvent::new(None, at, &body);
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
        let rows: Vec<(String, Count)> = sqlx::query_as(ONLY_IN)
            .bind(here)
            .bind(there)
            .bind(SHOWN)
            .fetch_all(&mut *self.transaction)
            .await?;
        let total = rows.first().map_or(0, |(_, Count(total))| *total);
        Ok((total, rows.into_iter().map(|(id, _)| id).collect()))
    }
}

/// The values of [`INSERT_USERS`] for one line.
fn bind_line(values: &mut BoundValues, ids: IdRule, line: &NewLine) {
    values.push(Count(line.line));
    match &line.names {
        Names::Id(user) => {
            values.text(user.as_str());
            values.text(&ids.key(user.as_str()));
            values.optional(None);
        }
        Names::UserName(name) => {
            values.optional(None);
            values.optional(None);
            values.text(&name_key(name));
        }
        Names::NoUser(_) => (0..3).for_each(|_| values.optional(None)),
    }
    let why = match &line.names {
        Names::NoUser(why) => Some(why),
        Names::Id(_) | Names::UserName(_) => None,
    };
    let status = why.map_or(Status::Pending, |_| Status::Invalid);
    values.text(status.as_str());
    values.optional(why.map(|why| why.reason));
    values.optional(why.map(|why| why.detail.as_str()));
    values.optional(line.user_name.as_deref());
    values.push(Json(&line.cells));
    // An invalid line has no goal.
    let goal = line.goal.as_ref().filter(|_| why.is_none());
    values.push(goal.map(Json));
}
