//! What a job has to pass: the grounds that the settings require, the rails, the confirmation, and the canary.

mod acting_account;
mod canary_check;
mod confirmation;
mod rail_check;

pub use canary_check::CanaryError;
pub use rail_check::RailError;

pub(super) use acting_account::{acting_account, report_self};
pub(super) use canary_check::{due_canary, judge_canary};
pub(super) use confirmation::confirm;
pub(super) use rail_check::{check_grounds, check_rails};
