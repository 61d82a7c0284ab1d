//! Signals, and limits that the system puts on this process.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::platform::StopSignal;

/// SIGXFSZ: a file may grow no further. It has this number on every system that has it but MIPS.
const FILE_LIMIT: i32 = 25;

/// The signals that ask the process to stop.
#[derive(Debug)]
pub(crate) struct StopSignals {
    interrupts: Signal,
    terminations: Signal,
    hangups: Signal,
}

impl StopSignals {
    /// Starts to listen to Ctrl-C, SIGTERM and SIGHUP.
    ///
    /// # Errors
    /// The error of the system.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupts: signal(SignalKind::interrupt())?,
            terminations: signal(SignalKind::terminate())?,
            hangups: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Option<StopSignal> {
        Some(tokio::select! {
            Some(()) = self.interrupts.recv() => StopSignal::Interrupt,
            Some(()) = self.terminations.recv() => StopSignal::Terminate,
            Some(()) = self.hangups.recv() => StopSignal::Hangup,
            else => return None,
        })
    }
}

/// SIGUSR1, by which a person asks for the state of a run.
#[derive(Debug)]
pub(crate) struct StatusSignal(Signal);

impl StatusSignal {
    /// Starts to listen. By default this signal ends a process.
    ///
    /// # Errors
    /// The error of the system.
    pub(crate) fn listen() -> io::Result<Self> {
        signal(SignalKind::user_defined1()).map(Self)
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Option<()> {
        self.0.recv().await
    }
}

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
///
/// # Errors
/// The error of the system.
pub(crate) fn outlive_file_limit() -> io::Result<()> {
    // The handler stays when the stream is dropped.
    signal(SignalKind::from_raw(FILE_LIMIT)).map(drop)
}
