//! The crew: all jobs that a worker is at work on, and the loop that takes orders and reports their ends.
//!
//! While the database is away the jobs end by themselves, since they can store nothing, and nothing is sent. The crew
//! waits for the database, reports then what it could not report before, and takes orders again.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::task::{Id, JoinError, JoinSet, LocalSet};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;

use crate::domain::{DatabaseAddress, JobId, LedgerAddress};
use crate::engine::Signal;
use crate::job::Signals;
use crate::ledger::{HeldLease, Job, LedgerError, OrderBook, OrderListener, Reader, SharedReader};
use crate::worker::fate::Fate;
use crate::worker::metrics::WorkerMetrics;
use crate::worker::ordered_work::{OrderedWork, WorkEnd};
use crate::worker::target_folder::WorkerTarget;

/// How often the ledger is looked at without a notification: one may be lost, and an order may be due again.
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
    /// The connection that is notified when an order may be free; `None` while the database is away.
    listener: Option<OrderListener>,
    /// What reads the users of all jobs; `None` while the database is away.
    reader: Option<SharedReader>,
    /// The connection of the orders, also while it is broken: what renews the leases goes on.
    book: Option<OrderBook>,
    at_work: BTreeMap<Id, JobAtWork>,
    tasks: JoinSet<WorkEnd>,
    /// Jobs whose end the ledger does not know yet.
    unreported: Vec<EndedJob>,
    is_draining: bool,
    /// Whether the log says that the database is away.
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
    /// Whether the signal for a cancelled order was sent: a second one would abandon its requests in flight.
    is_cancelled: bool,
    target: Arc<WorkerTarget>,
}

/// A job that no task works on any more. Its lease is given back once the ledger says what has become of the order.
#[derive(Debug)]
struct EndedJob {
    job: JobAtWork,
    end: WorkEnd,
}

impl Crew {
    /// A crew that has not begun.
    pub(crate) fn new(settings: CrewSettings, metrics: Arc<WorkerMetrics>) -> Self {
        Self {
            ledger: settings.ledger,
            targets: settings.targets.into_iter().map(Arc::new).collect(),
            jobs: settings.jobs,
            metrics,
            listener: None,
            reader: None,
            book: None,
            at_work: BTreeMap::new(),
            tasks: JoinSet::new(),
            unreported: Vec::new(),
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
                notified = notified(self.listener.as_mut()) => {
                    if let Err(error) = notified {
                        self.lose(&error);
                        next_look = Instant::now() + RECONNECT;
                    } else {
                        next_look = Instant::now();
                    }
                }
                () = sleep_until(next_look), if self.fatal.is_none() => {
                    let mut heard = None;
                    let looked = {
                        let mut looking = pin!(timeout(PATIENCE, self.look()));
                        loop {
                            // A look that was cut off may leave a lease behind that nobody gives back.
                            tokio::select! {
                                looked = &mut looking => break looked,
                                signal = signals.next(), if heard.is_none() => heard = Some(signal),
                            }
                        }
                    };
                    if let Some(signal) = heard {
                        self.drain(signal);
                    }
                    next_look = Instant::now() + self.after_look(looked);
                }
            }
        }
        // What cannot be reported now is found out by the next worker, which finds nothing left to do.
        if !self.unreported.is_empty() {
            let reported = timeout(PATIENCE, self.look()).await;
            if !matches!(reported, Ok(Ok(()))) {
                tracing::warn!("the ledger does not know the end of the last orders");
            }
        }
        self.fatal.map_or(Ok(()), Err)
    }

    /// Takes note of how a look ended, and gives the time until the next one.
    fn after_look(&mut self, looked: Result<Result<(), LedgerError>, Elapsed>) -> Duration {
        match looked {
            Ok(Ok(())) => return EVERY,
            Ok(Err(error)) if error.may_pass() => self.lose(&error),
            Ok(Err(error)) => {
                tracing::error!(%error, "the worker cannot go on");
                self.stop_jobs(Signal::Terminate);
                self.fatal = Some(error);
            }
            Err(_) => self.lose(&"it does not answer"),
        }
        RECONNECT
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
            // A channel is full only if the job has not read several signals.
            let _ = job.stop.try_send(signal);
        }
    }

    /// Takes note that a task has ended.
    fn note_end(&mut self, ended: Result<(Id, WorkEnd), JoinError>) {
        let (id, end) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                let why = "a bug of this program: see the log of the worker".to_owned();
                (error.id(), WorkEnd::of(Fate::Stopped(why)))
            }
        };
        let Some(job) = self.at_work.remove(&id) else {
            return;
        };
        if matches!(end.fate, Fate::Again(_)) {
            // A connection may be lost of which this does not know yet.
            self.listener = None;
        }
        let (order, why) = end.fate.in_words();
        tracing::info!(job = %job.job.id, target = job.target.name, order, why, "no task works on the job any more");
        self.metrics.of(&job.target.name).reset();
        self.metrics.show_jobs(self.at_work.len());
        self.unreported.push(EndedJob { job, end });
    }

    /// The database was lost.
    fn lose(&mut self, why: &dyn std::fmt::Display) {
        if std::mem::replace(&mut self.is_away, true) {
            tracing::debug!(%why, "the database is still away");
        } else {
            tracing::warn!(%why, "the database is away: waiting for it");
        }
        self.listener = None;
        self.metrics.show_connected(false);
    }

    /// Looks at the ledger: reports ends, stops jobs that were cancelled, and takes orders.
    async fn look(&mut self) -> Result<(), LedgerError> {
        self.connect().await?;
        self.report_ends().await?;
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
            let mut busy = jobs.chain(self.unreported.iter().map(|one| &one.job.job.target));
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
        if self.listener.is_some() {
            return Ok(());
        }
        match &mut self.book {
            Some(book) => book.reconnect(&self.ledger).await?,
            None => self.book = Some(OrderBook::open(&self.ledger).await?),
        }
        let reader = Reader::open(LedgerAddress::from(self.ledger.clone())).await?;
        self.reader = Some(Arc::new(Mutex::new(reader)));
        self.listener = Some(OrderListener::listen(&self.ledger).await?);
        self.is_away = false;
        tracing::info!("connected to the ledger");
        self.metrics.show_connected(true);
        Ok(())
    }

    /// Stores what has become of the orders whose jobs have ended, and gives their leases back.
    async fn report_ends(&mut self) -> Result<(), LedgerError> {
        let Some(book) = &mut self.book else {
            return Ok(());
        };
        while let Some(EndedJob { job, end }) = self.unreported.last() {
            let tries = if end.made_progress { 0 } else { job.tries };
            if let Some(report) = end.fate.report(tries) {
                book.report(&job.job, job.lease.token, &report).await?;
            }
            self.unreported.pop();
        }
        Ok(())
    }
}

/// Waits for a notification; for ever without a connection.
async fn notified(listener: Option<&mut OrderListener>) -> Result<(), LedgerError> {
    match listener {
        Some(listener) => listener.notified().await,
        None => std::future::pending().await,
    }
}
