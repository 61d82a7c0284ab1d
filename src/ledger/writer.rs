//! What owns the writing connection while a run is under way: a task that gathers facts, and a thread that stores them.
//!
//! Group commit: all facts that queued up while the last transaction was being made durable go into the next
//! one, and each sender gets an answer once its facts are safe. While facts come thick and fast, a transaction
//! begins at most once in [`PERIOD`], since each has costs of its own: the trips to SQLite's thread, the pages
//! that it writes, and the wait for the disk. A transaction is made on a thread of its own, so that answers are read
//! and requests are sent meanwhile.

use std::num::NonZeroUsize;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::domain::{Entry, IdRule};
use crate::ledger::journal::ReadFailure;
use crate::ledger::store::commit;
use crate::ledger::{Job, Ledger, LedgerError, LedgerJournal, NewRun};

/// Requests that wait for the writer; senders wait beyond that.
const QUEUE: usize = 1024;
/// Requests that one transaction takes at most.
const BATCH: usize = 256;
/// So many facts make a transaction worth its costs: it begins at once.
const ENOUGH: usize = 64;
/// The time from the beginning of one transaction to that of the next, if few facts come. A fact that comes
/// after a pause does not wait. Other users' requests are sent meanwhile.
const PERIOD: Duration = Duration::from_millis(16);

/// Facts to store, and the sender that waits until they are durable.
#[derive(Debug)]
pub(super) struct StoreRequest {
    pub(super) entries: Vec<Entry>,
    pub(super) done: oneshot::Sender<Result<(), String>>,
}

/// The running tasks. [`Writer::finish`] gives the ledger back.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Gathers facts into batches.
    gathering: JoinSet<()>,
    /// Stores batches, on a thread of its own.
    storing: JoinSet<Result<Ledger, LedgerError>>,
    /// What the journal could not read.
    unread: ReadFailure,
}

impl Writer {
    /// Starts the tasks for one run. Facts go in through the journal. `concurrency` is the number of requests that
    /// may be in flight: when as many facts wait, most users may wait for them.
    pub(crate) async fn start(
        ledger: Ledger,
        job: &Job,
        run: &NewRun,
        concurrency: NonZeroUsize,
    ) -> Result<(Self, LedgerJournal), LedgerError> {
        let reader = ledger.page_reader().await?;
        let lease = ledger.connection.lease();
        let (requests, inbox) = mpsc::channel(QUEUE);
        let guard = ledger.plan_guard.clone();
        let journal = LedgerJournal::new(requests, reader, lease, guard, job);
        let (batches, next) = mpsc::channel(1);
        let (mut gathering, mut storing) = (JoinSet::new(), JoinSet::new());
        let enough = ENOUGH.min(concurrency.get());
        gathering.spawn(gather_batches(inbox, batches, enough));
        let (job, run, ids) = (run.job, run.number, job.ids);
        storing.spawn_blocking(move || store_batches(ledger, next, job, run, ids));
        let unread = journal.failure();
        let writer = Self {
            gathering,
            storing,
            unread,
        };
        Ok((writer, journal))
    }

    /// Waits until everything is stored and all journals are gone, and gives the ledger back.
    ///
    /// # Errors
    /// The first failure to store; facts after it are not in the ledger. Or the first failure to read.
    pub(crate) async fn finish(mut self) -> Result<Ledger, LedgerError> {
        joined(&mut self.gathering).await;
        let ledger = joined(&mut self.storing).await?;
        let unread = self
            .unread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        unread.map_or(Ok(ledger), Err)
    }
}

/// What the only task of a set gives. Its panic goes on here.
async fn joined<T: 'static>(tasks: &mut JoinSet<T>) -> T {
    match tasks.join_next().await {
        Some(Ok(result)) => result,
        Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Some(Err(_)) | None => unreachable!("the task is joined once and never aborted"),
    }
}

/// Gathers requests into one for the thread that stores, and answers each of them once that one is stored. It ends
/// with the last journal, or with the first failure.
async fn gather_batches(
    mut inbox: mpsc::Receiver<StoreRequest>,
    batches: mpsc::Sender<StoreRequest>,
    enough: usize,
) {
    let mut requests = Vec::with_capacity(BATCH);
    let mut earliest = Instant::now();
    while inbox.recv_many(&mut requests, BATCH).await > 0 {
        gather(&mut inbox, &mut requests, enough, earliest).await;
        earliest = Instant::now() + PERIOD;
        let entries = requests.iter_mut().flat_map(|one| one.entries.drain(..));
        let entries = entries.collect();
        let (done, stored) = oneshot::channel();
        // If the thread has ended, `done` is dropped with the batch.
        let _ = batches.send(StoreRequest { entries, done }).await;
        let stopped = |_| Err("the ledger's writer has stopped".to_owned());
        let answer = stored.await.unwrap_or_else(stopped);
        for request in requests.drain(..) {
            // A sender that was dropped no longer cares; its facts are stored all the same.
            let _ = request.done.send(answer.clone());
        }
        if answer.is_err() {
            return;
        }
    }
}

/// Stores each batch in a transaction, until no more can come or one cannot be stored.
fn store_batches(
    mut ledger: Ledger,
    mut batches: mpsc::Receiver<StoreRequest>,
    job: i64,
    run: i64,
    ids: IdRule,
) -> Result<Ledger, LedgerError> {
    let runtime = Handle::current();
    while let Some(StoreRequest { entries, done }) = batches.blocking_recv() {
        let stored = runtime.block_on(store(&mut ledger, job, run, ids, &entries));
        let answer = stored.as_ref().map_err(ToString::to_string);
        // The gathering task waits for it, unless the run was aborted.
        let _ = done.send(answer.copied());
        stored?;
    }
    Ok(ledger)
}

/// Waits for more requests until this moment, or until they have enough facts, or no more can come.
async fn gather(
    inbox: &mut mpsc::Receiver<StoreRequest>,
    requests: &mut Vec<StoreRequest>,
    enough: usize,
    until: Instant,
) {
    let facts = |requests: &[StoreRequest]| -> usize {
        requests.iter().map(|request| request.entries.len()).sum()
    };
    while facts(requests) < enough {
        let left = BATCH - requests.len();
        match timeout_at(until, inbox.recv_many(requests, left)).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return,
        }
    }
}

async fn store(
    ledger: &mut Ledger,
    job: i64,
    run: i64,
    ids: IdRule,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    ledger.is_in_place()?;
    commit(ledger, job, run, ids, entries).await
}

#[cfg(test)]
mod tests {
    use macro_rules_attribute::apply;

    use super::*;
    use crate::domain::Clock;
    use crate::ledger::testing::{LedgerBed, TestStore, id, on_each_store, released};
    use crate::ledger::{Mandate, RunEnding, RunKind, RunTally};
    use crate::port::Journal;

    /// A request to store one fact.
    fn request() -> (StoreRequest, oneshot::Receiver<Result<(), String>>) {
        let (done, stored) = oneshot::channel();
        let entries = vec![released(2, 1)];
        (StoreRequest { entries, done }, stored)
    }

    #[tokio::test(start_paused = true)]
    async fn a_transaction_waits_for_more_facts_only_if_one_has_just_begun() {
        let (sender, mut inbox) = mpsc::channel(QUEUE);
        let start = Instant::now();
        let earliest = start + PERIOD;
        let add = |requests: &mut Vec<_>, many: usize| {
            requests.extend((0..many).map(|_| request().0));
        };
        // Few requests wait until the earliest moment, and take with them what comes meanwhile.
        let mut requests = Vec::new();
        add(&mut requests, 1);
        let late = async {
            tokio::time::sleep(PERIOD / 2).await;
            sender.send(request().0).await.unwrap();
        };
        tokio::join!(gather(&mut inbox, &mut requests, ENOUGH, earliest), late);
        assert_eq!((requests.len(), start.elapsed()), (2, PERIOD));
        // After a pause, nothing waits; neither does enough.
        let now = Instant::now();
        gather(&mut inbox, &mut requests, ENOUGH, earliest).await;
        add(&mut requests, ENOUGH);
        gather(&mut inbox, &mut requests, ENOUGH, now + PERIOD).await;
        assert_eq!(now.elapsed(), Duration::ZERO);
        // Nothing more can come.
        drop(sender);
        requests.truncate(1);
        gather(&mut inbox, &mut requests, ENOUGH, now + PERIOD).await;
        assert_eq!((requests.len(), now.elapsed()), (1, Duration::ZERO));
    }

    #[apply(on_each_store)]
    async fn p7_a_run_that_was_taken_over_writes_nothing_more(store: TestStore) {
        let bed = LedgerBed::within(store, IdRule::Exact, RunKind::Run, vec![id("a1")]).await;
        let address = bed.store.address();
        let (first, job, mine) = (bed.ledger, bed.job, bed.run);
        let (writer, journal) = Writer::start(first, &job, &mine, NonZeroUsize::MIN)
            .await
            .unwrap();

        if let TestStore::Sqlite(dir) = &bed.store {
            std::fs::remove_file(dir.path().join("ledger.db.lock")).unwrap();
        }
        let mut second = Ledger::open(address, Clock::System).await.unwrap();
        let theirs = second
            .start_run(&job, RunKind::Run, &Mandate::of("admin"))
            .await
            .unwrap();
        let refused = journal.record(vec![released(2, 1)]).await.unwrap_err();
        assert!(
            refused.to_string().contains("taken this job over"),
            "{refused}"
        );
        drop(journal);
        assert!(matches!(writer.finish().await, Err(LedgerError::TakenOver)));
        assert!(
            second
                .end_run(&mine, RunEnding::Finished, RunTally::default())
                .await
                .is_err()
        );
        second
            .end_run(&theirs, RunEnding::Finished, RunTally::default())
            .await
            .unwrap();
    }
}
