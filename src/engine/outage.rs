//! What the dispatcher does about an outage of the target, and about the limits of a run.

use crate::domain::{Entry, Line};
use crate::engine::dispatcher::Dispatcher;
use crate::engine::event::{Event, Fault, Waiting};
use crate::engine::stop::{Stage, StopReason};
use crate::port::{Directory, Journal};

use tokio::time::Instant;

/// Probes with one user before the next one has a turn.
const PROBES_PER_USER: u32 = 4;

impl<D: Directory, J: Journal> Dispatcher<'_, D, J> {
    /// Feeds what a unit reports into the breaker. If the target fails for all users, they are given
    /// back with their attempts (P5).
    pub(super) fn weigh(&mut self, event: &Event) -> Vec<Entry> {
        let Event::Setback {
            line,
            fault,
            detail,
            ..
        } = event
        else {
            return Vec::new();
        };
        if *fault == Fault::Other {
            self.answered();
            return Vec::new();
        }
        let why = detail.as_deref().unwrap_or("a server error");
        self.failed(*line, *fault != Fault::Unsent, why)
    }

    /// A unit found that the target answers no request, however few users are left.
    pub(super) fn found_out(&mut self, line: Line, why: &str) -> Vec<Entry> {
        let before = self.breaker.outage().is_some();
        if !self.breaker.found_out(line, why, Instant::now()) {
            return Vec::new();
        }
        self.begin_outage(before, why)
    }

    fn failed(&mut self, line: Line, sent: bool, why: &str) -> Vec<Entry> {
        let before = self.breaker.outage().is_some();
        let left = self.tally.left();
        if !self.breaker.failed(line, sent, why, left, Instant::now()) {
            return Vec::new();
        }
        self.begin_outage(before, why)
    }

    /// Users go back with their attempts until a probe is answered.
    fn begin_outage(&mut self, before: bool, why: &str) -> Vec<Entry> {
        if !before && self.stage == Stage::Running {
            let why = why.to_owned();
            self.listener.on(&Event::Outage { why });
        }
        self.halt.cancel();
        self.give_back()
    }

    /// The target has answered a request.
    pub(super) fn answered(&mut self) {
        let since = self.breaker.outage().map(|(since, _)| since);
        if !self.breaker.answered() {
            return;
        }
        if let Some(since) = since {
            let after = since.elapsed();
            self.listener.on(&Event::Recovered { after });
        }
        if self.halt.is_cancelled() {
            // A straggler was answered before the first probe.
            self.halt = self.context.drain.child_token();
        }
    }

    /// Lets one user be worked on, to see whether the target is back.
    pub(super) fn probe(&mut self) {
        self.breaker.probe();
        self.halt = self.context.drain.child_token();
        match self.breaker.probes() {
            // The first of those who failed.
            0 | 1 => self.wrap_probes(),
            // The same user a few times: after an outage, the first answers may be the worst for any user.
            probes if probes % PROBES_PER_USER != 1 => {
                self.cursor = Line(self.cursor.0.saturating_sub(1));
            }
            // Another user, since one alone may fail for reasons of his own.
            _ => {}
        }
        self.more = true;
        self.at_limit = false;
    }

    /// After the last user comes the first of those who failed again.
    pub(super) fn wrap_probes(&mut self) {
        if let (Some(first), true) = (self.rewind, self.breaker.outage().is_some()) {
            self.more |= self.cursor >= first;
            self.cursor = Line(first.0 - 1);
        }
    }

    /// Remembers from where work has to go on after the outage.
    pub(super) fn given_back(&mut self, line: Option<Line>) {
        if let Some(line) = line
            && self.stage == Stage::Running
        {
            self.rewind = Some(self.rewind.map_or(line, |first| first.min(line)));
        }
    }

    /// Whether a probe is still to come: then the run goes on, even if no unit is at work now.
    pub(super) fn is_waiting(&self) -> bool {
        self.breaker.next_probe().is_some()
    }

    /// What all units wait for during an outage.
    pub(super) fn waiting_out(&self) -> Option<Waiting> {
        let (since, _) = self.breaker.outage()?;
        Some(Waiting {
            why: "the target",
            since: Some(since),
            until: self.breaker.next_probe(),
        })
    }

    /// The limit of time that has passed, if one has.
    pub(super) fn limit_passed(&self) -> Option<StopReason> {
        let settings = &self.context.settings;
        let limits = settings.limits;
        if let Some((since, why)) = self.breaker.outage()
            && since.elapsed() >= limits.outage
        {
            return Some(StopReason::Outage(why.to_owned()));
        }
        let over = limits
            .duration
            .is_some_and(|longest| self.tally.elapsed() >= longest)
            || limits
                .until
                .is_some_and(|until| settings.clock.now() >= until);
        over.then_some(StopReason::TimeOver)
    }

    /// Whether more users failed than the limit allows.
    pub(super) fn too_many_failures(&self) -> Option<StopReason> {
        let limit = self.context.settings.limits.failures?;
        let (failed, done) = self.tally.failed();
        limit
            .is_exceeded(failed, done)
            .then_some(StopReason::TooManyFailures(failed))
    }
}
