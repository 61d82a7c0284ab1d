//! The select loop of a run, and what it does about each thing that happens.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio::time::{Instant, MissedTickBehavior};

use crate::domain::{Entry, Fact, Line, Outcome, Reason, Settlement};
use crate::engine::context::Context;
use crate::engine::dispatcher::breaker::{BreakerChange, TargetFailure};
use crate::engine::dispatcher::claim::{Claim, Claimed, claim};
use crate::engine::dispatcher::outage::Outage;
use crate::engine::dispatcher::queue::Queue;
use crate::engine::dispatcher::stopping::Stopping;
use crate::engine::dispatcher::tally::Tally;
use crate::engine::dispatcher::units::{EndedUnit, Units, UserAtWork};
use crate::engine::notice::{Fault, Listener, Notice, Snapshot, StopMode};
use crate::engine::run_settings::RunParts;
use crate::engine::stop_reason::{Signal, StopReason};
use crate::engine::unit::{Basis, FirstWrite, How, Settled, Sighting, Unit, UnitEnd};
use crate::port::{Directory, Journal, JournalError};

/// Time between two [`Notice::Tick`]s.
const TICK: Duration = Duration::from_millis(250);
/// Reports from units that may wait for the dispatcher.
const REPORTS: usize = 256;
/// Users that are claimed with one commit, at most.
const CLAIM: usize = 96;
/// So many requests in flight are few: their answers are made durable faster than others arrive.
const FEW_SLOTS: usize = 16;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ending {
    /// Why it stopped early; `None` if no user was left to work on.
    pub stopped: Option<StopReason>,
    /// The counts at the end.
    pub snapshot: Snapshot,
    /// Users whose unit panicked.
    pub panics: u64,
    /// Users that this run has sent the first write for.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests of the write limit compare it")
    )]
    pub written: u64,
}

/// The run cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// Nothing can be recorded, so nothing more may be sent.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Works on a job until no user is left or something stops the run.
///
/// Every task is joined before this returns. Signals come in through `signals`; a closed channel means that
/// no signal will come. `listener` gets each notice, synchronously.
///
/// # Errors
/// The journal failed. Users in flight are in doubt, as after a crash.
pub(crate) async fn run<D: Directory, J: Journal>(
    parts: RunParts<D, J>,
    signals: &mut mpsc::Receiver<Signal>,
    listener: &mut dyn Listener,
) -> Result<Ending, EngineError> {
    let (notices, inbox) = mpsc::channel(REPORTS);
    let tally = Tally::new(&parts.work);
    let queue = Queue::new(parts.work.write_at_most);
    let context = Arc::new(Context::new(parts, notices));
    let mut dispatcher = Dispatcher {
        listener,
        queue,
        units: Units::default(),
        outage: Outage::new(context.settings.concurrency.get(), context.drain.clone()),
        stopping: Stopping::new(),
        tally,
        context,
    };
    let ended = Box::pin(dispatcher.work(signals, inbox)).await;
    // After a failure units may still be running: they are aborted, so that none outlives the run.
    dispatcher.units.shutdown().await;
    ended?;
    let snapshot = dispatcher.snapshot();
    dispatcher.listener.on(&Notice::Ended(snapshot.clone()));
    Ok(Ending {
        stopped: dispatcher.stopping.reason().cloned(),
        snapshot,
        panics: dispatcher.tally.panics(),
        written: dispatcher.queue.written(),
    })
}

/// One thing that happened to a run.
enum Incoming {
    Claimed(Result<Claimed, JournalError>),
    UnitEnded(EndedUnit),
    Report(Notice),
    Signal(Signal),
    GraceOver,
    ProbeDue,
    Tick,
}

struct Dispatcher<'a, D, J> {
    context: Arc<Context<D, J>>,
    listener: &'a mut dyn Listener,
    queue: Queue,
    units: Units,
    outage: Outage,
    stopping: Stopping,
    tally: Tally,
}

impl<D: Directory, J: Journal> Dispatcher<'_, D, J> {
    async fn work(
        &mut self,
        signals: &mut mpsc::Receiver<Signal>,
        mut notices: mpsc::Receiver<Notice>,
    ) -> Result<(), JournalError> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut signals_open = true;
        let started = self.snapshot();
        self.listener.on(&Notice::Started(started));
        loop {
            self.fill();
            if self.is_over() {
                while let Ok(report) = notices.try_recv() {
                    self.listener.on(&report);
                }
                return Ok(());
            }
            let grace_until = self.stopping.grace_until();
            let probe_at = self.outage.next_probe().filter(|_| self.is_idle());
            let incoming = tokio::select! {
                biased;
                signal = signals.recv(), if signals_open => {
                    let Some(signal) = signal else {
                        signals_open = false;
                        continue;
                    };
                    Incoming::Signal(signal)
                }
                () = until(grace_until) => Incoming::GraceOver,
                _ = tick.tick() => Incoming::Tick,
                // Before the units that sent them: a user's setback is reported before the user's outcome.
                Some(report) = notices.recv() => Incoming::Report(report),
                Some(ended) = self.units.next_ended() => Incoming::UnitEnded(ended),
                claimed = self.queue.claim_made() => Incoming::Claimed(claimed),
                () = until(probe_at) => Incoming::ProbeDue,
            };
            let entries = self.handle(incoming)?;
            if !entries.is_empty() {
                self.context.journal.record(entries).await?;
            }
        }
    }

    /// Acts on one thing that happened. Returns the entries that must be durable before the next.
    fn handle(&mut self, incoming: Incoming) -> Result<Vec<Entry>, JournalError> {
        match incoming {
            Incoming::Claimed(claimed) => {
                let found_none = self.queue.take(claimed?);
                if found_none && self.outage.is_on() {
                    self.queue.wrap_probes();
                }
                if self.outage.is_halted() {
                    return Ok(self.give_back());
                }
            }
            Incoming::UnitEnded(EndedUnit { user, result }) => {
                self.queue.note_unit_ended();
                return Ok(match result {
                    Ok(end) => self.unit_ended(user, end?),
                    Err(error) => self.unit_panicked(&user, error),
                });
            }
            Incoming::Report(notice) => {
                self.listener.on(&notice);
                return Ok(self.feed_breaker(&notice));
            }
            Incoming::Signal(signal) => return Ok(self.signalled(signal)),
            Incoming::GraceOver => {
                if let Some(reason) = self.stopping.reason().cloned() {
                    self.abort(reason);
                }
            }
            Incoming::ProbeDue => {
                let user = self.outage.begin_probe();
                self.queue.begin_probe(user);
            }
            Incoming::Tick => {
                let snapshot = self.snapshot();
                let left = self.tally.requests_left(snapshot.requests);
                self.context.sender.pace().expect(left);
                self.listener.on(&Notice::Tick(snapshot));
                if self.stopping.is_running()
                    && let Some(reason) = self.limit_passed()
                {
                    return Ok(self.stop(reason));
                }
            }
        }
        Ok(Vec::new())
    }

    /// Starts units for claimed users, and claims more before they are needed.
    fn fill(&mut self) {
        if self.outage.is_halted() {
            return;
        }
        let is_out = self.outage.is_on();
        if self.queue.has_given_back() && !is_out {
            // Users that were given back come first, once no unit is at work that may give back another.
            if !self.is_idle() {
                return;
            }
            self.queue.start_over();
        }
        let slots = self.outage.allowance();
        let most_units = if is_out { 1 } else { units_for(slots) };
        while self.units.len() < most_units
            && let Some(claim) = self.queue.next_claimed()
        {
            let user = UserAtWork::of(&claim);
            let unit = Unit::new(Arc::clone(&self.context), self.outage.halt(), claim);
            self.units.start(user, unit.run());
        }
        // During an outage a user is claimed for the probe only.
        let is_claim_wanted = self.units.len() < most_units || !is_out;
        let unwritten = || self.units.unwritten();
        let batch = (most_units / 2).clamp(1, CLAIM);
        if is_claim_wanted && let Some(request) = self.queue.next_claim(batch, unwritten) {
            let claiming = claim(Arc::clone(&self.context), self.outage.halt(), request);
            self.queue.begin_claim(Box::pin(claiming));
        }
    }

    /// No claim is under way, no claimed user waits for a unit, and no unit is at work.
    fn is_idle(&self) -> bool {
        self.units.is_empty() && self.queue.is_idle()
    }

    /// Whether the run is over. While a probe is still to come the run goes on, even if it is idle.
    fn is_over(&self) -> bool {
        let waits_for_probe = self.stopping.is_running() && self.outage.next_probe().is_some();
        self.is_idle() && !waits_for_probe
    }

    /// Gives the claimed users back that no unit works for.
    fn give_back(&mut self) -> Vec<Entry> {
        let at = self.context.settings.clock.now();
        let claims = self.queue.take_claimed();
        if let Some(first) = claims.first() {
            self.note_given_back(first.subject.line);
        }
        let entries = claims.into_iter().map(|Claim { subject, .. }| Entry {
            line: subject.line,
            at,
            fact: Fact::Released {
                attempts: subject.attempts,
                effect: subject.effect,
                unanswered: false,
                why: "no unit had begun with this user".to_owned(),
            },
        });
        entries.collect()
    }

    /// A user that goes back in an outage is claimed again later in this run. At a stop it waits for the next
    /// run.
    fn note_given_back(&mut self, line: Line) {
        if self.stopping.is_running() {
            self.queue.note_given_back(line);
        }
    }

    fn unit_ended(&mut self, at_work: UserAtWork, end: UnitEnd) -> Vec<Entry> {
        if end.first_write == FirstWrite::Sent {
            self.queue.note_first_write();
        }
        let line = at_work.line;
        match end.how {
            How::Settled(settled) => self.user_settled(at_work, settled),
            How::Released(Some(reason)) if self.stopping.is_running() => self.stop(reason),
            How::Released(_) => {
                self.note_given_back(line);
                Vec::new()
            }
            How::TargetOut(why) => {
                self.note_given_back(line);
                let change = self.outage.note_target_out(line, &why);
                self.follow_breaker(change, &why)
            }
        }
    }

    fn user_settled(&mut self, at_work: UserAtWork, settled: Settled) -> Vec<Entry> {
        let UserAtWork {
            line, user, name, ..
        } = at_work;
        let settlement = settled.settlement;
        self.tally
            .settled(line, settlement.outcome, settled.sighting);
        if settled.basis == Basis::Answer {
            self.target_answered();
        }
        self.listener.on(&Notice::Settled {
            line,
            user,
            name,
            settlement,
        });
        match self.too_many_failures() {
            Some(reason) if self.stopping.is_running() => self.stop(reason),
            _ => Vec::new(),
        }
    }

    /// A panic is a bug in the program. It leaves this user in doubt, and no other user.
    fn unit_panicked(&mut self, at_work: &UserAtWork, error: JoinError) -> Vec<Entry> {
        let message = panic_message(error);
        let outcome = Outcome::InDoubt(Reason::Bug);
        let line = at_work.line;
        if at_work.is_unwritten {
            self.queue.note_first_write();
        }
        self.tally.panicked();
        self.tally.settled(line, outcome, Sighting::Shown);
        self.listener.on(&Notice::Panicked {
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

    /// Feeds what a unit notices into the breaker. If the target fails for all users, they are given
    /// back with their attempts (P5).
    fn feed_breaker(&mut self, notice: &Notice) -> Vec<Entry> {
        let Notice::Setback {
            line,
            fault,
            detail,
            ..
        } = notice
        else {
            return Vec::new();
        };
        let failure = match fault {
            Fault::Unsent => TargetFailure::Unsent,
            Fault::Target => TargetFailure::Unanswered,
            Fault::Other => {
                self.target_answered();
                return Vec::new();
            }
        };
        let why = detail.as_deref().unwrap_or("a server error");
        let left = self.tally.left();
        let change = self.outage.note_failure(*line, failure, why, left);
        self.follow_breaker(change, why)
    }

    /// If the breaker has opened, claimed users go back until a probe is answered.
    fn follow_breaker(&mut self, change: BreakerChange, why: &str) -> Vec<Entry> {
        if change == BreakerChange::None {
            return Vec::new();
        }
        if change == BreakerChange::OutageBegins && self.stopping.is_running() {
            let why = why.to_owned();
            self.listener.on(&Notice::Outage { why });
        }
        self.give_back()
    }

    /// The target has answered a request.
    fn target_answered(&mut self) {
        if let Some(after) = self.outage.note_answer() {
            self.listener.on(&Notice::Recovered { after });
        }
    }

    /// The first signal drains. The next one aborts; but one that comes while the run already ends
    /// for a reason of its own is the first.
    fn signalled(&mut self, signal: Signal) -> Vec<Entry> {
        let reason = StopReason::Signal(signal);
        match self.stopping.reason() {
            Some(StopReason::Signal(_)) => {
                self.abort(reason);
                Vec::new()
            }
            _ => self.stop(reason),
        }
    }

    /// Stops claiming users. Requests in flight run to their end.
    fn stop(&mut self, reason: StopReason) -> Vec<Entry> {
        self.announce_stop(reason.clone(), StopMode::Drain);
        self.stopping.drain(reason, self.context.settings.grace);
        self.context.drain.cancel();
        self.give_back()
    }

    /// Abandons requests in flight: their users are in doubt.
    fn abort(&mut self, reason: StopReason) {
        self.announce_stop(reason, StopMode::Abort);
        self.stopping.abort();
        self.context.abort.cancel();
    }

    fn announce_stop(&mut self, reason: StopReason, mode: StopMode) {
        self.listener.on(&Notice::Stopping {
            reason,
            mode,
            in_flight: self.context.sender.in_flight(),
        });
    }

    /// The limit of time that has passed, if one has.
    fn limit_passed(&self) -> Option<StopReason> {
        let settings = &self.context.settings;
        let limits = settings.limits;
        if let Some(reason) = self.outage.longer_than(limits.outage) {
            return Some(reason);
        }
        let is_over = limits
            .duration
            .is_some_and(|longest| self.tally.elapsed() >= longest)
            || limits
                .until
                .is_some_and(|until| settings.clock.now() >= until);
        is_over.then_some(StopReason::TimeOver)
    }

    /// The reason to stop, if more users failed than the limit allows.
    fn too_many_failures(&self) -> Option<StopReason> {
        let limit = self.context.settings.limits.failures?;
        let (failed, done) = self.tally.failed();
        limit
            .is_exceeded(failed, done)
            .then_some(StopReason::TooManyFailures(failed))
    }

    fn snapshot(&self) -> Snapshot {
        let sender = &self.context.sender;
        Snapshot {
            requests: sender.requests(),
            in_flight: sender.in_flight(),
            waiting: self.outage.waiting().or_else(|| self.context.waiting()),
            pace: sender.pace().present(),
            ..self.tally.snapshot()
        }
    }
}

/// Units for so many requests that may be in flight: while the answer of one is made durable, or it waits to try again,
/// another one sends. Where many requests are in flight, a third one is ready to follow: the answers of many users take
/// as long to be made durable as the next ones take to arrive.
fn units_for(slots: usize) -> usize {
    2 * slots + slots.saturating_sub(FEW_SLOTS)
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
