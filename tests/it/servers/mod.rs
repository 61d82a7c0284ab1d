//! The whole job on SCIM servers of other authors, by profile alone. What is asserted is read from the
//! servers themselves, over plain HTTP or from what they write to disk.
//!
//! `tests/servers/install` brings the servers; without them each test says that it is skipped, unless
//! `OFFBOARD_TEST_SERVERS=required` is set.

mod gateway;
mod program;
mod quirks;
mod server;
mod tenant;
mod whole_job;

pub(crate) use server::installed;
