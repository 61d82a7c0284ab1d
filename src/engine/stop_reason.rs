//! Why a run stops early.

use std::fmt;

use crate::port::SignInError;

/// What asks a run to stop: a signal that the process was sent, or a command of another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// Sent by a supervisor, such as systemd or `kill`.
    Terminate,
    /// The terminal was closed.
    Hangup,
    /// A person has cancelled the order of the job.
    Cancel,
}

impl Signal {
    /// The usual name of the signal, or what happened.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Hangup => "SIGHUP",
            Self::Cancel => "cancelled",
        }
    }
}

/// Why a run stops early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// The process was sent this signal.
    Signal(Signal),
    /// The provider refuses the credential, also a fresh one.
    SignIn(SignInError),
    /// The account may neither write nor read users: a role is missing, or was taken away.
    NoRole(String),
    /// What answers is no SCIM service.
    NotScim(String),
    /// Something on the way, such as a proxy, lets no request through until a person has dealt with it.
    Blocked(String),
    /// The target was out for longer than the limit. The text is its last words.
    Outage(String),
    /// The time that was set for the run is over.
    TimeOver,
    /// More users failed than the limit allows.
    TooManyFailures(u64),
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => f.write_str(signal.as_str()),
            Self::SignIn(error) => write!(f, "{error}"),
            Self::NoRole(words) => write!(
                f,
                "the account may neither write nor read users: a role is missing, or the credential has \
                 ended ({words})"
            ),
            Self::NotScim(words) => write!(
                f,
                "what answers is no SCIM service; check `--scim-url` (it says: {words})"
            ),
            Self::Blocked(why) => write!(f, "no request gets through: {why}"),
            Self::Outage(cause) => write!(f, "the target was out for too long ({cause})"),
            Self::TimeOver => f.write_str("the time that was set is over"),
            Self::TooManyFailures(failed) => {
                write!(f, "{failed} users failed: too many for `--max-failures`")
            }
        }
    }
}
