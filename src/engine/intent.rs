//! The one place where a write is decided: the first write for a user (when users are claimed) and every later
//! one (in the user's unit).
//!
//! A write is computed from a [`Look`]: the state of the user with its time. Here, and nowhere else in the
//! engine, the [`Door`](crate::domain::Door) is asked whether the user may be written at all.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{
    Barred, Clock, Effect, Need, Operation, Reason, Request, Resource, Seen, Timestamp, UserState,
};
use crate::engine::run_settings::EngineSettings;
use crate::port::{Directory, Subject};

/// How old the state may be that a write is computed from, at the moment when the write leaves. It holds for
/// goals that send a whole list, and for providers that are sent the whole user.
const FRESH: Duration = Duration::from_mins(1);

/// The state in which a user was last shown, with its time.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) state: UserState,
    at: Timestamp,
    /// The same moment on a clock that cannot be set.
    since: Instant,
    /// Whether an answer to this unit showed it. If not, it is the state in the ledger.
    pub(super) is_own: bool,
}

impl Look {
    /// The state that an answer shows which has just arrived.
    pub(super) fn now(state: UserState, clock: Clock) -> Self {
        Self {
            state,
            at: clock.now(),
            since: Instant::now(),
            is_own: true,
        }
    }

    /// The state that the ledger holds of a user that no write was sent for yet.
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

    /// Whether it is not older than `limit` by both clocks. A state from the future counts as old: the clock
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
    /// The operations of the request.
    pub(super) operations: Vec<Operation>,
    /// The state of the user that the write is computed from.
    made_from: Look,
    /// How old that may be when the write leaves.
    limit: Duration,
    /// Whether the write was turned away or could not leave, so that it may go again.
    pub(super) is_repeated: bool,
}

impl Intent {
    /// Whether the write must not leave any more: the user is to be read again first.
    pub(super) fn is_void(&self, settings: &EngineSettings) -> bool {
        let used_up = settings.means.from_read && self.is_repeated;
        used_up || !self.made_from.is_at_most(self.limit, settings.clock)
    }
}

/// The decision about a user that seems to need a write.
#[derive(Debug)]
pub(super) enum Decision {
    /// This write.
    Write(Box<Intent>),
    /// The user is to be read first: it was not seen yet, or too long ago, or nothing seems to be left to do.
    Read,
    /// The user may not be written by this command.
    Barred(Barred),
    /// No write can reach the goal: the reason as a code and in words.
    Refused(Reason, String),
}

/// Decides about the next write for a user. `look` is the state in which the user was last shown, `resource` the
/// whole user as it was read right before, and `effect` what the writes of the job may have done so far.
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
        // A read of the user may show the names, and whether an earlier write took effect.
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
        // The state in the ledger may be out of date: a refusal needs a fresh read.
        Need::Refused(..) if !look.is_own => Decision::Read,
        Need::Refused(reason, why) => Decision::Refused(reason, why),
    }
}
