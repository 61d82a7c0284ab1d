//! Limits that the operating system puts on this process: no core dump holds its secrets, and a file that may grow no
//! further is an error of the write.

use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Exit;
use crate::cli::failure::Failure;

/// SIGXFSZ: a file may grow no further. It has this number on every system that has it but MIPS.
const FILE_LIMIT: i32 = 25;

/// Forbids core dumps of this process: its memory holds secrets. A system that refuses is no reason not to work.
pub(crate) fn keep_memory_private() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    // Where a program collects dumps, the limit may not count.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Turns SIGXFSZ into an error of the write: by default it ends the process without a word.
pub(crate) fn outlive_file_limit() -> Result<(), Failure> {
    // The handler stays when the stream is dropped.
    signal(SignalKind::from_raw(FILE_LIMIT))
        .map(drop)
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot listen to signals: {error}")))
}
