//! The engine's journal: facts go to the writer task, pages of users come from a connection of their own.

use std::sync::{Arc, PoisonError};

use tokio::sync::{Mutex, mpsc, oneshot, watch};

use crate::domain::{Entry, Goal, LeaseTerm, Line};
use crate::ledger::sql::within;
use crate::ledger::store::{PlanGuard, SharedReader, open_users};
use crate::ledger::writer::StoreRequest;
use crate::ledger::{Job, LedgerError};
use crate::port::{Journal, JournalError, Subject};

/// The first page that could not be read.
pub(super) type ReadFailure = Arc<std::sync::Mutex<Option<LedgerError>>>;

/// A handle to the ledger for one run; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct LedgerJournal {
    requests: mpsc::Sender<StoreRequest>,
    reader: SharedReader,
    /// The lease under which the job is worked on; `None` in a file.
    lease: Option<watch::Receiver<LeaseTerm>>,
    /// What the users are compared with before they are claimed.
    guard: Option<Arc<Mutex<PlanGuard>>>,
    /// What could not be read: it says more than the engine's own error.
    failure: ReadFailure,
    job: i64,
    /// What every user is to have; `None` where the user's own row says it.
    goal: Option<Goal>,
}

impl LedgerJournal {
    pub(super) fn new(
        requests: mpsc::Sender<StoreRequest>,
        reader: SharedReader,
        lease: Option<watch::Receiver<LeaseTerm>>,
        guard: Option<Arc<Mutex<PlanGuard>>>,
        job: &Job,
    ) -> Self {
        Self {
            requests,
            reader,
            lease,
            guard,
            failure: ReadFailure::default(),
            job: job.number,
            goal: job.change.goal(),
        }
    }

    /// Where a page that cannot be read leaves its error.
    pub(super) fn failure(&self) -> ReadFailure {
        Arc::clone(&self.failure)
    }

    async fn read_page(&self, after: Line, limit: usize) -> Result<Vec<Subject>, LedgerError> {
        let mut reader = self.reader.lock().await;
        let page = open_users(&mut reader, self.job, after, limit, self.goal.as_ref()).await?;
        if let Some(guard) = &self.guard {
            let lines: Vec<_> = page.iter().map(|user| user.line).collect();
            let mut guard = guard.lock().await;
            guard.check(&mut reader.connection, &lines).await?;
        }
        Ok(page)
    }
}

impl Journal for LedgerJournal {
    async fn page(&self, after: Line, limit: usize) -> Result<Vec<Subject>, JournalError> {
        within(self.lease.clone(), self.read_page(after, limit))
            .await
            .map_err(|error| {
                let words = JournalError(error.to_string());
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.get_or_insert(error);
                words
            })
    }

    async fn record(&self, entries: Vec<Entry>) -> Result<(), JournalError> {
        let (done, stored) = oneshot::channel();
        let gone = || JournalError("the ledger's writer has stopped".to_owned());
        self.requests
            .send(StoreRequest { entries, done })
            .await
            .map_err(|_| gone())?;
        stored.await.map_err(|_| gone())?.map_err(JournalError)
    }
}
