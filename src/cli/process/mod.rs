//! What concerns the process as a whole: signals, panics, and the log.

pub(crate) mod log_file;
mod notification;
pub(crate) mod panics;
pub(crate) mod signals;

pub(crate) use notification::notifying;
