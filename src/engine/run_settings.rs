//! What a run is given: its settings, what it is to do, and the ports that it works with. All of it is fixed
//! before the run starts.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Clock, Door, Limits, Means, UserId};
use crate::pace::Pace;

/// What a run works with.
#[derive(Debug)]
pub(crate) struct RunParts<D, J> {
    /// What is to be done.
    pub work: Work,
    /// How it is done.
    pub settings: EngineSettings,
    /// Where requests go.
    pub directory: Arc<D>,
    /// Where facts are recorded.
    pub journal: J,
    /// The rate limit that all requests of the process share.
    pub pace: Arc<Pace>,
}

/// How the engine works.
#[derive(Debug, Clone)]
pub(crate) struct EngineSettings {
    /// Requests in flight at the same time, at most.
    pub concurrency: NonZeroUsize,
    /// Writes for one user, at most, over all runs. A request that the server throttles (429) does not count.
    pub max_attempts: NonZeroU32,
    /// How long all requests wait after a 429 that names no time.
    pub throttle_wait: Duration,
    /// How long requests in flight may go on after a stop was asked for.
    pub grace: Duration,
    /// What one write can do.
    pub means: Means,
    /// Which users may not be written. It is asked before each intent, with the state in which the user was
    /// last seen.
    pub door: Door,
    /// How old a state in the ledger may be for a user to be settled or written by it. A user with an older
    /// state is read again.
    pub look_ttl: Duration,
    /// When the run is to stop by itself.
    pub limits: Limits,
    /// Where the times in the journal come from.
    pub clock: Clock,
    /// The seed of the jitter in all delays.
    pub seed: u64,
}

/// What the engine is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Work {
    /// Whether users are given access back, so that success is called restored and not removed.
    pub restores: bool,
    /// Users that have an outcome already.
    pub done: u64,
    /// All users of the job.
    pub users: u64,
    /// A user that the plan has seen. It is read to distinguish a failure of one user from one of the target.
    pub known: Option<UserId>,
    /// How many users may be written that no write was sent for before; `None` for all. Users that need no
    /// write do not count. Once so many are written, the run claims no other user.
    pub write_at_most: Option<u64>,
}
