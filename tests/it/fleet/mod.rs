//! One ledger for many machines: in a PostgreSQL database.

mod append_only_role;
pub(crate) mod in_postgres;
mod leases;
