//! Stories: random sequences of commands, kills, outages, partial lists and changes by other
//! administrators, played against the test provider. After each step an oracle compares the records of the
//! provider with the report: no user was written that the command might not write, every claim was true when
//! it was made, an undo gave back exactly what the job took, and the lines add up.
//!
//! A story follows from its seed. `OFFBOARD_STORY=SEED` plays that one alone, and
//! `OFFBOARD_STORIES=N cargo test --test it -- --ignored stories` plays N others.

mod oracle;
mod play;
mod player;
mod script;
