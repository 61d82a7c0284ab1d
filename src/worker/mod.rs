//! The worker: it takes orders from a ledger in a database, and works on several of them at once, each at a target of its
//! own, until it is told to stop.
//!
//! The work on one job is that of `job`, as for a command. Here is what is around it: which order is taken, what its end
//! means for the order, what happens while the database is away, and what is shown of all this. It must not know clap,
//! `cli` or the standard streams.

mod crew;
mod fate;
mod health_server;
mod metrics;
mod ordered_work;
mod target_folder;
mod worker_voice;

pub(crate) use crew::{Crew, CrewSettings};
pub(crate) use health_server::HealthServer;
pub(crate) use metrics::WorkerMetrics;
pub(crate) use target_folder::{TargetFolderError, read_targets};
