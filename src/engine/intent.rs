//! The one place where a write is decided: for a user's first write (when users are claimed) and for every
//! later one (in the user's unit). The door of the domain is asked here and nowhere else in the engine.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{
    Barred, Clock, Effect, Need, Operation, Reason, Request, Resource, Seen, Timestamp, UserState,
};
use crate::engine::settings::EngineSettings;
use crate::port::{Directory, Subject};

/// How old the state may be that a write is computed from, at the moment when the write leaves: for goals
/// that send a whole list, and for providers that are sent the whole user.
const FRESH: Duration = Duration::from_mins(1);

/// What was shown of a user last, and when.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) state: UserState,
    at: Timestamp,
    /// The same moment on a clock that cannot be set.
    since: Instant,
    /// An answer to this unit showed it; else it is the state that the ledger holds.
    pub(super) is_own: bool,
}

impl Look {
    /// What an answer shows that has just arrived.
    pub(super) fn now(state: UserState, clock: Clock) -> Self {
        Self {
            state,
            at: clock.now(),
            since: Instant::now(),
            is_own: true,
        }
    }

    /// What the ledger holds of a user for whom nothing was written yet.
    pub(super) fn stored(seen: &Seen, clock: Clock) -> Self {
        let now = Instant::now();
        let age = clock.now().since(seen.at).unwrap_or_default();
        Self {
            state: seen.state.clone(),
            at: seen.at,
            since: now.checked_sub(age).unwrap_or(now),
            is_own: false,
        }
    }

    /// Whether it is at most so old by both clocks. A look from the future is old: the clock
    /// was set.
    fn is_at_most(&self, limit: Duration, clock: Clock) -> bool {
        let age = clock.now().since(self.at);
        age.is_some_and(|age| age.max(self.since.elapsed()) <= limit)
    }
}

/// The decision to send one write.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub(super) request: Request,
    /// What the request is to do.
    pub(super) operations: Vec<Operation>,
    /// What the user had when the write was decided.
    made_from: Look,
    /// How old that may be when the write leaves.
    limit: Duration,
    /// The write left and was turned away, or could not leave: it may go again.
    pub(super) is_repeated: bool,
}

impl Intent {
    /// Whether the write must not leave any more: the user is to be read again first.
    pub(super) fn is_void(&self, settings: &EngineSettings) -> bool {
        let used_up = settings.means.from_read && self.is_repeated;
        used_up || !self.made_from.is_at_most(self.limit, settings.clock)
    }
}

/// What is to be done about a user who seems to need a write.
#[derive(Debug)]
pub(super) enum Decision {
    /// This write.
    Write(Box<Intent>),
    /// The user is to be read first: not seen yet, not seen lately, or nothing seems to be left to do.
    Read,
    /// The user may not be written by this command.
    Barred(Barred),
    /// No write will do: why, as a code and for people.
    Refused(Reason, String),
}

/// Decides about the next write for a user. `look` is what was shown last, `resource` the whole user as it
/// was read right before, and `effect` what the writes of the job may have done so far.
pub(super) fn decide<D: Directory>(
    directory: &D,
    settings: &EngineSettings,
    subject: &Subject,
    look: Option<&Look>,
    resource: Option<&Resource>,
    effect: Effect,
) -> Decision {
    let means = settings.means;
    let Some(look) = look else {
        // No user is written unseen (P11).
        return Decision::Read;
    };
    let limit = if means.from_read || subject.goal.needs_fresh_look() {
        FRESH
    } else if look.is_own {
        settings.look_ttl.max(FRESH)
    } else {
        settings.look_ttl
    };
    if !look.is_at_most(limit, settings.clock) {
        return Decision::Read;
    }
    let id = Some(subject.user.as_str());
    match settings.door.may_write(id, &subject.known) {
        Ok(()) => {}
        // Reading the user alone may show the names, and whether an earlier write took effect.
        Err(barred) if barred.is_unknown() && !look.is_own => return Decision::Read,
        Err(_) if effect == Effect::Maybe => return Decision::Read,
        Err(barred) => return Decision::Barred(barred),
    }
    let resource = resource.filter(|_| means.from_read);
    if means.from_read && resource.is_none() {
        return Decision::Read;
    }
    match subject.goal.need(&look.state, means, effect) {
        Need::Write(operations) => {
            let portion = means.portion(&operations);
            Decision::Write(Box::new(Intent {
                request: directory.write_request(&subject.user, portion, resource),
                operations: portion.to_vec(),
                made_from: look.clone(),
                limit,
                is_repeated: false,
            }))
        }
        Need::Nothing => Decision::Read,
        // What the ledger holds may be out of date: a refusal needs a read of its own.
        Need::Refused(..) if !look.is_own => Decision::Read,
        Need::Refused(reason, why) => Decision::Refused(reason, why),
    }
}
