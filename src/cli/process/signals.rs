//! Signals. Of those that stop a run, the first two go to the engine, and the third ends the process at once.
//! Another one, where the system has it, asks for the state of a run.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::cli::Exit;
use crate::engine::Signal;
use crate::job::Signals;
use crate::platform::{StatusSignal, StopSignal, StopSignals};

/// Starts to listen to the signals that stop a run.
pub(crate) fn listen() -> io::Result<Signals> {
    let (sender, receiver) = mpsc::channel(8);
    let mut stops = StopSignals::listen()?;
    let mut listeners = JoinSet::new();
    listeners.spawn(async move {
        for count in 1_u32.. {
            let signal = match stops.next().await {
                Some(StopSignal::Interrupt) => Signal::Interrupt,
                Some(StopSignal::Terminate) => Signal::Terminate,
                Some(StopSignal::Hangup) => Signal::Hangup,
                None => return,
            };
            if count > 2 {
                leave_at_once(signal);
            }
            // The engine may have ended. The third signal still ends the process.
            let _ = sender.send(signal).await;
        }
    });
    Ok(Signals::new(receiver, listeners))
}

/// Listens for the signal by which the user asks for the state of the run, until it is dropped.
#[derive(Debug)]
pub(crate) struct StatusRequests {
    asked: Arc<AtomicBool>,
    _listener: JoinSet<()>,
}

impl StatusRequests {
    /// Starts to listen.
    pub(crate) fn listen() -> io::Result<Self> {
        let mut requests = StatusSignal::listen()?;
        let asked = Arc::new(AtomicBool::new(false));
        let mut listener = JoinSet::new();
        let raised = Arc::clone(&asked);
        listener.spawn(async move {
            while requests.next().await.is_some() {
                raised.store(true, Ordering::Relaxed);
            }
        });
        Ok(Self {
            asked,
            _listener: listener,
        })
    }

    /// The flag that each signal raises. The code that prints the state lowers it.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.asked)
    }
}

/// The ledger is consistent at every instant, so only the answers in flight are lost.
#[expect(clippy::exit, reason = "the third signal asks for exactly this")]
fn leave_at_once(signal: Signal) {
    std::process::exit(Exit::Interrupted(signal).code().into());
}
