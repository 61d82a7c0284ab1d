//! The rules that keep a job from harm: whether a user may be written, how many users a job may write,
//! and when a run stops by itself (P7).

mod door;
mod failure_limit;
mod protect_list;
mod rails;

pub(crate) use door::{Barred, Door};
pub(crate) use failure_limit::{FailureLimit, FailureLimitError, Limits};
pub(crate) use protect_list::{Actor, ProtectList};
pub use rails::Share;
pub(crate) use rails::{ActiveUsers, Extent, Rails, Tripped};
