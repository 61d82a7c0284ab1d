//! A tenant that follows a script and a journal in memory, so that whole runs can be played on paused
//! time. Both keep their own books and note every broken promise that they see; a `World` holds them
//! together over several runs, any of which may be killed at any call.
//!
//! They are the oracle: they use nothing of the engine but its public face, and nothing of the ledger.

mod behaviour;
mod books;
mod fuse;
mod memory;
mod tenant;
mod world;

pub(super) use behaviour::{Ask, Behaviour};
pub(super) use fuse::Cut;
pub(super) use world::{Plan, World};
