//! The whole job on SCIM servers that nobody here wrote, by profile alone: what is asserted is read from
//! the servers themselves, over plain HTTP or from what they write to disk.
//!
//! `tests/servers/install` brings the servers; without them each test says that it is skipped, unless
//! `OFFBOARD_TEST_SERVERS=required` is set.

mod gateway;
mod job;
mod quirks;
mod server;
mod tenant;
mod whole;
