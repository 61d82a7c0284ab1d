//! The rules that keep a job from harm: whether a user may be written, how many users a job may write,
//! and when a run stops by itself (P7).

mod door;
mod failure_limit;
mod protect_list;
mod rails;

pub use door::{Barred, Door};
pub use failure_limit::{FailureLimit, FailureLimitError, Limits};
pub use protect_list::{Actor, ProtectList};
pub use rails::{ActiveUsers, Extent, Rails, Share, ShareError, Tripped};
