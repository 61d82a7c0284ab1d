//! The units at work, each with the user that it works for.

use std::collections::HashMap;

use tokio::task::{Id, JoinError, JoinSet};
use tracing::Instrument;

use crate::domain::{Line, UserId};
use crate::engine::dispatcher::claim::Claim;
use crate::engine::unit::UnitEnd;
use crate::port::JournalError;

type UnitResult = Result<UnitEnd, JournalError>;

/// The user that a unit works for. A unit that panics does not say.
#[derive(Debug)]
pub(super) struct UserAtWork {
    pub(super) line: Line,
    pub(super) user: UserId,
    /// The user's name or address, if it was known when the user was claimed.
    pub(super) name: Option<String>,
    /// No write had been sent for the user when it was claimed.
    pub(super) is_unwritten: bool,
}

impl UserAtWork {
    /// The user of a claim.
    pub(super) fn of(claim: &Claim) -> Self {
        let known = &claim.subject.known;
        let name = known.user_name.as_ref().or(known.roster_name.as_ref());
        Self {
            line: claim.subject.line,
            user: claim.subject.user.clone(),
            name: name.cloned(),
            is_unwritten: claim.is_unwritten(),
        }
    }
}

/// A unit that has ended.
#[derive(Debug)]
pub(super) struct EndedUnit {
    pub(super) user: UserAtWork,
    /// How it ended; an error if it panicked.
    pub(super) result: Result<UnitResult, JoinError>,
}

/// All units at work. Each is a task that this owns and joins.
#[derive(Debug, Default)]
pub(super) struct Units {
    tasks: JoinSet<UnitResult>,
    users: HashMap<Id, UserAtWork>,
}

impl Units {
    /// Starts a unit for `user`.
    pub(super) fn start(
        &mut self,
        user: UserAtWork,
        unit: impl Future<Output = UnitResult> + Send + 'static,
    ) {
        // The future is large, and spawning moves it several times: what is moved is a pointer.
        let task = self.tasks.spawn(Box::pin(unit.in_current_span()));
        self.users.insert(task.id(), user);
    }

    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Users at work that no write had been sent for when they were claimed.
    pub(super) fn unwritten(&self) -> usize {
        self.users.values().filter(|user| user.is_unwritten).count()
    }

    /// Waits for the next unit to end; `None` if no unit is at work. Dropping the future loses nothing.
    pub(super) async fn next_ended(&mut self) -> Option<EndedUnit> {
        let joined = self.tasks.join_next_with_id().await?;
        let (id, result) = match joined {
            Ok((id, result)) => (id, Ok(result)),
            Err(error) => (error.id(), Err(error)),
        };
        let user = self.users.remove(&id);
        let user = user.expect("each unit was started for a user");
        Some(EndedUnit { user, result })
    }

    /// Aborts all units and waits until they are gone.
    pub(super) async fn shutdown(&mut self) {
        self.tasks.shutdown().await;
    }
}
