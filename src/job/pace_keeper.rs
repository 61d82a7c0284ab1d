//! Keeps the pace of a target in the ledger while it is held or lowered, so that the next process honours it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::job::Voice;
use crate::ledger::PaceStore;
use crate::pace::Pace;

/// The time after which a change that could not be stored is stored again.
const AGAIN: Duration = Duration::from_secs(1);

/// The task that stores each change. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct PaceKeeper {
    _task: JoinSet<()>,
}

impl PaceKeeper {
    /// Begins to store what holds back the requests to this target. A ledger that cannot be written ends no run for
    /// this alone: the voice says so once.
    pub(super) fn start(pace: &Arc<Pace>, paces: PaceStore, voice: &Arc<dyn Voice>) -> Self {
        let (pace, voice) = (Arc::clone(pace), Arc::clone(voice));
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut has_warned = false;
            loop {
                pace.restrained().await;
                while let Err(error) = paces.keep(pace.restraint()).await {
                    if !std::mem::replace(&mut has_warned, true) {
                        voice.warn(&format!(
                            "warning: the wait that the provider asks for is not stored yet, and a command that \
                             starts meanwhile does not know of it: {error}"
                        ));
                    }
                    tokio::time::sleep(AGAIN).await;
                }
            }
        });
        Self { _task: task }
    }
}
