//! `offboard verify`: the verb, and its result as text.

mod verification_text;
mod verify_job;

pub(crate) use verification_text::verification_text;
pub(crate) use verify_job::{VerifyArgs, verify};
