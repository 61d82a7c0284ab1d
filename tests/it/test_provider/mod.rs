//! A SCIM provider with the habits of real ones, and a desk: a folder in which the real program works
//! against it. A test chooses the habits, may step in at each request, and afterwards asks the
//! provider's own books what happened. It shares no code with the client, so that both cannot be wrong
//! in the same way; it must not know how the program works.

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
