//! The work on one order that was taken.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::domain::{Clock, DatabaseAddress};
use crate::engine::Signal;
use crate::job::{self, JobError, Sessions, Setup, by_order};
use crate::ledger::{HeldLease, Job, Ledger, Order, SharedReader};
use crate::settings::SignInMethod;
use crate::worker::fate::Fate;
use crate::worker::metrics::TargetMetrics;
use crate::worker::target_folder::WorkerTarget;
use crate::worker::worker_voice::WorkerVoice;

/// How long giving back a token may take once the work is over.
const SIGN_OUT: Duration = Duration::from_secs(5);

/// An order that is worked on, and where.
#[derive(Debug)]
pub(super) struct OrderedWork {
    pub(super) order: Order,
    pub(super) job: Job,
    pub(super) lease: Arc<HeldLease>,
    pub(super) target: Arc<WorkerTarget>,
    pub(super) ledger: DatabaseAddress,
    pub(super) reader: SharedReader,
    pub(super) metrics: Arc<TargetMetrics>,
    /// Variables with secrets of the targets: no program may see them.
    pub(super) hidden: Vec<String>,
}

/// How the work on an order ended.
#[derive(Debug)]
pub(super) struct WorkEnd {
    pub(super) fate: Fate,
    /// Whether a user has got an outcome.
    pub(super) made_progress: bool,
}

impl WorkEnd {
    /// The end of work that has brought no user to an outcome.
    pub(super) fn of(fate: Fate) -> Self {
        Self {
            fate,
            made_progress: false,
        }
    }
}

impl OrderedWork {
    /// Does what is left of the job. Whatever `stop` gives stops it as a signal does.
    pub(super) async fn carry_out(self, stop: mpsc::Receiver<Signal>) -> WorkEnd {
        let settings = match self.target.settings() {
            Ok(settings) => settings,
            Err(error) => {
                let why = format!("the settings of the target: {error}");
                return WorkEnd::of(Fate::Postponed(why));
            }
        };
        let (mut settings, options, operator) = match by_order(&self.order, &self.job, settings) {
            Ok(read) => read,
            Err(error) => return WorkEnd::of(Fate::Stopped(error.to_string())),
        };
        settings.ledger = self.ledger.clone().into();
        if let SignInMethod::Command(command) = &mut settings.connection.sign_in.method {
            command.hidden.extend(self.hidden);
        }
        let sessions = Sessions::default();
        let voice = Arc::new(WorkerVoice::new(stop, self.metrics));
        let progress = Arc::clone(&voice);
        let work = async {
            let setup = Setup::of_a_worker(&settings, voice, &sessions, operator)?;
            setup.check_fit(&self.job)?;
            let mut ledger = Ledger::open(self.ledger, Clock::System).await?;
            ledger.hold(self.lease);
            ledger.share_reader(&self.reader);
            job::run(&setup, ledger, self.job, &options).await
        };
        let ended: Result<_, JobError> = Box::pin(work).await;
        if tokio::time::timeout(SIGN_OUT, sessions.sign_out())
            .await
            .is_err()
        {
            tracing::debug!("the token is not given back: the service does not answer");
        }
        match &ended {
            Ok(result) => tracing::info!(end = ?result.end, "the work is over"),
            Err(error) => tracing::warn!(%error, "the work is over"),
        }
        WorkEnd {
            fate: Fate::of(&ended),
            made_progress: progress.has_settled(),
        }
    }
}
