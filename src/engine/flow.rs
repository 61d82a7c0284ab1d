//! The flow of users through a run: claimed in line order, handed to units, given back.

use std::sync::Arc;

use crate::domain::{Entry, Fact, Line};
use crate::engine::claim::claim;
use crate::engine::dispatcher::Dispatcher;
use crate::engine::unit::Unit;
use crate::port::{Directory, Journal};

/// Users that are claimed with one commit, at most.
const CLAIM: usize = 64;
/// Units for each request that may be in flight: while one unit's answer is made durable, or it waits
/// to try again, another one sends.
const UNITS_PER_SLOT: usize = 2;

impl<D: Directory, J: Journal> Dispatcher<'_, D, J> {
    /// Starts units for claimed users, and claims more in good time.
    pub(super) fn fill(&mut self) {
        if self.halt.is_cancelled() {
            return;
        }
        if let Some(first) = self.rewind.filter(|_| self.breaker.outage().is_none()) {
            // Those who were given back come first, once nobody is at work who might be among them.
            if !self.is_idle() {
                return;
            }
            self.rewind = None;
            self.cursor = Line(first.0 - 1);
            self.more = true;
        }
        let slots = self.breaker.allowance();
        let units = if self.breaker.outage().is_some() {
            1
        } else {
            UNITS_PER_SLOT * slots
        };
        while self.units.len() < units
            && let Some((subject, begun)) = self.ready.pop_front()
        {
            let context = Arc::clone(&self.context);
            let unit = Unit::new(context, self.halt.clone(), subject.clone(), begun);
            let handle = self.units.spawn(unit.run());
            self.at_work.insert(handle.id(), subject);
        }
        let batch = slots.min(CLAIM);
        let wanted = self.units.len() < units || self.breaker.outage().is_none();
        if self.more && wanted && self.claiming.is_none() && self.ready.len() < batch {
            let context = Arc::clone(&self.context);
            let halt = self.halt.clone();
            self.claiming = Some(Box::pin(claim(context, halt, self.cursor, batch)));
        }
    }

    /// Nobody is claimed and nobody is at work.
    pub(super) fn is_idle(&self) -> bool {
        self.units.is_empty() && self.claiming.is_none() && self.ready.is_empty()
    }

    /// Returns the users that were claimed and that no unit works for.
    pub(super) fn give_back(&mut self) -> Vec<Entry> {
        let at = self.context.settings.clock.now();
        let first = self.ready.front().map(|(subject, _)| subject.line);
        self.given_back(first);
        self.ready
            .drain(..)
            .map(|(subject, _)| Entry {
                line: subject.line,
                at,
                fact: Fact::Released {
                    attempts: subject.attempts,
                    effect: subject.effect,
                    unanswered: false,
                    why: "nobody had begun with this user".to_owned(),
                },
            })
            .collect()
    }
}
