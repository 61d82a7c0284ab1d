//! The events of the console by which the system asks the process to stop.

use std::convert::Infallible;
use std::io;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close,
    ctrl_logoff, ctrl_shutdown,
};

use crate::platform::StopSignal;

/// The events that ask the process to stop.
#[derive(Debug)]
pub(crate) struct StopSignals {
    interrupts: CtrlC,
    breaks: CtrlBreak,
    closes: CtrlClose,
    logoffs: CtrlLogoff,
    shutdowns: CtrlShutdown,
}

impl StopSignals {
    /// Starts to listen.
    ///
    /// # Errors
    /// The error of the system.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupts: ctrl_c()?,
            breaks: ctrl_break()?,
            closes: ctrl_close()?,
            logoffs: ctrl_logoff()?,
            shutdowns: ctrl_shutdown()?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Option<StopSignal> {
        Some(tokio::select! {
            Some(()) = self.interrupts.recv() => StopSignal::Interrupt,
            Some(()) = self.breaks.recv() => StopSignal::Terminate,
            Some(()) = self.closes.recv() => StopSignal::Hangup,
            Some(()) = self.logoffs.recv() => StopSignal::Hangup,
            Some(()) = self.shutdowns.recv() => StopSignal::Hangup,
            else => return None,
        })
    }
}

/// By this a person asks for the state of a run. Windows has no such signal: it never comes.
#[derive(Debug)]
pub(crate) struct StatusSignal;

impl StatusSignal {
    /// Starts to listen.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::unnecessary_wraps, reason = "another system may refuse")]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Option<()> {
        let never: Infallible = std::future::pending().await;
        match never {}
    }
}

/// Keeps the memory of this process, which holds secrets, out of a dump. Windows writes dumps only where an
/// administrator has set it up, and a process cannot forbid it: nothing is done.
pub(crate) fn keep_memory_private() {}

/// Lets a file that may grow no further be an error of the write. On Windows it is one.
///
/// # Errors
/// None.
#[expect(clippy::unnecessary_wraps, reason = "another system may refuse")]
pub(crate) fn outlive_file_limit() -> io::Result<()> {
    Ok(())
}
