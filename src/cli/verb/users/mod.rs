//! `offboard users`: the users of the provider.

mod export;

pub(crate) use export::{UsersArgs, UsersCommand, users};
