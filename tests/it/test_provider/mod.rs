//! A SCIM provider that can behave like real ones. A test chooses its habits, may decide about each request,
//! and afterwards reads the provider's records. It shares no code with the client, so that both cannot be
//! wrong in the same way; it must not know how the program works.

mod books;
mod filter;
mod habits;
mod hook;
mod list;
mod message;
mod provider;
mod service;
mod tests;

pub(crate) use books::{Books, Call, Person, State, crowd, person};
pub(crate) use habits::{
    AccessShown, Active, End, Filters, Habits, Joined, Names, Paging, Patched, Schemas, Start,
    Total,
};
pub(crate) use hook::{Act, Gate};
pub(crate) use provider::Provider;
