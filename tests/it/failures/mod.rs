//! How a run ends when requests fail: lost answers, refusals, a lost role, an outage. Every retry is
//! bounded, an outage is waited for, and the reason is printed.

mod bounded_retries;
mod few_users;
mod forbidden;
mod outage;
mod refused_writes;
mod stop_reasons;
mod uncertain_answers;
