//! A ledger in a PostgreSQL database: how it is opened and brought up to date, and the lease by which one process at a
//! time works on a target.
//!
//! Nothing here knows what is stored about jobs.

mod address;
mod keeper;
mod lease;
mod opening;

pub(in crate::ledger) use address::connect_options;
pub(in crate::ledger) use keeper::{Errand, LeaseKeeper};
pub(crate) use lease::{Contention, HeldLease, LeaseTimes, LeaseWait};
pub(in crate::ledger) use lease::{free_leases, lease_holder, take_free_lease, take_lease};
pub(in crate::ledger) use opening::{open, open_to_read};

#[cfg(test)]
mod tests;
