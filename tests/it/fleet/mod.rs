//! One ledger for many machines: in a PostgreSQL database.

mod addresses;
mod append_only_role;
mod copied_jobs;
pub(crate) mod in_postgres;
mod leases;
