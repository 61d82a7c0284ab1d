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
        let mut listeners = JoinSet::new();
        for (kind, name) in [
            (SignalKind::interrupt(), Signal::Interrupt),
            (SignalKind::terminate(), Signal::Terminate),
            (SignalKind::hangup(), Signal::Hangup),
        ] {
            let mut stream = signal(kind).map_err(|error| {
                Failure::new(Exit::Bug, format!("cannot listen to signals: {error}"))
            })?;
            let sender = sender.clone();
            listeners.spawn(async move {
                for count in 1_u32.. {
                    if stream.recv().await.is_none() {
                        return;
                    }
                    if count > 2 {
                        leave_at_once(name);
                    }
                    if sender.send(name).await.is_err() {
                        return;
                    }
                }
            });
        }
        Ok((
            Self {
                _listeners: listeners,
            },
            receiver,
        ))
    }
}

/// The ledger is consistent at every instant, so nothing is lost but the answers in flight.
#[expect(clippy::exit, reason = "the third signal asks for exactly this")]
fn leave_at_once(signal: Signal) {
    std::process::exit(Exit::Interrupted(signal).code().into());
}
