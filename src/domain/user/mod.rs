//! A user at the provider: the id, the names, and the state that an answer shows.

mod id;
mod names;
mod state;

pub use id::{IdRule, IdSet, UserId};
pub(in crate::domain) use names::NameMatch;
pub use names::{KnownNames, name_key};
pub use state::{Seen, UserState};
