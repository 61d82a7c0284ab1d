//! What `offboard` promises, tested on the real program: a real SQLite file, real sockets, real signals.
//! A folder for each area, a file for each feature.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

#[macro_use(apply, attribute_alias)]
extern crate macro_rules_attribute;

// A test of the whole program: a runtime with a second thread, so that the provider, which runs in the
// test's own process, answers while the test works.
attribute_alias! {
    #[apply(end_to_end!)] = #[tokio::test(flavor = "multi_thread", worker_threads = 2)];
}

mod cli;
mod documents;
mod evidence;
mod failures;
mod fleet;
mod identity;
mod job;
mod layering;
mod lookup;
mod machine;
mod network;
mod people;
mod proxy;
mod rails;
mod report;
mod roster;
mod secrets;
mod servers;
mod settings;
mod sign_in;
mod stories;
mod support;
mod test_provider;
mod tls;
mod undo;
mod verify;
