//! Loading a roster: all of it in one transaction, or none of it. A roster that has changed under an unfinished job
//! is compared with the job, and not stored.

use std::borrow::Cow;

use crate::domain::{Clock, IdRule, JobId, Line, Status, name_key};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{
    BoundValues, Count, Json, RowsSql, Sql, Transaction, query, query_scalar,
};
use crate::ledger::store::events::{append_events, set_aside};
use crate::ledger::store::jobs::job_row::JOB;
use crate::ledger::store::looks::mark_duplicates;
use crate::ledger::{Difference, Job, Ledger, LedgerError, Loaded, Names, NewJob, NewLine};

/// Lines that are stored together: little enough to keep memory flat.
const CHUNK: usize = 512;

/// Rows of the temporary table that go to SQLite as one statement.
const COMPARED_CHUNK: usize = 128;

/// How many ids a refusal shows of each kind.
const SHOWN: i64 = 5;

/// A roster on its way into the ledger. Dropping it leaves the ledger as it was.
#[derive(Debug)]
pub struct Loading<'ledger> {
    transaction: Transaction<'ledger>,
    job: i64,
    ids: IdRule,
    clock: Clock,
    chunk: Vec<NewLine>,
}

// A number is never used again: events that were pruned might be taken for these.
const INSERT_JOB: &str = "
    INSERT INTO jobs (number, id, key, target, change, roster_path, roster_digest,
                      roster_header, lines, users, created_at_ms, parent, ids, reading)
    SELECT 1 + max(used.number), ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?
    FROM (SELECT number FROM jobs UNION ALL SELECT job FROM pruned UNION ALL SELECT 0) AS used
    RETURNING number";

/// Line, id, key of the id, key of the name, status, reason, detail, name, cells, goal.
const INSERT_USERS: RowsSql = RowsSql {
    before: "
    INSERT INTO users (job, line, user_id, user_key, name_key, status, reason, detail,
                       user_name, roster_name, cells, goal, is_open)
    SELECT ?, column1, column2, column3, column4, column5, column6, column7, column8, column8, column9,
           column10, CASE WHEN column5 = 'pending' THEN 1 END
    FROM",
    columns: 10,
    after: Sql::same("WHERE column1 IS NOT NULL"),
};

const STORE_NUMBERS: &str = "
    UPDATE jobs SET
        lines = (SELECT count(*) FROM users WHERE job = ?1),
        users = (SELECT count(*) FROM users WHERE job = ?1 AND is_open = 1)
    WHERE number = ?1";

/// A roster that is compared with a job: its users, each line with the key by which they compare. The table is in
/// SQLite's temporary database, so that a comparison writes nothing into the ledger.
const CREATE_COMPARED: &str = "
    CREATE TEMP TABLE compared_users (
        by_name BIGINT NOT NULL, -- 1 if the key is that of a name, 0 if it is that of an id
        key     TEXT   NOT NULL,
        who     TEXT   NOT NULL, -- as the roster spells it
        line    BIGINT NOT NULL)";

/// By name, key, user, line.
const INSERT_COMPARED: RowsSql = RowsSql {
    before: "
    INSERT INTO compared_users (by_name, key, who, line)
    SELECT column1, column2, column3, column4 FROM",
    columns: 4,
    after: Sql::same("WHERE column1 IS NOT NULL"),
};

/// Made when all users are stored: sorting them once costs less than keeping an index in order.
const INDEX_COMPARED: Sql = Sql::twin(
    "CREATE INDEX temp.compared_users_by_key ON compared_users (by_name, key, line, who)",
    "CREATE INDEX compared_users_by_key ON compared_users (by_name, key, line, who)",
);

/// The first users that the compared roster names and the job does not, as the first of their lines spells them, and
/// how many there are. One part for each kind of key, so that each finds its index.
const ADDED: &str = "
    WITH alone AS (
        SELECT by_name, key, min(line) AS line FROM compared_users
        WHERE by_name = 0 AND NOT EXISTS (
            SELECT 1 FROM users WHERE job = ?1 AND user_key = compared_users.key)
        GROUP BY by_name, key
        UNION ALL
        SELECT by_name, key, min(line) FROM compared_users
        WHERE by_name = 1 AND NOT EXISTS (
            SELECT 1 FROM users WHERE job = ?1 AND name_key = compared_users.key)
        GROUP BY by_name, key)
    SELECT (SELECT min(who) FROM compared_users AS one
            WHERE one.by_name = alone.by_name AND one.key = alone.key AND one.line = alone.line) AS who,
           count(*) OVER () AS total
    FROM alone ORDER BY line LIMIT ?2";

/// The first users that the job names and the compared roster does not, and how many there are.
const REMOVED: &str = "
    WITH alone AS (
        SELECT user_key AS key, min(line) AS line FROM users
        WHERE job = ?1 AND name_key IS NULL AND user_key IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM compared_users WHERE by_name = 0 AND key = users.user_key)
        GROUP BY user_key
        UNION ALL
        SELECT name_key, min(line) FROM users
        WHERE job = ?1 AND name_key IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM compared_users WHERE by_name = 1 AND key = users.name_key)
        GROUP BY name_key)
    SELECT (SELECT CASE WHEN name_key IS NULL THEN user_id ELSE user_name END FROM users AS one
            WHERE one.job = ?1 AND one.line = alone.line) AS who,
           count(*) OVER () AS total
    FROM alone ORDER BY line LIMIT ?2";

impl Ledger {
    /// Begins to load a job.
    ///
    /// # Errors
    /// The ledger cannot be written, for example on a full disk. Then nothing of this is stored.
    pub async fn load(&mut self, new: &NewJob) -> Result<Loading<'_>, LedgerError> {
        let clock = self.clock;
        let mut transaction = self.begin_new_job().await?;
        let job = query_scalar(INSERT_JOB)
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
            .fetch_one(&mut transaction)
            .await?;
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
        query(STORE_NUMBERS)
            .bind(self.job)
            .execute(&mut self.transaction)
            .await?;
        let job: Job = query(JOB)
            .bind(self.job)
            .fetch_one(&mut self.transaction)
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
}

/// A roster on its way through a comparison with the job that was loaded from the same file earlier. Dropping it
/// leaves no trace in the ledger.
#[derive(Debug)]
pub struct Comparing<'ledger> {
    transaction: Transaction<'ledger>,
    job: i64,
    ids: IdRule,
    chunk: Vec<ComparedUser>,
}

/// A row of the temporary table.
#[derive(Debug)]
struct ComparedUser {
    by_name: bool,
    key: String,
    who: String,
    line: u64,
}

impl Ledger {
    /// Begins to compare a roster with a job. Ids are compared as the job compares them.
    ///
    /// # Errors
    /// No temporary table can be made.
    pub async fn compare(&mut self, job: &Job) -> Result<Comparing<'_>, LedgerError> {
        let mut transaction = self.connection.begin_temporary().await?;
        query(CREATE_COMPARED).execute(&mut transaction).await?;
        Ok(Comparing {
            transaction,
            job: job.number,
            ids: job.ids,
            chunk: Vec::with_capacity(COMPARED_CHUNK),
        })
    }
}

impl Comparing<'_> {
    /// Takes the user of one line.
    pub async fn push(&mut self, line: u64, names: Names) -> Result<(), LedgerError> {
        let (by_name, key, who) = match names {
            Names::Id(user) => {
                let who = user.as_str().to_owned();
                (false, self.ids.key(&who).into_owned(), who)
            }
            Names::UserName(name) => (true, name_key(&name), name),
            Names::NoUser(_) => return Ok(()),
        };
        self.chunk.push(ComparedUser {
            by_name,
            key,
            who,
            line,
        });
        if self.chunk.len() == COMPARED_CHUNK {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), LedgerError> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let bind = |values: &mut BoundValues, user: &ComparedUser| {
            values.push(user.by_name);
            values.text(&user.key);
            values.text(&user.who);
            values.push(Line(user.line));
        };
        INSERT_COMPARED
            .execute(&mut self.transaction, &[], &self.chunk, bind, &[])
            .await?;
        self.chunk.clear();
        Ok(())
    }

    /// What the roster and the job do not have in common.
    pub async fn finish(mut self) -> Result<Difference, LedgerError> {
        self.flush().await?;
        query(INDEX_COMPARED).execute(&mut self.transaction).await?;
        let (added, added_sample) = self.alone(ADDED).await?;
        let (removed, removed_sample) = self.alone(REMOVED).await?;
        self.transaction.rollback().await?;
        Ok(Difference {
            added,
            added_sample,
            removed,
            removed_sample,
        })
    }

    async fn alone(&mut self, sql: &'static str) -> Result<(u64, Vec<String>), LedgerError> {
        let rows: Vec<(String, Count)> = query(sql)
            .bind(self.job)
            .bind(SHOWN)
            .fetch_all(&mut self.transaction)
            .await?;
        let total = rows.first().map_or(0, |(_, Count(total))| *total);
        Ok((total, rows.into_iter().map(|(who, _)| who).collect()))
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

#[cfg(test)]
mod tests {
    use macro_rules_attribute::apply;
    use sqlx::{AssertSqlSafe, Row};

    use super::*;
    use crate::ledger::RunKind;
    use crate::ledger::testing::{LedgerBed, TestStore, id, on_each_store};

    fn named(name: &str) -> Names {
        Names::UserName(name.to_owned())
    }

    async fn difference(bed: &mut LedgerBed, names: Vec<Names>) -> Difference {
        let mut comparing = bed.ledger.compare(&bed.job).await.unwrap();
        for (line, names) in (2..).zip(names) {
            comparing.push(line, names).await.unwrap();
        }
        comparing.finish().await.unwrap()
    }

    fn expected(added: (u64, &[&str]), removed: (u64, &[&str])) -> Difference {
        let sample = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Difference {
            added: added.0,
            added_sample: sample(added.1),
            removed: removed.0,
            removed_sample: sample(removed.1),
        }
    }

    #[apply(on_each_store)]
    async fn a_roster_is_compared_by_users_and_not_by_spellings_or_lines(store: TestStore) {
        let old = vec![id("aa"), id("bb"), named("Ada@x.com"), named("eve@x.com")];
        let mut bed = LedgerBed::within(store, IdRule::IgnoreCase, RunKind::Plan, old).await;
        let unusable = Names::NoUser(crate::ledger::Unusable {
            reason: "empty",
            detail: "empty id".to_owned(),
        });
        // Another order, other spellings, and a line twice.
        let same = ["EVE@x.com", "ada@X.com"].map(named).into_iter();
        let same: Vec<_> = same
            .chain(["BB", "bB", "AA"].map(id))
            .chain([unusable])
            .collect();
        let none = expected((0, &[]), (0, &[]));
        assert_eq!(difference(&mut bed, same).await, none);
        let other = ["z9", "Z9", "y8", "bb"].map(id).into_iter();
        let other = other.chain([named("Bob@x.com"), named("ada@x.com")]);
        assert_eq!(
            difference(&mut bed, other.collect()).await,
            expected((3, &["z9", "y8", "Bob@x.com"]), (2, &["aa", "eve@x.com"]))
        );
        let many = (0..1000).map(|n| id(&format!("n{n}"))).collect();
        let found = difference(&mut bed, many).await;
        let first = ["n0", "n1", "n2", "n3", "n4"];
        let all = ["aa", "bb", "Ada@x.com", "eve@x.com"];
        assert_eq!(found, expected((1000, &first), (4, &all)));
        // Neither the table nor the transaction is left.
        assert_eq!(bed.ledger.find_jobs("key").await.unwrap().len(), 1);
        let gone = query("SELECT 1 FROM compared_users").execute(&mut bed.ledger.connection);
        gone.await.unwrap_err();
    }

    #[tokio::test]
    async fn the_cost_of_a_comparison_does_not_grow_with_the_square_of_the_roster() {
        let mut bed = LedgerBed::new(IdRule::Exact, RunKind::Plan, vec![id("a")]).await;
        let comparing = bed.ledger.compare(&bed.job).await.unwrap();
        let mut transaction = comparing.transaction;
        query(INDEX_COMPARED)
            .execute(&mut transaction)
            .await
            .unwrap();
        let asked = "compared_users_by_key (by_name=? AND key=?)";
        for (sql, probes) in [
            (
                ADDED,
                [
                    "users_by_key (job=? AND user_key=?)",
                    "users_by_name (job=? AND name_key=?)",
                ],
            ),
            (REMOVED, [asked, asked]),
        ] {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let rows = sqlx::query(explain)
                .bind(1)
                .bind(SHOWN)
                .fetch_all(transaction.sqlite().unwrap())
                .await
                .unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
            // For each user of one side the other side is asked for that key, by its index.
            let mut steps = plan
                .iter()
                .skip_while(|step| !step.starts_with("CORRELATED"));
            for probe in probes {
                let step = steps.find(|step| step.contains("users_by_"));
                let is_probe =
                    step.is_some_and(|step| step.starts_with("SEARCH ") && step.ends_with(probe));
                assert!(is_probe, "{probe}: {plan:?}");
                steps.by_ref().find(|step| step.starts_with("CORRELATED"));
            }
        }
    }
}
