//! Signals that stop a run: the first two go to the engine, the third ends the process at once.

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

fn stream(kind: SignalKind) -> Result<tokio::signal::unix::Signal, Failure> {
    signal(kind)
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot listen to signals: {error}")))
}

/// The ledger is consistent at every instant, so nothing is lost but the answers in flight.
#[expect(clippy::exit, reason = "the third signal asks for exactly this")]
fn leave_at_once(signal: Signal) {
    std::process::exit(Exit::Interrupted(signal).code().into());
}
