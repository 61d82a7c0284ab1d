//! What is stored of a target beside its jobs: its pace, and the orders by which jobs are left to workers.

mod kept_pace;
mod order_book;
mod orders;

pub(crate) use kept_pace::PaceStore;
pub(crate) use order_book::{Backlog, OrderBook, OrderListener, ServedTarget};
pub(crate) use orders::with_workers;
