//! A ledger that is open: for writing, or for reading only.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};

use crate::domain::{Clock, LeaseTerm, LedgerAddress};
use crate::ledger::postgres::{
    self, Contention, HeldLease, LeaseKeeper, LeaseTimes, LeaseWait, lease_holder, take_lease,
};
use crate::ledger::sql::{FirstStatements, SqlConnection, Transaction, query};
use crate::ledger::sqlite::{self, LedgerFile};
use crate::ledger::store::{Job, PlanGuard};
use crate::ledger::{Holder, LedgerError};

/// A ledger open for writing.
#[derive(Debug)]
pub struct Ledger {
    pub(in crate::ledger) connection: SqlConnection,
    pub(in crate::ledger) clock: Clock,
    /// What the plan of the job is compared with while its users are claimed; `None` if this process made the plan.
    pub(in crate::ledger) plan_guard: Option<Arc<Mutex<PlanGuard>>>,
    address: LedgerAddress,
    /// The file, with its lock; `None` in PostgreSQL.
    file: Option<LedgerFile>,
    /// The lease of the target that this process works on; `None` in SQLite, where the lock of the file is enough.
    lease: Option<Arc<HeldLease>>,
    /// What reads the users of a run page by page, if that is shared.
    shared_reader: Option<SharedReader>,
}

/// A reader that several jobs use in turn: a worker would otherwise take two connections for each job.
pub(crate) type SharedReader = Arc<Mutex<Reader>>;

/// Locks a job until the end of the transaction. The lock of SQLite is the whole file's.
const LOCK_JOB: &str = "SELECT number FROM jobs WHERE number = ?1 FOR UPDATE";

/// Locks a job, and the lease of its target, until the end of the transaction, if this process holds that lease: whoever
/// takes it over waits. A renewal does not wait, since it leaves the key as it is.
pub(in crate::ledger) const LOCK_JOB_UNDER_LEASE: &str = "
    SELECT number FROM jobs JOIN targets ON targets.target = jobs.target
    WHERE number = ?1 AND token = ?2
    FOR KEY SHARE OF targets FOR UPDATE OF jobs";

/// Only one job is loaded at a time, so that each has a number of its own. The number is "ofbl".
const LOCK_NUMBERS: &str = "SELECT pg_advisory_xact_lock(1868980844)";

impl Ledger {
    /// Opens a ledger, making it if it is not there, and brings its schema up to date. A file is made for its owner
    /// alone.
    ///
    /// # Errors
    /// Another process holds the file, what is there is something else or damaged, or a newer version wrote it. In
    /// all these cases it is left as it was. Or the database cannot be reached.
    pub async fn open(
        address: impl Into<LedgerAddress>,
        clock: Clock,
    ) -> Result<Self, LedgerError> {
        let address = address.into();
        let (address, file, connection) = match address {
            LedgerAddress::File(path) => {
                let (file, connection) = LedgerFile::open(&path, clock).await?;
                let address = LedgerAddress::File(file.path().to_owned());
                (address, Some(file), SqlConnection::from(connection))
            }
            LedgerAddress::Database(at) => {
                let connection = postgres::open(&at).await?;
                (LedgerAddress::Database(at), None, connection.into())
            }
        };
        Ok(Self {
            connection,
            clock,
            plan_guard: None,
            address,
            file,
            lease: None,
            shared_reader: None,
        })
    }

    /// Writes what SQLite keeps beside the file into the file, so that a copy of it is complete. It does not wait for
    /// readers: what they block is written at the next checkpoint. PostgreSQL does this by itself.
    ///
    /// # Errors
    /// The file cannot be written: the disk fails or is full. The journal beside the file keeps what was
    /// stored.
    pub async fn checkpoint(&mut self) -> Result<(), LedgerError> {
        match self.connection.sqlite() {
            Some(connection) => sqlite::checkpoint(connection).await,
            None => Ok(()),
        }
    }

    /// A second, read-only connection to the same ledger.
    ///
    /// # Errors
    /// As [`Reader::open`], since a file may have been moved or replaced.
    pub async fn reader(&self) -> Result<Reader, LedgerError> {
        let mut reader = Reader::open(&self.address).await?;
        if let Some(lease) = self.connection.lease() {
            reader.connection.use_under(lease);
        }
        Ok(reader)
    }

    /// Where it is.
    pub fn address(&self) -> &LedgerAddress {
        &self.address
    }

    /// Takes the lease of a target for as long as the ledger is open: one process at a time works on a target, so that
    /// one pace holds for its tenant. A lease whose holder may have died is waited for, and `on_wait` is called
    /// once before. Returns until when the lease lasts; `None` in a file, whose lock
    /// keeps other processes out.
    ///
    /// # Errors
    /// [`LedgerError::Leased`] if another process works on the target, and is not to be waited for; or the database
    /// cannot be asked.
    pub(crate) async fn take_lease(
        &mut self,
        target: &str,
        times: LeaseTimes,
        contention: Contention,
        on_wait: &mut (dyn FnMut(&LeaseWait) + Send),
    ) -> Result<Option<watch::Receiver<LeaseTerm>>, LedgerError> {
        let LedgerAddress::Database(address) = &self.address else {
            return Ok(None);
        };
        let is_held = |lease: &Arc<HeldLease>| lease.target == target;
        if !self.lease.as_ref().is_some_and(is_held) {
            self.lease = None;
            let (connection, keeper) = (&mut self.connection, LeaseKeeper::start(address)?);
            let taken = take_lease(connection, target, times, contention, &keeper, on_wait);
            let taken = Arc::new(taken.await?);
            self.hold(taken);
        }
        Ok(self.lease.as_ref().map(|lease| lease.term.clone()))
    }

    /// Reads the users of a run by this reader, which other jobs of the process use, too.
    pub(crate) fn share_reader(&mut self, reader: &SharedReader) {
        self.shared_reader = Some(Arc::clone(reader));
    }

    /// What reads the users of a run page by page, beside the connection that writes.
    pub(in crate::ledger) async fn page_reader(&self) -> Result<SharedReader, LedgerError> {
        match &self.shared_reader {
            Some(reader) => Ok(Arc::clone(reader)),
            None => Ok(Arc::new(Mutex::new(self.reader().await?))),
        }
    }

    /// Works under a lease that was taken with an order.
    pub(crate) fn hold(&mut self, lease: Arc<HeldLease>) {
        self.connection.use_under(lease.term.clone());
        self.lease = Some(lease);
    }

    /// What renews the lease of this target; `None` if this process does not hold it.
    pub(in crate::ledger) fn keeper_of(&self, target: &str) -> Option<LeaseKeeper> {
        let lease = self.lease.as_ref().filter(|lease| lease.target == target);
        lease.map(|lease| lease.keeper())
    }

    /// Makes sure that the file that was opened is still the one at its path.
    pub(in crate::ledger) fn is_in_place(&self) -> Result<(), LedgerError> {
        self.file.as_ref().map_or(Ok(()), LedgerFile::is_in_place)
    }

    /// Begins a transaction that writes to a job. No other process writes to the job until it is over, so that the
    /// chain of the job stays one chain.
    ///
    /// # Errors
    /// [`LedgerError::TakenOver`] if this process has lost its lease; or the ledger cannot be written.
    pub(in crate::ledger) async fn begin(
        &mut self,
        job: i64,
    ) -> Result<Transaction<'_>, LedgerError> {
        if !self.connection.is_postgres() {
            return Ok(self.connection.begin().await?);
        }
        let begun = self.connection.begin_with(self.lock(job)).await?;
        let (transaction, (_,)): (_, (i64,)) = begun.ok_or(LedgerError::TakenOver)?;
        Ok(transaction)
    }

    /// What locks a job, and the lease under which this process works on it.
    pub(in crate::ledger::store) fn lock(&self, job: i64) -> FirstStatements {
        match &self.lease {
            Some(lease) => FirstStatements::reading(LOCK_JOB_UNDER_LEASE, &[job, lease.token]),
            None => FirstStatements::reading(LOCK_JOB, &[job]),
        }
    }

    /// Begins the transaction in which a job is loaded.
    pub(in crate::ledger) async fn begin_new_job(
        &mut self,
    ) -> Result<Transaction<'_>, LedgerError> {
        let mut transaction = self.connection.begin().await?;
        if transaction.is_postgres() {
            query(LOCK_NUMBERS).execute(&mut transaction).await?;
        }
        Ok(transaction)
    }

    /// Closes the ledger, and gives the lease back. What is beside a file is written back into it.
    ///
    /// # Errors
    /// The file was moved or deleted while it was open, or it cannot be written.
    pub async fn close(self) -> Result<(), LedgerError> {
        self.is_in_place()?;
        self.connection.close().await?;
        Ok(())
    }
}

/// A ledger open for reading only, also while other processes write.
#[derive(Debug)]
pub struct Reader {
    address: LedgerAddress,
    pub(in crate::ledger) connection: SqlConnection,
}

impl Reader {
    /// Opens a ledger without changing anything, unless an older version wrote it: then its schema is brought up to
    /// date first, as by whatever writes to it.
    ///
    /// # Errors
    /// There is none, it is no ledger, or it is of an older version and cannot be changed.
    pub async fn open(address: impl Into<LedgerAddress>) -> Result<Self, LedgerError> {
        let (address, connection) = match address.into() {
            LedgerAddress::File(path) => {
                let (path, connection) = sqlite::open_to_read(&path).await?;
                (LedgerAddress::File(path), connection.into())
            }
            LedgerAddress::Database(at) => {
                let connection = postgres::open_to_read(&at).await?;
                (LedgerAddress::Database(at), connection.into())
            }
        };
        Ok(Self {
            address,
            connection,
        })
    }

    /// Makes sure that the database still answers.
    ///
    /// # Errors
    /// It does not.
    pub(crate) async fn probe(&mut self) -> Result<(), LedgerError> {
        query("SELECT 1").execute(&mut self.connection).await?;
        Ok(())
    }

    /// All reads until [`Reader::end_snapshot`] see the ledger as it is at the first of them, whatever is
    /// written meanwhile.
    ///
    /// # Errors
    /// A snapshot has begun already.
    pub async fn begin_snapshot(&mut self) -> Result<(), LedgerError> {
        Ok(self.connection.begin_snapshot().await?)
    }

    /// From here on reads see what the ledger holds now.
    ///
    /// # Errors
    /// No snapshot has begun.
    pub async fn end_snapshot(&mut self) -> Result<(), LedgerError> {
        Ok(self.connection.end_snapshot().await?)
    }

    /// The process that works on the ledger now, or in a database on the target of the job, if any.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn holder(&mut self, job: &Job) -> Result<Option<Holder>, LedgerError> {
        match &self.address {
            LedgerAddress::File(path) => Ok(sqlite::holder(path)),
            LedgerAddress::Database(_) => lease_holder(&mut self.connection, &job.target).await,
        }
    }
}
