//! What renews a lease: a thread with a connection of its own, so that neither a long computation nor a question to a
//! person nor a slow transaction keeps it from renewing.

use std::thread::JoinHandle;
use std::time::Duration;

use sqlx::PgConnection;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::domain::{Clock, DatabaseAddress, LeaseTerm};
use crate::ledger::LedgerError;
use crate::ledger::postgres::lease::{GIVE_BACK, LeaseTimes, RENEW, millis};
use crate::ledger::postgres::opening::connect;

/// How long giving the lease back may take: otherwise it ends by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// The time after which a renewal that failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The thread that renews a lease. When this is dropped, the thread gives the lease back and ends.
#[derive(Debug)]
pub(super) struct Keeper {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What is renewed.
struct Kept {
    address: DatabaseAddress,
    target: String,
    token: i64,
    times: LeaseTimes,
    term: watch::Sender<LeaseTerm>,
}

impl Keeper {
    /// Begins to renew a lease that was just taken. Returns until when it lasts, as it is from moment to moment.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub(super) fn start(
        address: &DatabaseAddress,
        target: &str,
        token: i64,
        times: LeaseTimes,
        first: LeaseTerm,
    ) -> Result<(Self, watch::Receiver<LeaseTerm>), LedgerError> {
        let (term, watched) = watch::channel(first);
        let kept = Kept {
            address: address.clone(),
            target: target.to_owned(),
            token,
            times,
            term,
        };
        let (stop, stopped) = oneshot::channel();
        let failed = |error| LedgerError::Sql(sqlx::Error::Io(error));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let thread = std::thread::Builder::new()
            .name("lease".to_owned())
            .spawn(move || runtime.block_on(kept.keep(stopped)))
            .map_err(failed)?;
        let keeper = Self {
            stop: Some(stop),
            thread: Some(thread),
        };
        Ok((keeper, watched))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed there; the lease ends by itself.
            let _ = thread.join();
        }
    }
}

impl Kept {
    /// Renews the lease until `stopped` says so or it is lost.
    async fn keep(self, mut stopped: oneshot::Receiver<()>) {
        let mut connection = None;
        let mut pause = self.times.heartbeat;
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                () = sleep(pause) => {}
            }
            let renewing = timeout(self.times.heartbeat, self.renew(&mut connection));
            let renewed = tokio::select! {
                _ = &mut stopped => break,
                renewed = renewing => renewed,
            };
            pause = match renewed {
                Ok(Ok(true)) => self.times.heartbeat,
                Ok(Ok(false)) => {
                    tracing::warn!(target = %self.target, "another process has taken the lease over");
                    self.term.send_replace(LeaseTerm::LOST);
                    return;
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the lease could not be renewed");
                    connection = None;
                    AGAIN
                }
                Err(_) => {
                    tracing::warn!("the database did not answer in time");
                    connection = None;
                    AGAIN
                }
            };
        }
        self.term.send_replace(LeaseTerm::LOST);
        let _ = timeout(PATIENCE, self.give_back(&mut connection)).await;
    }

    /// Renews the lease once; `false` if another process holds it by now.
    async fn renew(&self, connection: &mut Option<PgConnection>) -> Result<bool, LedgerError> {
        let connection = self.connected(connection).await?;
        let asked = (Instant::now(), Clock::System.now());
        let renewed = sqlx::query(RENEW)
            .bind(&self.target)
            .bind(self.token)
            .bind(millis(self.times.length))
            .execute(connection)
            .await?;
        if renewed.rows_affected() == 0 {
            return Ok(false);
        }
        let term = LeaseTerm::asked_at(asked.0.into_std(), asked.1, self.times.length);
        self.term.send_replace(term);
        Ok(true)
    }

    async fn give_back(&self, connection: &mut Option<PgConnection>) -> Result<(), LedgerError> {
        let connection = self.connected(connection).await?;
        sqlx::query(GIVE_BACK)
            .bind(&self.target)
            .bind(self.token)
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn connected<'c>(
        &self,
        connection: &'c mut Option<PgConnection>,
    ) -> Result<&'c mut PgConnection, LedgerError> {
        let connected = match connection.take() {
            Some(connected) => connected,
            None => connect(&self.address).await?,
        };
        Ok(connection.insert(connected))
    }
}
