//! What renews leases: a thread with a connection of its own, so that neither a long computation nor a question to a
//! person nor a slow transaction keeps it from renewing. One thread renews all leases that a process has in a database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::domain::{Clock, DatabaseAddress, LeaseTerm};
use crate::ledger::LedgerError;
use crate::ledger::postgres::lease::{GIVE_BACK, LeaseTimes, RENEW, millis};
use crate::ledger::postgres::opening::connect;
use crate::ledger::sql::{SqlConnection, query};

/// How long giving a lease back may take: otherwise it ends by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// The time after which a renewal that failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The thread that renews the leases of this process in one database. It ends once this and all leases are dropped, and
/// whoever drops the last of them waits until the leases are given back.
#[derive(Debug, Clone)]
pub(crate) struct LeaseKeeper(Arc<KeeperThread>);

#[derive(Debug)]
struct KeeperThread {
    messages: Option<mpsc::UnboundedSender<Message>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A lease that is being renewed. It is given back when this is dropped.
#[derive(Debug)]
pub(super) struct RenewedLease {
    keeper: LeaseKeeper,
    target: String,
    token: i64,
}

/// A short piece of work for the connection of the thread. It can be done twice.
pub(in crate::ledger) type Errand =
    Box<dyn for<'c> Fn(&'c mut SqlConnection) -> BoxFuture<'c, Result<(), LedgerError>> + Send>;

/// What the thread is told.
enum Message {
    Keep(String, KeptLease),
    /// The lease of this target with this token is not needed any more.
    GiveBack(String, i64),
    /// Carries an errand out, and says how it went.
    Run(Errand, oneshot::Sender<Result<(), LedgerError>>),
}

/// A lease that the thread renews.
#[derive(Debug)]
struct KeptLease {
    token: i64,
    times: LeaseTimes,
    /// When it is to be renewed.
    due: Instant,
    term: watch::Sender<LeaseTerm>,
}

impl LeaseKeeper {
    /// Starts the thread. It connects once there is a lease to renew.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub(crate) fn start(address: &DatabaseAddress) -> Result<Self, LedgerError> {
        let (messages, received) = mpsc::unbounded_channel();
        let failed = |error| LedgerError::Sql(sqlx::Error::Io(error));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let keeping = Keeping {
            address: address.clone(),
            connection: None,
            leases: BTreeMap::new(),
            stalled_at: None,
        };
        let thread = std::thread::Builder::new()
            .name("leases".to_owned())
            .spawn(move || runtime.block_on(keeping.keep(received)))
            .map_err(failed)?;
        Ok(Self(Arc::new(KeeperThread {
            messages: Some(messages),
            thread: Mutex::new(Some(thread)),
        })))
    }

    /// Begins to renew a lease that was just taken. Returns until when it lasts, as it is from moment to moment.
    pub(super) fn keep(
        &self,
        target: &str,
        token: i64,
        times: LeaseTimes,
        first: LeaseTerm,
    ) -> (RenewedLease, watch::Receiver<LeaseTerm>) {
        let (term, watched) = watch::channel(first);
        let kept = KeptLease {
            token,
            times,
            due: Instant::now() + times.heartbeat,
            term,
        };
        self.send(Message::Keep(target.to_owned(), kept));
        let lease = RenewedLease {
            keeper: self.clone(),
            target: target.to_owned(),
            token,
        };
        (lease, watched)
    }

    /// Lets the thread carry out an errand by its connection, which is open: nothing has to be set up first.
    ///
    /// # Errors
    /// Those of the errand; or the database does not answer.
    pub(in crate::ledger) async fn run(&self, errand: Errand) -> Result<(), LedgerError> {
        let (done, answer) = oneshot::channel();
        self.send(Message::Run(errand, done));
        answer
            .await
            .unwrap_or(Err(LedgerError::Sql(sqlx::Error::WorkerCrashed)))
    }

    fn send(&self, message: Message) {
        if let Some(messages) = &self.0.messages {
            // A thread that has panicked takes no message, and its leases end by themselves.
            let _ = messages.send(message);
        }
    }
}

impl RenewedLease {
    /// What renews it.
    pub(super) fn keeper(&self) -> LeaseKeeper {
        self.keeper.clone()
    }
}

impl Drop for RenewedLease {
    fn drop(&mut self) {
        let target = std::mem::take(&mut self.target);
        self.keeper.send(Message::GiveBack(target, self.token));
    }
}

impl Drop for KeeperThread {
    fn drop(&mut self) {
        drop(self.messages.take());
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // A panic of the thread was printed there.
            let _ = thread.join();
        }
    }
}

/// The thread.
struct Keeping {
    address: DatabaseAddress,
    connection: Option<SqlConnection>,
    /// The leases by their targets.
    leases: BTreeMap<String, KeptLease>,
    /// When the database did not take a lease back.
    stalled_at: Option<Instant>,
}

impl Keeping {
    /// Renews what it is told to, until nobody can tell it anything any more.
    async fn keep(mut self, mut messages: mpsc::UnboundedReceiver<Message>) {
        loop {
            let due = self.leases.values().map(|lease| lease.due).min();
            tokio::select! {
                message = messages.recv() => match message {
                    Some(Message::Keep(target, lease)) => {
                        self.leases.insert(target, lease);
                        // So that an errand finds it open. If this fails, the renewal says so.
                        let _ = timeout(PATIENCE, self.connected()).await;
                    }
                    Some(Message::GiveBack(target, token)) => self.give_back(&target, token).await,
                    Some(Message::Run(errand, done)) => {
                        let _ = done.send(self.run(errand).await);
                    }
                    None => return,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.renew_what_is_due().await;
                }
            }
        }
    }

    /// Renews all leases whose time has come, by one statement.
    async fn renew_what_is_due(&mut self) {
        let now = Instant::now();
        let is_due = |lease: &&KeptLease| lease.due <= now;
        let patience = self.leases.values().filter(is_due);
        let patience = patience.map(|lease| lease.times.heartbeat).min();
        match timeout(patience.unwrap_or(AGAIN), self.renew(now)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => tracing::warn!(%error, "no lease could be renewed"),
            Err(_) => tracing::warn!("no lease could be renewed: the database says nothing"),
        }
        self.connection = None;
        for lease in self.leases.values_mut().filter(|lease| lease.due <= now) {
            lease.due = Instant::now() + AGAIN;
        }
    }

    /// Renews the leases that are due. Those that another process holds by now are lost.
    async fn renew(&mut self, now: Instant) -> Result<(), LedgerError> {
        let due = |lease: &KeptLease| lease.due <= now;
        let given: Vec<_> = self
            .leases
            .iter()
            .filter(|(_, lease)| due(lease))
            .map(|(target, lease)| (target, lease.token, millis(lease.times.length)))
            .collect();
        let given = serde_json::to_string(&given).unwrap_or_default();
        let connection = self.connected().await?;
        let asked = (Instant::now(), Clock::System.now());
        let renewed: Vec<(String, i64)> = query(RENEW).bind(given).fetch_all(connection).await?;
        self.leases.retain(|target, lease| {
            if !due(lease) {
                return true;
            }
            let is_renewed = renewed
                .iter()
                .any(|(name, token)| name == target && *token == lease.token);
            if is_renewed {
                let term = LeaseTerm::asked_at(asked.0.into_std(), asked.1, lease.times.length);
                lease.term.send_replace(term);
                lease.due = asked.0 + lease.times.heartbeat;
            } else {
                tracing::warn!(%target, "another process has taken the lease over");
                lease.term.send_replace(LeaseTerm::LOST);
            }
            is_renewed
        });
        Ok(())
    }

    async fn run(&mut self, errand: Errand) -> Result<(), LedgerError> {
        let is_fresh = self.connection.is_none();
        let done = self.run_once(&errand).await;
        if done.is_err() && !is_fresh {
            // The server may have been restarted since the connection was used last.
            return self.run_once(&errand).await;
        }
        done
    }

    async fn run_once(&mut self, errand: &Errand) -> Result<(), LedgerError> {
        let running = async { errand(self.connected().await?).await };
        let late = sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
        let done = timeout(PATIENCE, running).await;
        let done = done.unwrap_or(Err(LedgerError::Sql(late)));
        if done.is_err() {
            self.connection = None;
        }
        done
    }

    async fn give_back(&mut self, target: &str, token: i64) {
        let is_meant = |lease: &KeptLease| lease.token == token;
        if !self.leases.get(target).is_some_and(is_meant) {
            return;
        }
        if let Some(lease) = self.leases.remove(target) {
            lease.term.send_replace(LeaseTerm::LOST);
        }
        if self
            .stalled_at
            .is_some_and(|at| at.elapsed() < 5 * PATIENCE)
        {
            // Each of many leases would wait anew for a database that does not answer.
            tracing::warn!(%target, "the lease is not given back: it ends by itself");
            return;
        }
        let giving = async {
            let given = query(GIVE_BACK).bind(target).bind(token);
            given.execute(self.connected().await?).await?;
            Ok::<_, LedgerError>(())
        };
        if !matches!(timeout(PATIENCE, giving).await, Ok(Ok(()))) {
            tracing::warn!(%target, "the lease could not be given back: it ends by itself");
            self.connection = None;
            self.stalled_at = Some(Instant::now());
        }
    }

    /// The connection to the database, made anew if there is none.
    async fn connected(&mut self) -> Result<&mut SqlConnection, LedgerError> {
        let connected = match self.connection.take() {
            Some(connected) => connected,
            None => connect(&self.address).await?.into(),
        };
        Ok(self.connection.insert(connected))
    }
}
