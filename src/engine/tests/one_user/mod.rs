//! What happens to one user: which requests are sent for it, and how it ends.

mod fresh_reads;
mod outcomes;
mod protected_users;
mod retries;
mod several_writes;
mod state_before;
mod user_or_target;
