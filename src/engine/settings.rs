//! The settings of the engine, fixed before a run starts.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crate::domain::{Clock, Door, Limits, Means, UserId};

/// How the engine works.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// Requests in flight at the same time, at most.
    pub concurrency: NonZeroUsize,
    /// Writes for one user, at most, over all runs. Waiting because the server asks for fewer
    /// requests counts for nothing.
    pub max_attempts: NonZeroU32,
    /// How long all requests wait after a 429 that names no time.
    pub throttle_wait: Duration,
    /// How long requests in flight may go on after a stop was asked for.
    pub grace: Duration,
    /// What one write can do.
    pub means: Means,
    /// Who may not be written. It is asked before each intent, with what the user was last seen to be.
    pub door: Door,
    /// How old a state that the ledger holds may be, to be settled or written by. An older one is read again.
    pub look_ttl: Duration,
    /// When the run is to stop by itself.
    pub limits: Limits,
    /// Where the times in the journal come from.
    pub clock: Clock,
    /// What the jitter of all delays follows from.
    pub seed: u64,
}

/// What the engine is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Whether users are given something back: how their outcome is called.
    pub restores: bool,
    /// Users that have an outcome already.
    pub done: u64,
    /// All users of the job.
    pub users: u64,
    /// A user that the plan has seen: it is asked about to tell one user's failure from the target's.
    pub known: Option<UserId>,
    /// How many users may be written that no write was sent for before; `None` for all. Users that need no
    /// write do not count, and once so many are written the run claims no other user.
    pub write_at_most: Option<u64>,
}
