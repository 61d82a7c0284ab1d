//! Workers: a job is left to them, cancelled, and worked on by them.

mod cancel_order;
mod leave_job;
mod serve_orders;

pub(crate) use cancel_order::{CancelArgs, cancel};
pub(crate) use serve_orders::{WorkerArgs, worker};

pub(super) use leave_job::leave;
