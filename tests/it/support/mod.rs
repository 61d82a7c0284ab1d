//! The test bed: a folder, a provider, the real program pointed at both, and everything that a test asks
//! of them.

mod bed;
mod checks;
mod desk;
mod program;
mod records;
mod running;
#[cfg(target_os = "linux")]
mod syscall_trace;
mod terminal;
mod transcript;

pub(crate) use bed::{Bed, all_done, half_done, run_one_by_one};
pub(crate) use checks::ended_with;
pub(crate) use desk::{BOTH, Desk, OPEN, Row, asked_for, ids, names};
pub(crate) use program::{Ran, after, can, finish, program};
pub(crate) use records::{first_requests, tally};
pub(crate) use running::{PATIENCE, Running, at_once, ended, send, start, until, until_async};
#[cfg(target_os = "linux")]
pub(crate) use syscall_trace::{Step, SyscallTrace};
pub(crate) use terminal::{in_a_terminal, skipped};
pub(crate) use transcript::{Transcript, check_text};
