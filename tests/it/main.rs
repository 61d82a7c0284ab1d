//! What `offboard` promises, shown on the real program: a real SQLite file, real sockets, real
//! signals. One module for each feature.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod afterwards;
mod ambiguity;
mod browser;
mod chaos;
mod demo;
mod endings;
mod evidence;
mod export;
mod gate;
mod help;
mod identity;
mod input;
mod job;
mod layering;
mod machine;
mod odd;
mod outage;
mod pace;
mod plan;
mod prepare;
mod progress;
mod proxy;
mod rails;
mod report;
mod resume;
mod run;
mod said;
mod scale;
mod secrets;
mod servers;
mod settings;
mod shown;
mod sign_in;
mod stop;
mod stories;
mod support;
mod tls;
mod undo;
mod undone;
mod unseen;
mod verify;
mod wire;
mod written;
