//! What concerns the process as a whole: signals, panics, the log, and limits of the operating system.

pub(crate) mod log_file;
mod notification;
pub(crate) mod panics;
mod resources;
pub(crate) mod signals;

pub(crate) use notification::notifying;
pub(crate) use resources::{keep_memory_private, outlive_file_limit};
