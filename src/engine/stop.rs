//! Why a run stops early, and in which stage it is.

use std::fmt;

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
    /// The target was out for longer than the limit; the text is what it said last.
    Outage(String),
    /// The time that was set is over.
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
