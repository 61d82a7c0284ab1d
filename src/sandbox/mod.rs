//! A simulated SCIM provider that runs inside this process: Anaplan's token service and SCIM API, with
//! generated people and faults on demand.
//!
//! It serves rehearsals (`offboard sandbox`, `offboard demo`), the integration tests and the benchmarks.
//! It must know nothing of the rest of the crate, least of all of the SCIM client: a misreading that
//! both sides shared would pass every test. [`Books`] records what it did, and a log file does too if one is
//! named; a test compares them with what the client believes.

mod clock;
mod connection;
mod fault;
mod middleware;
mod record;
mod route;
mod sandbox_settings;
mod scim_api;
mod server;
mod shared_state;
mod tenant;
mod token;

#[cfg(test)]
mod tests;

pub use fault::fault_settings::{FaultKind, FaultSettings};
pub(crate) use fault::request_allowance::RequestAllowance;
pub use record::request_log::LoggedRequest;
pub use record::sandbox_books::{Books, UserBook};
pub use route::{Route, Verb};
pub use sandbox_settings::SandboxSettings;
pub use server::Sandbox;
pub use tenant::people::{Person, people};
pub use token::certificate_check::CertificateRules;
pub use token::oauth_grants::{Approver, OAuthRules};
