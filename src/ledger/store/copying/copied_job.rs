//! A job in another ledger: with its runs, its users, its plan and its events, and with the jobs that take it back.
//!
//! The chain is compared link by link while it is copied. What a look-up has found of lines that several users may fit,
//! and how far it has come in the list, is not copied: the next look-up begins anew.

use std::collections::{HashMap, VecDeque};

use crate::domain::{EventParts, NO_HASH, Timestamp, link};
use crate::ledger::sql::{Count, Json, SqlConnection, query, query_scalar};
use crate::ledger::store::copying::copied_table::{
    CopiedRow, CopiedTable, EVENTS, PLAN_PAGES, RUNS, USERS,
};
use crate::ledger::{Job, Ledger, LedgerError};

/// Rows that are read, and stored, at a time.
const PAGE: usize = 512;

const INSERT: &str = "
    INSERT INTO jobs (number, id, key, target, change, roster_path, roster_digest, roster_header, lines,
                      users, created_at_ms, parent, planned_at_ms, plan_digest, to_write, looked_up,
                      canary_at_ms, ids, reading, retries, retry_to_write, retry_active, retry_disabled,
                      retry_run, claimed_to)
    SELECT 1 + max(used.number), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
           ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24
    FROM (SELECT number FROM jobs UNION ALL SELECT job FROM pruned UNION ALL SELECT 0) AS used
    RETURNING number";

/// The columns of a job that [`Job`] does not hold.
const REST: &str = "SELECT key, claimed_to FROM jobs WHERE number = ?";

const RUN_NUMBERS: &str = "SELECT id, number FROM runs WHERE job = ?";

const IS_THERE: &str = "
    SELECT EXISTS (SELECT 1 FROM jobs WHERE id = ?1) OR EXISTS (SELECT 1 FROM pruned WHERE id = ?1)";

/// What was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CopiedJobs {
    /// The job, and those that take it back.
    pub(crate) jobs: usize,
    /// Roster lines of all of them.
    pub(crate) lines: u64,
    /// Events of all of them.
    pub(crate) events: u64,
}

/// The rows of one table of a job, one after the other.
struct RowStream {
    job: i64,
    rows: VecDeque<CopiedRow>,
    after: i64,
}

impl RowStream {
    fn new(job: i64) -> Self {
        Self {
            job,
            rows: VecDeque::new(),
            after: 0,
        }
    }

    /// The place of the next row, if there is one.
    async fn place(
        &mut self,
        table: &CopiedTable,
        connection: &mut SqlConnection,
    ) -> Result<Option<i64>, LedgerError> {
        if self.rows.is_empty() {
            let page = table.page(connection, self.job, self.after, PAGE).await?;
            self.rows = page.into();
            self.after = self.rows.back().map_or(self.after, |row| row.place);
        }
        Ok(self.rows.front().map(|row| row.place))
    }
}

/// A job on its way: its numbers in the two ledgers, and the end of its chain so far.
struct Moving {
    from: i64,
    to: i64,
    /// The ids of its runs, by their numbers in the first ledger.
    run_ids: HashMap<i64, String>,
    head: String,
}

impl Moving {
    /// Compares an event with its hash. Events from before there were chains have none.
    fn follow(&mut self, event: &CopiedRow) -> Result<(), LedgerError> {
        let Some(hash) = event.of("hash").as_str() else {
            return Ok(());
        };
        let run = event.of("run").as_i64();
        let parts = EventParts {
            seq: event.of("seq").as_u64(),
            at: Timestamp::from_millis(event.of("at_ms").as_i64().unwrap_or_default()),
            run: run
                .and_then(|run| self.run_ids.get(&run))
                .map(String::as_str),
            line: event.line().map(|line| line.0),
            kind: event.of("kind").as_str().unwrap_or_default(),
            body: event.of("body").as_str().unwrap_or_default(),
        };
        if link(&self.head, &parts.text()) != hash {
            return Err(LedgerError::BrokenChain(
                event.of("seq").as_u64().unwrap_or(0),
            ));
        }
        hash.clone_into(&mut self.head);
        Ok(())
    }
}

impl Ledger {
    /// Copies a job, and the jobs that take it back, into another ledger: all of it in one transaction, or nothing.
    ///
    /// # Errors
    /// The other ledger knows the job already; the chain of a job does not hold; or a ledger cannot be read or written.
    pub(crate) async fn copy_job(
        &mut self,
        job: &Job,
        other: &mut Self,
    ) -> Result<CopiedJobs, LedgerError> {
        let mut family = vec![job.clone()];
        family.extend(self.undos_of(job).await?);
        let mut copied = CopiedJobs::default();
        let ledger = other.address().to_string();
        let mut into = other.begin_new_job().await?;
        let mut moving: Vec<Moving> = Vec::new();
        for one in &family {
            if query_scalar(IS_THERE)
                .bind(&one.id)
                .fetch_one(&mut into)
                .await?
            {
                let job = one.id.to_string();
                return Err(LedgerError::Present { job, ledger });
            }
            let parent = moving.first().map(|parent| parent.to);
            let to = insert_job(&mut self.connection, &mut into, one, parent).await?;
            moving.push(Moving {
                from: one.number,
                to,
                run_ids: HashMap::new(),
                head: NO_HASH.to_owned(),
            });
            copied.jobs += 1;
        }
        // The numbers of runs and of events say in which order they came, over all these jobs.
        self.merge(&RUNS, &mut moving, &mut into, &HashMap::new())
            .await?;
        let runs = self.run_numbers(&mut moving, &mut into).await?;
        copied.events = self.merge(&EVENTS, &mut moving, &mut into, &runs).await?;
        for one in &moving {
            for table in [&USERS, &PLAN_PAGES] {
                let rows = self.transfer(table, one, &mut into, &runs).await?;
                copied.lines += if table.name == USERS.name { rows } else { 0 };
            }
        }
        for (one, moved) in family.iter().zip(&moving) {
            let run = one.retry.and_then(|retry| retry.run);
            if let Some(run) = run.and_then(|run| runs.get(&run)) {
                query("UPDATE jobs SET retry_run = ? WHERE number = ?")
                    .bind(*run)
                    .bind(moved.to)
                    .execute(&mut into)
                    .await?;
            }
        }
        into.commit().await?;
        Ok(copied)
    }

    /// Copies the rows of one table of several jobs in the order of their places. Returns how many there were.
    async fn merge(
        &mut self,
        table: &CopiedTable,
        moving: &mut [Moving],
        into: &mut SqlConnection,
        runs: &HashMap<i64, i64>,
    ) -> Result<u64, LedgerError> {
        let mut streams: Vec<_> = moving.iter().map(|one| RowStream::new(one.from)).collect();
        let mut rows = 0;
        loop {
            let mut first: Option<(i64, usize)> = None;
            for (nth, stream) in streams.iter_mut().enumerate() {
                if let Some(place) = stream.place(table, &mut self.connection).await? {
                    first = first.min(Some((place, nth))).or(Some((place, nth)));
                }
            }
            let Some((_, nth)) = first else {
                return Ok(rows);
            };
            // Rows of one job that come before those of all others are stored together.
            let others = streams.iter().enumerate();
            let others = others.filter(|(other, _)| *other != nth);
            let next = others.filter_map(|(_, stream)| stream.rows.front().map(|row| row.place));
            let limit = next.min().unwrap_or(i64::MAX);
            let mut batch = Vec::new();
            while let Some(row) = streams[nth].rows.pop_front_if(|row| row.place < limit) {
                if table.name == EVENTS.name {
                    moving[nth].follow(&row)?;
                }
                batch.push(row);
            }
            let run = |run: i64| runs.get(&run).copied();
            table.store(into, moving[nth].to, &batch, run).await?;
            rows += batch.len() as u64;
        }
    }

    /// Copies the rows of one table of one job. Returns how many there were.
    async fn transfer(
        &mut self,
        table: &CopiedTable,
        moving: &Moving,
        into: &mut SqlConnection,
        runs: &HashMap<i64, i64>,
    ) -> Result<u64, LedgerError> {
        let (mut after, mut rows) = (0, 0);
        loop {
            let page = table
                .page(&mut self.connection, moving.from, after, PAGE)
                .await?;
            let Some(last) = page.last() else {
                return Ok(rows);
            };
            after = last.place;
            let run = |run: i64| runs.get(&run).copied();
            table.store(into, moving.to, &page, run).await?;
            rows += page.len() as u64;
        }
    }

    /// The numbers that the runs of these jobs have in the other ledger, by those that they have here.
    async fn run_numbers(
        &mut self,
        moving: &mut [Moving],
        into: &mut SqlConnection,
    ) -> Result<HashMap<i64, i64>, LedgerError> {
        let mut numbers = HashMap::new();
        for one in moving {
            let here: Vec<(String, i64)> = query(RUN_NUMBERS)
                .bind(one.from)
                .fetch_all(&mut self.connection)
                .await?;
            let there: Vec<(String, i64)> = query(RUN_NUMBERS).bind(one.to).fetch_all(into).await?;
            let there: HashMap<_, _> = there.into_iter().collect();
            for (id, number) in here {
                if let Some(other) = there.get(&id) {
                    numbers.insert(number, *other);
                }
                one.run_ids.insert(number, id);
            }
        }
        Ok(numbers)
    }
}

/// Stores the row of a job in the other ledger, and returns its number there.
async fn insert_job(
    from: &mut SqlConnection,
    into: &mut SqlConnection,
    job: &Job,
    parent: Option<i64>,
) -> Result<i64, LedgerError> {
    let (key, claimed_to): (String, i64) = query(REST).bind(job.number).fetch_one(from).await?;
    let plan = job.plan.as_ref();
    let extent = job.retry.and_then(|retry| retry.extent);
    let number = query_scalar(INSERT)
        .bind(&job.id)
        .bind(key)
        .bind(&job.target)
        .bind(&job.change)
        .bind(&job.roster_path)
        .bind(&job.roster_digest)
        .bind(Json(&job.roster_header))
        .bind(Count(job.lines))
        .bind(Count(job.users))
        .bind(job.created_at)
        .bind(parent)
        .bind(plan.map(|plan| plan.at))
        .bind(plan.map(|plan| plan.digest.as_str()))
        .bind(plan.map(|plan| Count(plan.to_write)))
        .bind(plan.map(|plan| plan.looked_up.as_str()))
        .bind(job.canary_at)
        .bind(job.ids)
        .bind(job.reading.as_ref().map(Json))
        .bind(Count(job.retry.map_or(0, |retry| retry.number)))
        .bind(extent.map(|extent| Count(extent.users)))
        .bind(extent.map(|extent| Count(extent.active)))
        .bind(extent.map(|extent| Count(extent.disabled)))
        .bind(None::<i64>)
        .bind(claimed_to)
        .fetch_one(into)
        .await?;
    Ok(number)
}
