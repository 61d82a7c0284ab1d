//! A made SCIM provider that runs inside this process: Anaplan's token service and user surface,
//! with made people and faults on demand.
//!
//! It serves rehearsals (`offboard sandbox`, `offboard demo`), the integration tests and the benchmarks.
//! It must know nothing of the rest of the crate, least of all of the SCIM client: a misreading that
//! both sides shared would pass every test. [`Books`] records what it did and, if asked for, a log file
//! does too; a test compares that with what the client believes.

mod clock;
mod connection;
mod fault;
mod gate;
mod record;
mod route;
mod server;
mod settings;
mod surface;
mod tenant;
mod token;
mod world;

#[cfg(test)]
mod tests;

pub use fault::bucket::Bucket;
pub use fault::kind::{FaultKind, Faults, Latency, Outage, OutageAnswer, OutageStart};
pub use fault::text::FaultsError;
pub use record::books::{Books, UserBook};
pub use record::tally::{Request, Totals};
pub use route::{Route, Verb};
pub use server::Sandbox;
pub use settings::{AddMeans, ItemsPerPage, RemoveNone, SandboxSettings};
pub use tenant::people::{Person, people};
pub use token::certificate::CertificateRules;
pub use token::grant::{Approver, OAuthRules};
