//! What `offboard` promises, shown on the real program: a real SQLite file, real sockets, real
//! signals. One module for each feature.

mod run;
mod support;
