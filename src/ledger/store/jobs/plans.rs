//! The plan of a job: stored once it is whole, checked before users are claimed, and discarded.
//!
//! The lines of a plan are digested in pages. The digest of the plan covers the digests of the pages, so that a run
//! can check them all at its beginning, and each page only when the first of its users is to be claimed.

use std::borrow::Cow;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256, digest};
use serde_json::Value;
use sqlx::FromRow;
use tokio::sync::Mutex;

use crate::domain::{Entry, Line, hex};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{
    Count, Json, Sql, SqlConnection, query, query_scalar, rows_as_json, twin,
};
use crate::ledger::store::events::{append_events, record};
use crate::ledger::store::looks::forget_candidates;
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
    UPDATE users SET status = 'pending', is_open = 1, reason = NULL, detail = NULL, done_at_ms = NULL,
        confirmed_at_ms = NULL, confirmed_by = NULL, before_at_ms = NULL,
        active_before = NULL, workspaces_before = NULL, active_after = NULL,
        workspaces_after = NULL, http_status = NULL, request_id = NULL, event_hash = NULL,
        shown_name = NULL, addresses = NULL,
        user_id = CASE WHEN name_key IS NULL THEN user_id END,
        user_key = CASE WHEN name_key IS NULL THEN user_key END
    WHERE job = ? AND effect = 'none'
          AND (status <> 'invalid' AND status <> 'duplicate' OR before_at_ms IS NOT NULL)";

/// Lines of a page of a plan.
const PAGE: i64 = 1000;

/// What a plan says of a page of lines, as one text.
macro_rules! page_text {
    ($database:ident) => {
        concat!(
            "SELECT max(line) AS last_line, coalesce(max(run), 0) AS last_run, ",
            rows_as_json!(
                $database,
                "line, user_id, status, CASE WHEN before_at_ms IS NULL THEN 0 ELSE 1 END,
                 active_before, workspaces_before, goal, effect"
            ),
            " AS text
             FROM (SELECT * FROM users WHERE job = ? AND line > ? AND line <= ?
                   ORDER BY line LIMIT ?) AS page"
        )
    };
}

const PAGE_TEXT: Sql = twin!(page_text);

const STORE_PAGE: &str = "INSERT INTO plan_pages (job, last_line, digest) VALUES (?, ?, ?)";

const FORGET_PAGES: &str = "DELETE FROM plan_pages WHERE job = ?";

const PAGES: &str = "SELECT last_line, digest FROM plan_pages WHERE job = ? ORDER BY last_line";

const FIRST_RUN: &str = "SELECT min(number) FROM runs WHERE job = ? AND kind = 'run'";

/// A page of a plan as the ledger holds it now.
#[derive(FromRow)]
struct PageText {
    /// Its last line; `None` if there is no line.
    last_line: Option<Line>,
    /// The last run that touched one of its users.
    last_run: i64,
    text: String,
}

/// A page of a plan.
#[derive(Debug, FromRow)]
struct PlanPage {
    last_line: Line,
    digest: String,
    /// Whether the lines were compared with the digest since the ledger was opened.
    #[sqlx(skip)]
    is_checked: bool,
}

/// What a plan is compared with, page by page, while its users are claimed.
#[derive(Debug)]
pub(in crate::ledger) struct PlanGuard {
    job: i64,
    pages: Vec<PlanPage>,
    /// The first run of the job that wrote, if an earlier process made it. What that run or a later one has touched
    /// is no longer as planned.
    first_run: Option<i64>,
}

impl PlanGuard {
    async fn load(
        connection: &mut SqlConnection,
        job: &Job,
        first_run: Option<i64>,
    ) -> Result<Self, LedgerError> {
        let pages = query(PAGES).bind(job.number).fetch_all(connection).await?;
        Ok(Self {
            job: job.number,
            pages,
            first_run,
        })
    }

    /// The digest of the plan that begins with `header`.
    fn digest(&self, header: &str) -> String {
        plan_digest(header, self.pages.iter().map(|page| page.digest.as_str()))
    }

    /// Compares the pages of these lines with what the ledger holds now. The lines are in their order.
    ///
    /// # Errors
    /// [`LedgerError::OtherPlan`] if they differ, or if no page has a line.
    pub(in crate::ledger) async fn check(
        &mut self,
        connection: &mut SqlConnection,
        lines: &[Line],
    ) -> Result<(), LedgerError> {
        for &line in lines {
            let nth = self.pages.partition_point(|page| page.last_line < line);
            if nth == self.pages.len() {
                return Err(LedgerError::OtherPlan(line, line));
            }
            self.check_page(connection, nth).await?;
        }
        Ok(())
    }

    async fn check_page(
        &mut self,
        connection: &mut SqlConnection,
        nth: usize,
    ) -> Result<(), LedgerError> {
        if self.pages[nth].is_checked {
            return Ok(());
        }
        let before = nth.checked_sub(1).map(|nth| self.pages[nth].last_line);
        let (after, last) = (before.unwrap_or(Line(0)), self.pages[nth].last_line);
        let found = page_text(connection, self.job, after, last, i64::MAX).await?;
        let is_touched = self.first_run.is_some_and(|first| found.last_run >= first);
        if digest_of(&found.text) != self.pages[nth].digest && !is_touched {
            return Err(LedgerError::OtherPlan(Line(after.0 + 1), last));
        }
        self.pages[nth].is_checked = true;
        Ok(())
    }
}

/// The lines after `after` and up to `last`, at most `limit` of them.
async fn page_text(
    connection: &mut SqlConnection,
    job: i64,
    after: Line,
    last: Line,
    limit: i64,
) -> Result<PageText, LedgerError> {
    let mut page: PageText = query(PAGE_TEXT)
        .bind(job)
        .bind(after)
        .bind(last)
        .bind(limit)
        .fetch_one(connection)
        .await?;
    if connection.is_postgres() {
        page.text = compact(&page.text)?;
    }
    Ok(page)
}

/// The text of a page as SQLite spells it, which the digest covers: PostgreSQL puts blanks between the values, and
/// promises no order of the lines.
fn compact(text: &str) -> Result<String, LedgerError> {
    let unreadable = |error: serde_json::Error| LedgerError::value("users", error.to_string());
    let mut lines: Vec<Vec<Value>> = serde_json::from_str(text).map_err(unreadable)?;
    lines.sort_by_key(|line| line.first().and_then(Value::as_u64));
    serde_json::to_string(&lines).map_err(unreadable)
}

fn digest_of(text: &str) -> String {
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}

/// SHA-256 over the header and the digests of the pages, a line each.
fn plan_digest<'a>(header: &'a str, pages: impl Iterator<Item = &'a str>) -> String {
    let mut digest = Context::new(&SHA256);
    for line in std::iter::once(header).chain(pages) {
        digest.update(line.as_bytes());
        digest.update(b"\n");
    }
    hex(digest.finish().as_ref())
}

/// Stores the digest of each page of a plan, and returns the digest of the plan.
async fn store_pages(
    connection: &mut SqlConnection,
    job: i64,
    header: &str,
) -> Result<String, LedgerError> {
    let mut digests: Vec<String> = Vec::new();
    let mut after = Line(0);
    let end = Line(i64::MAX.unsigned_abs());
    while let PageText {
        last_line: Some(last),
        text,
        ..
    } = page_text(connection, job, after, end, PAGE).await?
    {
        let digest = digest_of(&text);
        query(STORE_PAGE)
            .bind(job)
            .bind(last)
            .bind(&digest)
            .execute(&mut *connection)
            .await?;
        digests.push(digest);
        after = last;
    }
    Ok(plan_digest(header, digests.iter().map(String::as_str)))
}

impl Ledger {
    /// Compares the plan of a job that was never run with what the ledger holds: the digests of its pages with its
    /// own digest, and the pages of these lines with their lines. Each other page is compared before the first of
    /// its users is claimed. Returns the digest that was found; `None` if an earlier version made the plan, which
    /// stored no pages.
    ///
    /// # Errors
    /// [`LedgerError::OtherPlan`] if lines differ; or the ledger cannot be read.
    pub async fn check_plan(
        &mut self,
        job: &Job,
        header: &str,
        lines: &[Line],
    ) -> Result<Option<String>, LedgerError> {
        let mut guard = PlanGuard::load(&mut self.connection, job, None).await?;
        if guard.pages.is_empty() {
            return Ok(None);
        }
        let mut lines = lines.to_vec();
        lines.sort_unstable();
        guard.check(&mut self.connection, &lines).await?;
        let found = guard.digest(header);
        self.plan_guard = Some(Arc::new(Mutex::new(guard)));
        Ok(Some(found))
    }

    /// Prepares to compare the plan of a job that was run before, as far as no run has touched it.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn guard_plan(&mut self, job: &Job) -> Result<(), LedgerError> {
        let first_run = query_scalar(FIRST_RUN)
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        let guard = PlanGuard::load(&mut self.connection, job, first_run).await?;
        // Earlier versions stored no pages.
        let guard = (!guard.pages.is_empty()).then(|| Arc::new(Mutex::new(guard)));
        self.plan_guard = guard;
        Ok(())
    }

    /// Compares the pages of a plan from which no user was claimed.
    ///
    /// # Errors
    /// [`LedgerError::OtherPlan`] if lines differ; or the ledger cannot be read.
    pub async fn check_rest_of_plan(&mut self) -> Result<(), LedgerError> {
        let Some(guard) = self.plan_guard.clone() else {
            return Ok(());
        };
        let mut guard = guard.lock().await;
        if guard.first_run.is_some() {
            return Ok(());
        }
        for nth in 0..guard.pages.len() {
            guard.check_page(&mut self.connection, nth).await?;
        }
        Ok(())
    }

    /// How far an interrupted walk through the list has come, as [`Ledger::found`] stored it.
    ///
    /// # Errors
    /// The job is no longer in the ledger, or the ledger cannot be read.
    pub async fn list_position(&mut self, job: &Job) -> Result<Option<String>, LedgerError> {
        let position = query_scalar("SELECT list_position FROM jobs WHERE number = ?")
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
        let mut transaction = self.begin(job.number).await?;
        record(&mut transaction, job.number, run.number, job.ids, entries).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The plan is whole. Its digest begins with `header`, and covers each line. Returns the job with its plan.
    ///
    /// # Errors
    /// The ledger cannot be written, and then nothing of this is stored; or the job cannot be read back
    /// afterwards.
    pub async fn finish_plan(
        &mut self,
        job: &Job,
        run: &NewRun,
        header: &str,
        to_write: u64,
        looked_up: &Value,
    ) -> Result<Job, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.begin(job.number).await?;
        let digest = store_pages(&mut transaction, job.number, header).await?;
        query(STORE_PLAN)
            .bind(now)
            .bind(&digest)
            .bind(Count(to_write))
            .bind(Json(looked_up))
            .bind(job.number)
            .execute(&mut transaction)
            .await?;
        forget_candidates(&mut transaction, job.number).await?;
        let body = EventBody::Planned {
            digest: digest.as_str().into(),
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
        let mut transaction = self.begin(job.number).await?;
        for sql in [FORGET_PLANNED_USERS, FORGET_PAGES, FORGET_PLAN] {
            query(sql)
                .bind(job.number)
                .execute(&mut transaction)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::num::NonZeroUsize;

    use macro_rules_attribute::apply;
    use serde_json::json;

    use super::*;
    use crate::domain::{Fact, IdRule, Timestamp, UserState};
    use crate::ledger::testing::{LedgerBed, TestStore, id, on_each_store};
    use crate::ledger::{Mandate, RunKind, Writer};
    use crate::port::Journal;

    const HEADER: &str = "header";

    /// A ledger with a plan of three pages, of which the last is not full.
    async fn planned(store: &TestStore) -> LedgerBed {
        let names = (2..2502).map(|line| id(&format!("a{line}"))).collect();
        let mut bed = LedgerBed::within(store.another(), IdRule::Exact, RunKind::Plan, names).await;
        let looked_up = |line: u64| Entry {
            line: Line(line),
            at: Timestamp::from_millis(1),
            fact: Fact::LookedUp(UserState {
                active: Some(true),
                workspaces: Some(vec!["w".to_owned()]),
                ..UserState::of(format!("a{line}"))
            }),
        };
        let entries: Vec<_> = (2..2502).map(looked_up).collect();
        let LedgerBed {
            ledger, job, run, ..
        } = &mut bed;
        ledger.note(job, run, &entries).await.unwrap();
        let nothing = json!({});
        let made = ledger.finish_plan(job, run, HEADER, 2500, &nothing);
        *job = made.await.unwrap();
        bed
    }

    impl LedgerBed {
        async fn edit(&mut self, sql: &'static str) {
            let edit = query(sql).execute(&mut self.ledger.connection);
            edit.await.unwrap();
        }
    }

    fn is_other_plan(error: &LedgerError, lines: (u64, u64)) -> bool {
        matches!(error, LedgerError::OtherPlan(Line(from), Line(to)) if (*from, *to) == lines)
    }

    #[apply(on_each_store)]
    async fn p7_each_page_of_a_plan_is_compared_before_its_users_are_claimed(store: TestStore) {
        let mut bed = planned(&store).await;
        let digest = bed.job.plan.clone().unwrap().digest;
        // An edit far behind is not seen yet by what a run does at its beginning.
        bed.edit("UPDATE users SET user_id = 'x' WHERE line = 1500")
            .await;
        let LedgerBed { ledger, job, .. } = &mut bed;
        let found = ledger.check_plan(job, HEADER, &[Line(5)]).await.unwrap();
        assert_eq!(found, Some(digest.clone()));
        let found = ledger.check_plan(job, "other", &[]).await.unwrap();
        assert_ne!(found, Some(digest));
        let error = ledger.check_plan(job, HEADER, &[Line(5), Line(1002)]).await;
        assert!(is_other_plan(&error.unwrap_err(), (1002, 2001)));

        ledger.check_plan(job, HEADER, &[]).await.unwrap();
        let error = ledger.check_rest_of_plan().await.unwrap_err();
        assert!(is_other_plan(&error, (1002, 2001)), "{error}");
        let mandate = Mandate::default();
        let run = ledger.start_run(job, RunKind::Run, &mandate).await.unwrap();
        let (writer, journal) = Writer::start(bed.ledger, &bed.job, &run, NonZeroUsize::MIN)
            .await
            .unwrap();
        let page = journal.page(Line(0), 1000).await.unwrap();
        assert_eq!(page.len(), 1000);
        let error = journal.page(Line(1001), 1).await.unwrap_err();
        assert!(error.to_string().contains("lines 1002 to 2001"), "{error}");
        drop(journal);
        // Whoever started the writer gets the error itself, and not its words.
        let error = writer.finish().await.unwrap_err();
        assert!(is_other_plan(&error, (1002, 2001)), "{error}");
    }

    #[apply(on_each_store)]
    async fn p7_no_line_is_slipped_into_a_plan(store: TestStore) {
        for (sql, lines) in [
            (
                "UPDATE users SET line = 9999 WHERE line = 2501",
                (9999, 9999),
            ),
            (
                "UPDATE users SET line = 9999 WHERE line = 2501",
                (2002, 2501),
            ),
            (
                "UPDATE plan_pages SET last_line = 2400 WHERE last_line = 2501",
                (2002, 2400),
            ),
            ("DELETE FROM users WHERE line = 2300", (2002, 2501)),
            (
                "UPDATE users SET status = 'already' WHERE line = 2300",
                (2002, 2501),
            ),
        ] {
            let mut bed = planned(&store).await;
            bed.edit(sql).await;
            let asked = if lines.0 == 9999 { 9999 } else { 2200 };
            let found = bed
                .ledger
                .check_plan(&bed.job, HEADER, &[Line(asked)])
                .await;
            let error = found.unwrap_err();
            assert!(is_other_plan(&error, lines), "{sql}: {error}");
        }
    }

    #[apply(on_each_store)]
    async fn a_page_that_a_run_has_touched_is_no_longer_as_planned(store: TestStore) {
        let mut bed = planned(&store).await;
        let mandate = Mandate::default();
        let run = bed.ledger.start_run(&bed.job, RunKind::Run, &mandate).await;
        let begun = Entry {
            line: Line(2),
            at: Timestamp::from_millis(2),
            fact: Fact::Begun {
                attempt: 1,
                request: "PATCH".to_owned(),
            },
        };
        let LedgerBed { ledger, job, .. } = &mut bed;
        ledger.note(job, &run.unwrap(), &[begun]).await.unwrap();
        bed.edit("UPDATE users SET user_id = 'x' WHERE line = 1500")
            .await;
        let LedgerBed { ledger, job, .. } = &mut bed;
        ledger.guard_plan(job).await.unwrap();
        let guard = ledger.plan_guard.clone().unwrap();
        let mut guard = guard.lock().await;
        let connection = &mut ledger.connection;
        guard
            .check(connection, &[Line(3), Line(2200)])
            .await
            .unwrap();
        let error = guard.check(connection, &[Line(1100)]).await.unwrap_err();
        assert!(is_other_plan(&error, (1002, 2001)), "{error}");
    }

    #[apply(on_each_store)]
    async fn a_sample_is_drawn_from_the_whole_plan(store: TestStore) {
        let mut bed = planned(&store).await;
        let LedgerBed { ledger, job, .. } = &mut bed;
        let sample = ledger.sample(job, 10).await.unwrap();
        let tenths: BTreeSet<_> = sample.iter().map(|row| (row.line.0 - 2) / 250).collect();
        assert!(tenths.len() >= 5, "{tenths:?}");
        bed.edit("UPDATE users SET status = 'already', is_open = NULL WHERE line > 7")
            .await;
        let LedgerBed { ledger, job, .. } = &mut bed;
        let sample = ledger.sample(job, 10).await.unwrap();
        let lines: Vec<_> = sample.iter().map(|row| row.line.0).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
        assert_eq!(ledger.sample(job, 3).await.unwrap().len(), 3);
    }
}
