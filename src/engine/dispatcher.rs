//! The dispatcher: one select loop that owns every unit, and one synchronous `handle` that decides.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};

use crate::domain::{Entry, Fact, Line, Outcome, Reason, Settlement};
use crate::engine::claim::{Claimed, claim};
use crate::engine::context::Context;
use crate::engine::event::{Event, Listener, Snapshot};
use crate::engine::settings::{EngineSettings, Work};
use crate::engine::stop::{Signal, Stage, StopReason};
use crate::engine::tally::Tally;
use crate::engine::unit::{Unit, UnitEnd};
use crate::pace::Pace;
use crate::port::{Directory, Journal, JournalError, Subject};

/// Users that are claimed with one commit, at most.
const CLAIM: usize = 64;
/// Units for each request that may be in flight: while one unit's answer is made durable, or it waits
/// to try again, another one sends.
const UNITS_PER_SLOT: usize = 2;
/// How often listeners hear that time has passed.
const TICK: Duration = Duration::from_millis(250);
/// Reports from units that may queue up.
const REPORTS: usize = 256;

/// How a run ended.
#[derive(Debug)]
pub struct Ending {
    /// Why it stopped early; `None` if nothing was left to do.
    pub stopped: Option<StopReason>,
    /// Where things stood.
    pub snapshot: Snapshot,
    /// Users whose unit panicked.
    pub panics: u64,
}

/// The run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nothing can be recorded, so nothing more may be sent.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Works on a job until nothing is left or something stops it.
///
/// Every task is joined before this returns. Signals come in through `signals`; a closed channel
/// means that none will come.
///
/// # Errors
/// The journal failed. Users in flight are in doubt, as after a crash.
pub async fn run<D: Directory, J: Journal>(
    work: Work,
    settings: EngineSettings,
    directory: Arc<D>,
    journal: J,
    pace: Arc<Pace>,
    signals: mpsc::Receiver<Signal>,
    listener: &mut dyn Listener,
) -> Result<Ending, EngineError> {
    let (reports, inbox) = mpsc::channel(REPORTS);
    let context = Context::new(directory, journal, pace, settings, work.change, reports);
    let context = Arc::new(context);
    let mut dispatcher = Dispatcher::new(context, work, listener);
    let ended = dispatcher.work(signals, inbox).await;
    // After a failure units may still be under way: nobody is left behind.
    dispatcher.units.shutdown().await;
    ended?;
    let snapshot = dispatcher.snapshot();
    dispatcher.listener.on(&Event::Ended(snapshot.clone()));
    Ok(Ending {
        stopped: dispatcher.reason,
        snapshot,
        panics: dispatcher.tally.panics,
    })
}

type Claiming = Pin<Box<dyn Future<Output = Result<Claimed, JournalError>> + Send>>;
type UnitResult = Result<UnitEnd, JournalError>;

/// What the select loop can meet with.
enum Incoming {
    Claimed(Result<Claimed, JournalError>),
    Unit(Result<(Id, UnitResult), JoinError>),
    Report(Event),
    Signal(Signal),
    GraceOver,
    Tick,
}

struct Dispatcher<'a, D, J> {
    context: Arc<Context<D, J>>,
    listener: &'a mut dyn Listener,
    units: JoinSet<UnitResult>,
    /// Whom each unit works for, since a panic does not say.
    at_work: HashMap<Id, Subject>,
    /// Claimed users that no unit works for yet.
    ready: VecDeque<(Subject, bool)>,
    claiming: Option<Claiming>,
    /// The last line that was claimed.
    cursor: Line,
    more: bool,
    stage: Stage,
    reason: Option<StopReason>,
    grace_until: Option<Instant>,
    tally: Tally,
}

impl<'a, D: Directory, J: Journal> Dispatcher<'a, D, J> {
    fn new(context: Arc<Context<D, J>>, work: Work, listener: &'a mut dyn Listener) -> Self {
        Self {
            context,
            listener,
            units: JoinSet::new(),
            at_work: HashMap::new(),
            ready: VecDeque::new(),
            claiming: None,
            cursor: Line(0),
            more: true,
            stage: Stage::Running,
            reason: None,
            grace_until: None,
            tally: Tally::new(work),
        }
    }

    async fn work(
        &mut self,
        mut signals: mpsc::Receiver<Signal>,
        mut reports: mpsc::Receiver<Event>,
    ) -> Result<(), JournalError> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut signals_open = true;
        let started = self.snapshot();
        self.listener.on(&Event::Started(started));
        loop {
            self.fill();
            if self.units.is_empty() && self.claiming.is_none() && self.ready.is_empty() {
                while let Ok(report) = reports.try_recv() {
                    self.listener.on(&report);
                }
                return Ok(());
            }
            let grace_until = self.grace_until;
            let incoming = tokio::select! {
                biased;
                signal = signals.recv(), if signals_open => {
                    let Some(signal) = signal else {
                        signals_open = false;
                        continue;
                    };
                    Incoming::Signal(signal)
                }
                // Before the units that sent them: what hindered a user is told before the outcome.
                Some(report) = reports.recv() => Incoming::Report(report),
                Some(joined) = self.units.join_next_with_id() => Incoming::Unit(joined),
                claimed = poll_claim(&mut self.claiming), if self.claiming.is_some() => {
                    self.claiming = None;
                    Incoming::Claimed(claimed)
                }
                () = until(grace_until), if grace_until.is_some() => Incoming::GraceOver,
                _ = tick.tick() => Incoming::Tick,
            };
            let entries = self.handle(incoming)?;
            if !entries.is_empty() {
                self.context.journal.record(entries).await?;
            }
        }
    }

    /// Takes in one thing that happened; returns what the journal must know before work goes on.
    fn handle(&mut self, incoming: Incoming) -> Result<Vec<Entry>, JournalError> {
        match incoming {
            Incoming::Claimed(claimed) => {
                let claimed = claimed?;
                self.more = claimed.more;
                if let Some((last, _)) = claimed.subjects.last() {
                    self.cursor = last.line;
                }
                self.ready.extend(claimed.subjects);
                if self.stage > Stage::Running {
                    return Ok(self.give_back());
                }
            }
            Incoming::Unit(Ok((id, result))) => {
                let subject = self.at_work.remove(&id);
                return Ok(self.unit_ended(subject, result?));
            }
            Incoming::Unit(Err(error)) => {
                let line = self.at_work.remove(&error.id()).map(|subject| subject.line);
                return Ok(self.unit_panicked(line, error));
            }
            Incoming::Report(event) => self.listener.on(&event),
            Incoming::Signal(signal) => {
                return Ok(self.stop(StopReason::Signal(signal)));
            }
            Incoming::GraceOver => {
                if let Some(reason) = self.reason.clone() {
                    return Ok(self.stop(reason));
                }
            }
            Incoming::Tick => {
                let snapshot = self.snapshot();
                self.listener.on(&Event::Tick(snapshot));
            }
        }
        Ok(Vec::new())
    }

    /// Starts units for claimed users, and claims more in good time.
    fn fill(&mut self) {
        if self.stage > Stage::Running {
            return;
        }
        let concurrency = self.context.settings.concurrency.get();
        while self.units.len() < UNITS_PER_SLOT * concurrency
            && let Some((subject, begun)) = self.ready.pop_front()
        {
            let unit = Unit::new(Arc::clone(&self.context), subject.clone(), begun);
            let handle = self.units.spawn(unit.run());
            self.at_work.insert(handle.id(), subject);
        }
        let batch = concurrency.min(CLAIM);
        if self.more && self.claiming.is_none() && self.ready.len() < batch {
            let context = Arc::clone(&self.context);
            self.claiming = Some(Box::pin(claim(context, self.cursor, batch)));
        }
    }

    fn unit_ended(&mut self, subject: Option<Subject>, end: UnitEnd) -> Vec<Entry> {
        match end {
            UnitEnd::Settled(settlement) => {
                self.tally.settled(settlement.outcome);
                if let Some(Subject { line, user, .. }) = subject {
                    self.listener.on(&Event::Settled {
                        line,
                        user,
                        settlement,
                    });
                }
                Vec::new()
            }
            UnitEnd::Released(Some(reason)) if self.stage == Stage::Running => self.stop(reason),
            UnitEnd::Released(_) => Vec::new(),
        }
    }

    /// A panic is a bug in the program; it costs this user's certainty and nobody else's.
    fn unit_panicked(&mut self, line: Option<Line>, error: JoinError) -> Vec<Entry> {
        let message = panic_message(error);
        let outcome = Outcome::InDoubt(Reason::Bug);
        self.tally.panics += 1;
        self.tally.settled(outcome);
        let Some(line) = line else {
            return Vec::new();
        };
        self.listener.on(&Event::Panicked {
            line,
            message: message.clone(),
        });
        vec![Entry {
            line,
            at: self.context.settings.clock.now(),
            fact: Fact::Settled(Settlement {
                outcome,
                after: None,
                detail: Some(message),
            }),
        }]
    }

    /// Drains at the first call, aborts at the second, or when the grace of the first is over.
    fn stop(&mut self, reason: StopReason) -> Vec<Entry> {
        let abort = self.stage > Stage::Running;
        self.listener.on(&Event::Stopping {
            reason: reason.clone(),
            abort,
            in_flight: self.context.in_flight(),
        });
        if abort {
            self.abort();
            return Vec::new();
        }
        self.stage = Stage::Drain;
        self.reason = Some(reason);
        // A grace too long to be named has no end.
        self.grace_until = Instant::now().checked_add(self.context.settings.grace);
        self.context.drain.cancel();
        self.give_back()
    }

    fn abort(&mut self) {
        self.stage = Stage::Abort;
        self.grace_until = None;
        self.context.abort.cancel();
    }

    /// Returns the users that were claimed and that no unit works for.
    fn give_back(&mut self) -> Vec<Entry> {
        let at = self.context.settings.clock.now();
        self.ready
            .drain(..)
            .map(|(subject, _)| Entry {
                line: subject.line,
                at,
                fact: Fact::Released {
                    attempts: subject.attempts,
                    in_doubt: subject.in_doubt,
                    why: "the run was stopped".to_owned(),
                },
            })
            .collect()
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            requests: self.context.requests.load(Ordering::Relaxed),
            in_flight: self.context.in_flight(),
            waiting: self.context.waiting(),
            pace: self.context.pace.present(),
            ..self.tally.snapshot()
        }
    }
}

async fn poll_claim(claiming: &mut Option<Claiming>) -> Result<Claimed, JournalError> {
    match claiming {
        Some(claiming) => claiming.await,
        None => std::future::pending().await,
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

fn panic_message(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(payload) => payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or_else(|| "the program failed without a message".to_owned()),
        Err(error) => error.to_string(),
    }
}
