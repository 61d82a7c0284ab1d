//! One ledger for many machines: in a PostgreSQL database.

mod addresses;
mod append_only_role;
mod cable;
mod copied_jobs;
pub(crate) mod fleet_bed;
pub(crate) mod in_postgres;
mod leases;
mod whole_fleet;
mod workers;
