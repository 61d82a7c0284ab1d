//! Events in SQLite: appended to the chain, read back, and stored together with the states of users that
//! follow from them.

mod chain_end;
mod fact_rows;
mod set_aside;
mod shown_users;
mod stored_event;
mod user_states;

pub(in crate::ledger) use chain_end::append_events;
pub(in crate::ledger) use fact_rows::{commit, record};
pub(in crate::ledger::store) use set_aside::set_aside;
pub(in crate::ledger::store) use shown_users::{ShownUser, has_names, store_looks};
pub(crate) use stored_event::{Head, StoredEvent};
