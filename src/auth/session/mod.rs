//! The session that all requests of a run share, and the rules about a token's life.

mod shared_session;
mod token_life;
mod token_state;

pub(crate) use shared_session::Session;
pub(super) use token_life::{LONGEST_LIFE, remaining_life};
