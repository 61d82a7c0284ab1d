//! What all units of a run share: the sender, the journal, the stop tokens, and what is known of the target.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::engine::known_users::KnownUsers;
use crate::engine::notice::{Notice, Waiting};
use crate::engine::run_settings::{EngineSettings, RunParts};
use crate::port::Directory;
use crate::sending::{SendSettings, Sender};

/// What all units of a run share.
#[derive(Debug)]
pub(super) struct Context<D, J> {
    pub(super) sender: Sender<D>,
    pub(super) journal: J,
    pub(super) settings: EngineSettings,
    /// Whether users are given access back.
    pub(super) restores: bool,
    /// Cancelled when no request is to be begun any more.
    pub(super) drain: CancellationToken,
    /// Cancelled when requests in flight are to be abandoned.
    pub(super) abort: CancellationToken,
    pub(super) notices: mpsc::Sender<Notice>,
    pub(super) users: KnownUsers,
    /// Units that wait between attempts.
    pub(super) backing_off: AtomicUsize,
}

impl<D: Directory, J> Context<D, J> {
    /// The context of a run. Units report to the dispatcher through `notices`.
    pub(super) fn new(parts: RunParts<D, J>, notices: mpsc::Sender<Notice>) -> Self {
        let settings = parts.settings;
        let send_settings = SendSettings {
            concurrency: settings.concurrency,
            throttle_wait: settings.throttle_wait,
            longest_throttling: settings.limits.outage,
        };
        Self {
            sender: Sender::new(parts.directory, parts.pace, send_settings),
            journal: parts.journal,
            users: KnownUsers::new(parts.work.known, settings.limits.outage),
            settings,
            restores: parts.work.restores,
            drain: CancellationToken::new(),
            abort: CancellationToken::new(),
            notices,
            backing_off: 0.into(),
        }
    }

    /// What all units wait for, if all of them wait.
    pub(super) fn waiting(&self) -> Option<Waiting> {
        if let Some(hold) = self.sender.pace().held() {
            return Some(Waiting {
                why: hold.why,
                since: None,
                until: Some(hold.until),
            });
        }
        let why = |why| {
            Some(Waiting {
                why,
                since: None,
                until: None,
            })
        };
        let in_flight = self.sender.in_flight();
        if self.sender.signing_in() >= in_flight.max(1) {
            why("signing in")
        } else if in_flight == 0 && self.backing_off.load(Ordering::Relaxed) > 0 {
            why("all requests failed, trying again soon")
        } else {
            None
        }
    }
}
