//! What a job wants: the change that it makes to all users, the goal of one user, and the write
//! operations that lead there.

mod change;
mod goal;
#[cfg(test)]
mod goal_tests;
mod operation;

pub(crate) use change::ChangeError;
pub use change::{Access, Change};
pub(crate) use goal::{Goal, Held, Membership, Need};
pub(crate) use operation::{Division, Means, Operation};
