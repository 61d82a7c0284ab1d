//! A user at the provider: the id, the names, and the state that an answer shows.

mod id;
mod names;
mod state;

pub use id::{IdRule, UserId};
pub(in crate::domain) use names::NameMatch;
pub(crate) use names::{KnownNames, name_key};
pub(crate) use state::Seen;
pub use state::UserState;
