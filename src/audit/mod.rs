//! Checking evidence offline: whether the chain holds, whether the files agree with it and with one another,
//! and whether the totals add up.
//!
//! The checks are pure: they are given events, rows and numbers, and report what is wrong. Two sources give
//! them, a bundle ([`audit_bundle`]) and a ledger ([`audit_ledger`]). They trust nothing that follows from
//! the events: every line's outcome, and the run that brought it about, is replayed from the events alone
//! (`replay`) and compared with what the files claim. Nothing here asks the provider.

mod audit_fault;
mod audit_result;
mod bundle_audit;
mod checks;
mod ledger_audit;
mod replay;

pub use audit_result::Audit;
pub(crate) use audit_result::AuditError;
pub use bundle_audit::audit_bundle;
pub use ledger_audit::audit_ledger;
