//! Signals. Those that stop a run: the first two go to the engine, the third ends the process at
//! once. One that asks how a run stands, and one that only would get in the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::engine::Signal;

/// Listens until it is dropped.
#[derive(Debug)]
pub(super) struct Signals {
    _listeners: JoinSet<()>,
}

impl Signals {
    /// Starts to listen; signals arrive at the receiver.
    pub(super) fn listen() -> Result<(Self, mpsc::Receiver<Signal>), Failure> {
        let (sender, receiver) = mpsc::channel(8);
        let mut interrupts = stream(SignalKind::interrupt())?;
        let mut terminations = stream(SignalKind::terminate())?;
        let mut hangups = stream(SignalKind::hangup())?;
        let mut listeners = JoinSet::new();
        listeners.spawn(async move {
            for count in 1_u32.. {
                let signal = tokio::select! {
                    Some(()) = interrupts.recv() => Signal::Interrupt,
                    Some(()) = terminations.recv() => Signal::Terminate,
                    Some(()) = hangups.recv() => Signal::Hangup,
                    else => return,
                };
                if count > 2 {
                    leave_at_once(signal);
                }
                // The engine may have ended: what follows can still be left by the third signal.
                let _ = sender.send(signal).await;
            }
        });
        Ok((
            Self {
                _listeners: listeners,
            },
            receiver,
        ))
    }
}

/// Listens for SIGUSR1, by which the user asks for the state of the run, until it is dropped.
#[derive(Debug)]
pub(super) struct StatusRequests {
    _listener: JoinSet<()>,
}

impl StatusRequests {
    /// Starts to listen. Each signal raises the flag; the code that prints the state lowers it.
    pub(super) fn listen() -> Result<(Self, Arc<AtomicBool>), Failure> {
        let mut requests = stream(SignalKind::user_defined1())?;
        let asked = Arc::new(AtomicBool::new(false));
        let mut listener = JoinSet::new();
        let raised = Arc::clone(&asked);
        listener.spawn(async move {
            while requests.recv().await.is_some() {
                raised.store(true, Ordering::Relaxed);
            }
        });
        Ok((
            Self {
                _listener: listener,
            },
            asked,
        ))
    }
}

/// SIGXFSZ, by the same number on every system that has it but MIPS: a file may grow no further.
const FILE_LIMIT: i32 = 25;

/// Turns the signal for a file that may grow no further into an error of the write: by itself it
/// ends the process without a word.
pub(super) fn outlive_file_limit() -> Result<(), Failure> {
    // The handler stays when the stream is dropped.
    stream(SignalKind::from_raw(FILE_LIMIT)).map(drop)
}

fn stream(kind: SignalKind) -> Result<tokio::signal::unix::Signal, Failure> {
    signal(kind)
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot listen to signals: {error}")))
}

/// The ledger is consistent at every instant, so nothing is lost but the answers in flight.
#[expect(clippy::exit, reason = "the third signal asks for exactly this")]
fn leave_at_once(signal: Signal) {
    std::process::exit(Exit::Interrupted(signal).code().into());
}
