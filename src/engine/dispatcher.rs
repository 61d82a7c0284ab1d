//! The dispatcher: one select loop that owns every unit, and one synchronous `handle` that decides.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::domain::{Entry, Fact, Line, Outcome, Reason, Settlement, UserId};
use crate::engine::breaker::Breaker;
use crate::engine::claim::{Claim, Claimed};
use crate::engine::context::Context;
use crate::engine::event::{Event, Listener, Snapshot};
use crate::engine::settings::{EngineSettings, Work};
use crate::engine::stop::{Signal, Stage, StopReason};
use crate::engine::tally::Tally;
use crate::engine::unit::{How, UnitEnd};
use crate::pace::Pace;
use crate::port::{Directory, Journal, JournalError};

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
    /// Users that this run has sent the first write for.
    pub written: u64,
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
    signals: &mut mpsc::Receiver<Signal>,
    listener: &mut dyn Listener,
) -> Result<Ending, EngineError> {
    let (reports, inbox) = mpsc::channel(REPORTS);
    let context = Context::new(directory, journal, pace, settings, &work, reports);
    let context = Arc::new(context);
    let mut dispatcher = Dispatcher::new(context, &work, listener);
    let ended = dispatcher.work(signals, inbox).await;
    // After a failure units may still be running: they are aborted, so that none outlives the run.
    dispatcher.units.shutdown().await;
    ended?;
    let snapshot = dispatcher.snapshot();
    dispatcher.listener.on(&Event::Ended(snapshot.clone()));
    Ok(Ending {
        stopped: dispatcher.reason,
        snapshot,
        panics: dispatcher.tally.panics,
        written: dispatcher.written,
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
    ProbeDue,
    Tick,
}

/// Whom a unit works for: a panic does not say.
#[derive(Debug)]
pub(super) struct AtWork {
    pub(super) line: Line,
    pub(super) user: UserId,
    /// No write had been sent for the user when it was claimed.
    pub(super) is_unwritten: bool,
}

pub(super) struct Dispatcher<'a, D, J> {
    pub(super) context: Arc<Context<D, J>>,
    pub(super) listener: &'a mut dyn Listener,
    pub(super) units: JoinSet<UnitResult>,
    pub(super) at_work: HashMap<Id, AtWork>,
    /// Claimed users that no unit works for yet.
    pub(super) ready: VecDeque<Claim>,
    pub(super) claiming: Option<Claiming>,
    /// The last line that was claimed.
    pub(super) cursor: Line,
    pub(super) more: bool,
    /// Users that may be written that no write was sent for before; `None` for all.
    pub(super) write_at_most: Option<u64>,
    /// Users that this run has sent the first write for.
    pub(super) written: u64,
    /// The next user waits until it is known whether those at work use up `write_at_most`.
    pub(super) at_limit: bool,
    pub(super) breaker: Breaker,
    /// Cancelled when units are to give their users back: at a stop, or in an outage. A new one is
    /// made for each probe.
    pub(super) halt: CancellationToken,
    /// The first line that was given back in an outage; work goes on from there.
    pub(super) rewind: Option<Line>,
    pub(super) stage: Stage,
    reason: Option<StopReason>,
    grace_until: Option<Instant>,
    pub(super) tally: Tally,
}

impl<'a, D: Directory, J: Journal> Dispatcher<'a, D, J> {
    fn new(context: Arc<Context<D, J>>, work: &Work, listener: &'a mut dyn Listener) -> Self {
        Self {
            listener,
            units: JoinSet::new(),
            at_work: HashMap::new(),
            ready: VecDeque::new(),
            claiming: None,
            cursor: Line(0),
            more: true,
            write_at_most: work.write_at_most,
            written: 0,
            at_limit: false,
            breaker: Breaker::new(context.settings.concurrency.get()),
            halt: context.drain.child_token(),
            rewind: None,
            stage: Stage::Running,
            context,
            reason: None,
            grace_until: None,
            tally: Tally::new(work),
        }
    }

    async fn work(
        &mut self,
        signals: &mut mpsc::Receiver<Signal>,
        mut reports: mpsc::Receiver<Event>,
    ) -> Result<(), JournalError> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut signals_open = true;
        let started = self.snapshot();
        self.listener.on(&Event::Started(started));
        loop {
            self.fill();
            if self.is_idle() && (self.stage > Stage::Running || !self.is_waiting()) {
                while let Ok(report) = reports.try_recv() {
                    self.listener.on(&report);
                }
                return Ok(());
            }
            let grace_until = self.grace_until;
            let probe_at = self.breaker.next_probe().filter(|_| self.is_idle());
            let incoming = tokio::select! {
                biased;
                signal = signals.recv(), if signals_open => {
                    let Some(signal) = signal else {
                        signals_open = false;
                        continue;
                    };
                    Incoming::Signal(signal)
                }
                () = until(grace_until), if grace_until.is_some() => Incoming::GraceOver,
                _ = tick.tick() => Incoming::Tick,
                // Before the units that sent them: a user's setback is reported before the user's outcome.
                Some(report) = reports.recv() => Incoming::Report(report),
                Some(joined) = self.units.join_next_with_id() => Incoming::Unit(joined),
                claimed = poll_claim(&mut self.claiming), if self.claiming.is_some() => {
                    self.claiming = None;
                    Incoming::Claimed(claimed)
                }
                () = until(probe_at), if probe_at.is_some() => Incoming::ProbeDue,
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
                self.at_limit = claimed.at_limit;
                match claimed.claims.last() {
                    Some(last) => self.cursor = last.subject.line,
                    None if claimed.at_limit => {}
                    None => self.wrap_probes(),
                }
                self.ready.extend(claimed.claims);
                if self.halt.is_cancelled() {
                    return Ok(self.give_back());
                }
            }
            Incoming::Unit(Ok((id, result))) => {
                self.at_limit = false;
                let end = result?;
                return Ok(match self.at_work.remove(&id) {
                    Some(at_work) => self.unit_ended(at_work, end),
                    None => Vec::new(),
                });
            }
            Incoming::Unit(Err(error)) => {
                self.at_limit = false;
                return Ok(match self.at_work.remove(&error.id()) {
                    Some(at_work) => self.unit_panicked(&at_work, error),
                    None => Vec::new(),
                });
            }
            Incoming::Report(event) => {
                self.listener.on(&event);
                return Ok(self.weigh(&event));
            }
            Incoming::Signal(signal) => return Ok(self.signalled(signal)),
            Incoming::GraceOver => {
                if let Some(reason) = self.reason.clone() {
                    self.abort(reason);
                }
            }
            Incoming::ProbeDue => self.probe(),
            Incoming::Tick => {
                let snapshot = self.snapshot();
                let left = self.tally.requests_left(snapshot.requests);
                self.context.pace.expect(left);
                self.listener.on(&Event::Tick(snapshot));
                if let (Stage::Running, Some(reason)) = (self.stage, self.limit_passed()) {
                    return Ok(self.stop(reason));
                }
            }
        }
        Ok(Vec::new())
    }

    fn unit_ended(&mut self, at_work: AtWork, end: UnitEnd) -> Vec<Entry> {
        self.written += u64::from(end.wrote);
        let AtWork { line, user, .. } = at_work;
        match end.how {
            How::Settled(settled) => {
                let settlement = settled.settlement;
                self.tally
                    .settled(line, settlement.outcome, settled.was_seen);
                if settled.answered {
                    self.answered();
                }
                self.listener.on(&Event::Settled {
                    line,
                    user,
                    settlement,
                });
                match (self.stage, self.too_many_failures()) {
                    (Stage::Running, Some(reason)) => self.stop(reason),
                    _ => Vec::new(),
                }
            }
            How::Released(Some(reason)) if self.stage == Stage::Running => self.stop(reason),
            How::Released(_) => {
                self.given_back(Some(line));
                Vec::new()
            }
            How::TargetOut(why) => {
                self.given_back(Some(line));
                self.found_out(line, &why)
            }
        }
    }

    /// A panic is a bug in the program. It leaves this user in doubt, and no other user.
    fn unit_panicked(&mut self, at_work: &AtWork, error: JoinError) -> Vec<Entry> {
        let message = panic_message(error);
        let outcome = Outcome::InDoubt(Reason::Bug);
        let line = at_work.line;
        self.written += u64::from(at_work.is_unwritten);
        self.tally.panics += 1;
        self.tally.settled(line, outcome, true);
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
                decided_by: None,
            }),
        }]
    }

    /// The first signal drains. The next one aborts; but one that comes while the run already ends
    /// for a reason of its own is the first.
    fn signalled(&mut self, signal: Signal) -> Vec<Entry> {
        let reason = StopReason::Signal(signal);
        match self.reason {
            Some(StopReason::Signal(_)) => {
                self.abort(reason);
                Vec::new()
            }
            _ => self.stop(reason),
        }
    }

    /// Stops claiming users. Requests in flight run to their end.
    pub(super) fn stop(&mut self, reason: StopReason) -> Vec<Entry> {
        self.listener.on(&Event::Stopping {
            reason: reason.clone(),
            abort: false,
            in_flight: self.context.in_flight(),
        });
        self.stage = self.stage.max(Stage::Drain);
        self.reason = Some(reason);
        // A grace too long to be named has no end.
        self.grace_until = Instant::now().checked_add(self.context.settings.grace);
        self.context.drain.cancel();
        self.give_back()
    }

    /// Abandons requests in flight: their users are in doubt.
    fn abort(&mut self, reason: StopReason) {
        self.listener.on(&Event::Stopping {
            reason,
            abort: true,
            in_flight: self.context.in_flight(),
        });
        self.stage = Stage::Abort;
        self.grace_until = None;
        self.context.abort.cancel();
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            requests: self.context.requests.load(Ordering::Relaxed),
            in_flight: self.context.in_flight(),
            waiting: self.waiting_out().or_else(|| self.context.waiting()),
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
