//! Why a run stops early, and in which stage it is.

use crate::port::SignInError;

/// A signal that the process was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// What a supervisor sends.
    Terminate,
    /// The terminal is gone.
    Hangup,
}

impl Signal {
    /// The name as people know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Hangup => "SIGHUP",
        }
    }
}

/// Why a run stops early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody asked for it.
    Signal(Signal),
    /// The provider refuses the credential, also a fresh one.
    SignIn(SignInError),
    /// The provider cannot be reached; the text is the last cause.
    Unreachable(String),
}

/// How far a stop has gone. A later stage never gives way to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Work goes on.
    Running,
    /// Nothing new is begun and waits end; requests in flight are let finish.
    Drain,
    /// Requests in flight are abandoned; their users are in doubt.
    Abort,
}
