//! The flow of users through a run: claimed in line order, handed to units, given back.

use std::sync::Arc;

use crate::domain::{Entry, Fact, Line};
use crate::engine::claim::{Claim, Wanted, claim};
use crate::engine::dispatcher::{AtWork, Dispatcher};
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
            // Users that were given back come first, once no unit is at work that may give back another.
            if !self.is_idle() {
                return;
            }
            self.rewind = None;
            self.cursor = Line(first.0 - 1);
            self.more = true;
            self.at_limit = false;
        }
        let slots = self.breaker.allowance();
        let units = if self.breaker.outage().is_some() {
            1
        } else {
            UNITS_PER_SLOT * slots
        };
        while self.units.len() < units
            && let Some(claim) = self.ready.pop_front()
        {
            let at_work = AtWork {
                line: claim.subject.line,
                user: claim.subject.user.clone(),
                is_unwritten: claim.is_unwritten(),
            };
            let unit = Unit::new(Arc::clone(&self.context), self.halt.clone(), claim);
            let handle = self.units.spawn(unit.run());
            self.at_work.insert(handle.id(), at_work);
        }
        let batch = slots.min(CLAIM);
        let wanted = self.units.len() < units || self.breaker.outage().is_none();
        let may_claim = self.more && !self.at_limit && self.claiming.is_none();
        if may_claim && wanted && self.ready.len() < batch {
            let context = Arc::clone(&self.context);
            let wanted = Wanted {
                after: self.cursor,
                limit: batch,
                unwritten: self.unwritten_left(),
            };
            self.claiming = Some(Box::pin(claim(context, self.halt.clone(), wanted)));
        }
    }

    /// How many more users may be claimed that no write was sent for yet: each of those at work may turn
    /// out to need one.
    fn unwritten_left(&self) -> Option<u64> {
        let at_work = self.at_work.values().filter(|it| it.is_unwritten).count();
        let ready = self.ready.iter().filter(|it| it.is_unwritten()).count();
        let claimed = u64::try_from(at_work + ready).unwrap_or(u64::MAX);
        let left = self.write_at_most?.saturating_sub(self.written);
        Some(left.saturating_sub(claimed))
    }

    /// No claim is under way, no claimed user waits for a unit, and no unit is at work.
    pub(super) fn is_idle(&self) -> bool {
        self.units.is_empty() && self.claiming.is_none() && self.ready.is_empty()
    }

    /// Returns the users that were claimed and that no unit works for.
    pub(super) fn give_back(&mut self) -> Vec<Entry> {
        let at = self.context.settings.clock.now();
        let first = self.ready.front().map(|claim| claim.subject.line);
        self.given_back(first);
        self.ready
            .drain(..)
            .map(|Claim { subject, .. }| Entry {
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
