//! The crew: all jobs that a worker is at work on, and the loop that takes orders and says what became of them.
//!
//! While the database is away the jobs end by themselves, since they can store nothing, and nothing is sent. The crew
//! waits for the database, says then what it could not say before, and takes orders again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::task::{Id, JoinError, JoinSet, LocalSet};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;

use crate::domain::{DatabaseAddress, JobId, LedgerAddress};
use crate::engine::Signal;
use crate::job::Signals;
use crate::ledger::{
    HeldLease, Job, LedgerError, OrderBell, OrderBook, OrderState, Reader, SharedReader,
};
use crate::worker::fate::{Fate, SOON, wait_before_try};
use crate::worker::metrics::WorkerMetrics;
use crate::worker::ordered_work::{OrderedWork, WorkEnd};
use crate::worker::target_folder::WorkerTarget;

/// How often the ledger is looked at without a call: a call may be lost, and an order may be due again.
const EVERY: Duration = Duration::from_secs(5);

/// How long a look at the ledger may take before its connection is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// The time between two attempts to reach the database.
const RECONNECT: Duration = Duration::from_secs(2);

/// What a worker starts from.
#[derive(Debug)]
pub(crate) struct CrewSettings {
    /// The ledger.
    pub(crate) ledger: DatabaseAddress,
    /// The targets that the worker can work on.
    pub(crate) targets: Vec<WorkerTarget>,
    /// Jobs at the same time, at most.
    pub(crate) jobs: usize,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Crew {
    ledger: DatabaseAddress,
    targets: Vec<Arc<WorkerTarget>>,
    jobs: usize,
    metrics: Arc<WorkerMetrics>,
    /// The connection that is called when an order may be free; `None` while the database is away.
    bell: Option<OrderBell>,
    /// What reads the users of all jobs; `None` while the database is away.
    reader: Option<SharedReader>,
    /// The connection of the orders, also while it is broken: what renews the leases goes on.
    book: Option<OrderBook>,
    at_work: BTreeMap<Id, JobAtWork>,
    tasks: JoinSet<WorkEnd>,
    /// What became of orders, where the ledger does not say it yet.
    unsaid: Vec<Ended>,
    is_draining: bool,
    /// Whether it was said that the database is away.
    is_away: bool,
    /// Why the worker cannot go on, once the jobs have drained.
    fatal: Option<LedgerError>,
}

/// A job that a task works on.
#[derive(Debug)]
struct JobAtWork {
    job: Job,
    lease: Arc<HeldLease>,
    tries: u64,
    stop: mpsc::Sender<Signal>,
    /// Whether it was told that it is cancelled: a second signal would abandon its requests in flight.
    is_cancelled: bool,
    target: Arc<WorkerTarget>,
}

/// A job that no task works on any more.
#[derive(Debug)]
struct Ended {
    job: Job,
    /// It is given back once the ledger says what became of the order.
    lease: Arc<HeldLease>,
    tries: u64,
    fate: Fate,
}

impl Crew {
    /// A crew that has not begun.
    pub(crate) fn new(settings: CrewSettings, metrics: Arc<WorkerMetrics>) -> Self {
        Self {
            ledger: settings.ledger,
            targets: settings.targets.into_iter().map(Arc::new).collect(),
            jobs: settings.jobs,
            metrics,
            bell: None,
            reader: None,
            book: None,
            at_work: BTreeMap::new(),
            tasks: JoinSet::new(),
            unsaid: Vec::new(),
            is_draining: false,
            is_away: false,
            fatal: None,
        }
    }

    /// Takes orders and works on them until a signal comes. Then the jobs drain, and this returns.
    ///
    /// # Errors
    /// The database holds no ledger that this version can use. A database that cannot be reached is waited for.
    pub(crate) async fn work(self, signals: Signals) -> Result<(), LedgerError> {
        LocalSet::new().run_until(self.take_orders(signals)).await
    }

    async fn take_orders(mut self, mut signals: Signals) -> Result<(), LedgerError> {
        let mut next_look = Instant::now();
        loop {
            if self.is_draining && self.tasks.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                signal = signals.next() => self.drain(signal),
                Some(ended) = self.tasks.join_next_with_id() => {
                    self.note_end(ended);
                    next_look = Instant::now();
                }
                rung = rung(self.bell.as_mut()) => {
                    if let Err(error) = rung {
                        self.lose(&error);
                        next_look = Instant::now() + RECONNECT;
                    } else {
                        next_look = Instant::now();
                    }
                }
                () = sleep_until(next_look), if self.fatal.is_none() => {
                    let looked = tokio::select! {
                        looked = timeout(PATIENCE, self.look()) => Some(looked),
                        signal = signals.next() => {
                            self.drain(signal);
                            None
                        }
                    };
                    next_look = Instant::now() + match looked {
                        Some(Ok(Ok(()))) => EVERY,
                        Some(Ok(Err(error))) => {
                            if error.may_pass() {
                                self.lose(&error);
                            } else {
                                tracing::error!(%error, "the worker cannot go on");
                                self.stop_jobs(Signal::Terminate);
                                self.fatal = Some(error);
                            }
                            RECONNECT
                        }
                        Some(Err(_)) => {
                            self.lose(&"it does not answer");
                            RECONNECT
                        }
                        // The statement was cut off: its connection is not used again.
                        None => {
                            self.bell = None;
                            Duration::ZERO
                        }
                    };
                }
            }
        }
        // What cannot be said now is found out by the next worker, which finds nothing left to do.
        if !self.unsaid.is_empty() {
            let said = timeout(PATIENCE, self.look()).await;
            if !matches!(said, Ok(Ok(()))) {
                tracing::warn!("the ledger does not say what became of the last orders");
            }
        }
        self.fatal.map_or(Ok(()), Err)
    }

    /// Tells all jobs to stop, and takes no more orders.
    fn drain(&mut self, signal: Signal) {
        tracing::info!(
            signal = signal.as_str(),
            jobs = self.at_work.len(),
            "draining"
        );
        self.stop_jobs(signal);
    }

    /// Tells all jobs to stop. No more orders are taken.
    fn stop_jobs(&mut self, signal: Signal) {
        let is_first = !std::mem::replace(&mut self.is_draining, true);
        for job in self.at_work.values() {
            if is_first && job.is_cancelled {
                continue;
            }
            // A job whose channel is full was told often enough.
            let _ = job.stop.try_send(signal);
        }
    }

    /// Takes note that a task has ended.
    fn note_end(&mut self, ended: Result<(Id, WorkEnd), JoinError>) {
        let (id, WorkEnd { fate, got_on }) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                let why = "a bug of this program: see the log of the worker".to_owned();
                (error.id(), WorkEnd::of(Fate::Stopped(why)))
            }
        };
        let Some(job) = self.at_work.remove(&id) else {
            return;
        };
        if matches!(fate, Fate::Again(_)) {
            // A connection may be lost of which this does not know yet.
            self.bell = None;
        }
        let (order, why) = fate.in_words();
        tracing::info!(job = %job.job.id, target = job.target.name, order, why, "no task works on the job any more");
        self.metrics.of(&job.target.name).rest();
        self.metrics.show_jobs(self.at_work.len());
        self.unsaid.push(Ended {
            job: job.job,
            lease: job.lease,
            tries: if got_on { 0 } else { job.tries },
            fate,
        });
    }

    /// The database was lost.
    fn lose(&mut self, why: &dyn std::fmt::Display) {
        if std::mem::replace(&mut self.is_away, true) {
            tracing::debug!(%why, "the database is still away");
        } else {
            tracing::warn!(%why, "the database is away: waiting for it");
        }
        self.bell = None;
        self.metrics.show_connected(false);
    }

    /// Looks at the ledger: says what became of orders, stops jobs that were cancelled, and takes orders.
    async fn look(&mut self) -> Result<(), LedgerError> {
        self.connect().await?;
        self.say_what_became().await?;
        let Some(book) = &mut self.book else {
            return Ok(());
        };
        let jobs: Vec<&JobId> = self.at_work.values().map(|one| &one.job.id).collect();
        let cancelled = book.cancelled_among(&jobs).await?;
        for one in self.at_work.values_mut() {
            if cancelled.contains(&one.job.id) && !one.is_cancelled {
                one.is_cancelled = true;
                let _ = one.stop.try_send(Signal::Cancel);
            }
        }
        // A connection that nobody has used for a while may be lost without a word.
        if let Some(reader) = &self.reader
            && let Ok(mut reader) = reader.try_lock()
        {
            reader.probe().await?;
        }
        while !self.is_draining && self.at_work.len() < self.jobs {
            if !self.take_one().await? {
                break;
            }
        }
        if let Some(book) = &mut self.book {
            self.metrics.show_backlog(book.backlog().await?);
        }
        for one in self.at_work.values() {
            self.metrics.of(&one.target.name).show_lease(&one.lease);
        }
        Ok(())
    }

    /// Takes one order and begins to work on it; `false` if there is none that it can take.
    async fn take_one(&mut self) -> Result<bool, LedgerError> {
        let is_busy = |target: &WorkerTarget| {
            let jobs = self.at_work.values().map(|one| &one.job.target);
            let mut busy = jobs.chain(self.unsaid.iter().map(|one| &one.job.target));
            busy.any(|busy| *busy == target.served.target)
        };
        let free = self.targets.iter().filter(|target| !is_busy(target));
        let served: Vec<_> = free.map(|target| target.served.clone()).collect();
        let (Some(book), Some(reader)) = (&mut self.book, &self.reader) else {
            return Ok(false);
        };
        let Some(taken) = book.take(&served).await? else {
            return Ok(false);
        };
        let is_meant = |target: &&Arc<WorkerTarget>| target.served.target == taken.job.target;
        let Some(target) = self.targets.iter().find(is_meant).cloned() else {
            return Ok(false);
        };
        let (stop, stopped) = mpsc::channel(8);
        let span = tracing::info_span!("target", target = target.name);
        let work = OrderedWork {
            order: taken.order.clone(),
            job: taken.job.clone(),
            lease: Arc::clone(&taken.lease),
            target: Arc::clone(&target),
            ledger: self.ledger.clone(),
            reader: Arc::clone(reader),
            metrics: self.metrics.of(&target.name),
            hidden: self
                .targets
                .iter()
                .filter_map(|one| one.secret_variable.clone())
                .collect(),
        };
        let task = self
            .tasks
            .spawn_local(work.carry_out(stopped).instrument(span));
        let at_work = JobAtWork {
            job: taken.job,
            lease: taken.lease,
            tries: taken.order.tries,
            stop,
            is_cancelled: false,
            target,
        };
        self.at_work.insert(task.id(), at_work);
        self.metrics.show_jobs(self.at_work.len());
        Ok(true)
    }

    /// Connects, if there is no connection that works.
    async fn connect(&mut self) -> Result<(), LedgerError> {
        if self.bell.is_some() {
            return Ok(());
        }
        match &mut self.book {
            Some(book) => book.reconnect(&self.ledger).await?,
            None => self.book = Some(OrderBook::open(&self.ledger).await?),
        }
        let reader = Reader::open(LedgerAddress::from(self.ledger.clone())).await?;
        self.reader = Some(Arc::new(Mutex::new(reader)));
        self.bell = Some(OrderBell::listen(&self.ledger).await?);
        self.is_away = false;
        tracing::info!("connected to the ledger");
        self.metrics.show_connected(true);
        Ok(())
    }

    /// Stores what became of the orders whose jobs have ended, and gives their leases back.
    async fn say_what_became(&mut self) -> Result<(), LedgerError> {
        let Some(book) = &mut self.book else {
            return Ok(());
        };
        while let Some(ended) = self.unsaid.last() {
            let (job, token) = (&ended.job, ended.lease.token);
            match &ended.fate {
                Fate::Done(why) => {
                    book.settle(job, token, OrderState::Done, why.as_deref())
                        .await?;
                }
                Fate::Stopped(why) => {
                    book.settle(job, token, OrderState::Stopped, Some(why))
                        .await?;
                }
                Fate::Postponed(why) => {
                    let wait = wait_before_try(ended.tries);
                    book.postpone(job, token, why, wait, ended.tries + 1)
                        .await?;
                }
                Fate::Again(why) => book.postpone(job, token, why, SOON, ended.tries).await?,
                Fate::Left => {}
            }
            self.unsaid.pop();
        }
        Ok(())
    }
}

/// Waits for a call; for ever without a connection.
async fn rung(bell: Option<&mut OrderBell>) -> Result<(), LedgerError> {
    match bell {
        Some(bell) => bell.rung().await,
        None => std::future::pending().await,
    }
}
