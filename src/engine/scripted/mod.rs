//! A tenant that follows a script, and a journal in memory, so that whole runs can be tested on paused time.
//!
//! Both keep their own state and note each promise that they see broken. A [`TestJob`] holds them together over
//! several runs, any of which may be killed at any call. They are the oracle: they use only the public interface
//! of the engine, and nothing of the ledger.

mod behaviour;
mod fake_journal;
mod fake_tenant;
mod fuse;
mod tenant_state;
mod test_job;

pub(super) use behaviour::{Behaviour, ScriptedRequest};
pub(super) use fuse::Cut;
pub(super) use test_job::{RunPlan, TestJob};
