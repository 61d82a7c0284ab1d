//! The ways in which a system asks a program to stop.

/// A request of the system to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// Ctrl-C (SIGINT).
    Interrupt,
    /// SIGTERM; on Windows Ctrl-Break, the only one that another program can send.
    Terminate,
    /// SIGHUP: the terminal is gone. On Windows the console is closed, the user logs off, or the machine shuts down;
    /// the system then ends the program after a few seconds.
    Hangup,
}
