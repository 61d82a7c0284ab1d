//! A connection to either database, and transactions on it.

use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::LeaseTerm;
use crate::ledger::sql::first_statements::PreparedCalls;
use crate::ledger::sql::query::StoredRow;
use crate::ledger::sql::{FirstStatements, Sql, query};

/// For how long a database that is there may take to answer once the lease has ended.
const AFTER_THE_END: Duration = Duration::from_secs(5);

/// A connection to one of the two databases.
#[derive(Debug)]
pub(in crate::ledger) struct SqlConnection {
    database: Database,
    /// A transaction was dropped in its middle: it is rolled back before the next statement.
    is_abandoned: bool,
    /// What was prepared to begin transactions with.
    prepared: PreparedCalls,
    /// The lease under which the connection is used: a statement that is not answered by its end is given up.
    lease: Option<watch::Receiver<LeaseTerm>>,
}

/// The two kinds of connection.
#[derive(Debug)]
pub(super) enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Where a transaction that writes begins: SQLite takes its lock at once, so that no statement has to wait for it
/// later and fail.
const BEGIN_TO_WRITE: Sql = Sql::twin("BEGIN IMMEDIATE", "BEGIN");

/// All reads see the same moment.
const BEGIN_TO_READ: Sql = Sql::twin("BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

impl From<SqliteConnection> for SqlConnection {
    fn from(connection: SqliteConnection) -> Self {
        Self {
            database: Database::Sqlite(connection),
            is_abandoned: false,
            prepared: PreparedCalls::default(),
            lease: None,
        }
    }
}

impl From<PgConnection> for SqlConnection {
    fn from(connection: PgConnection) -> Self {
        Self {
            database: Database::Postgres(connection),
            is_abandoned: false,
            prepared: PreparedCalls::default(),
            lease: None,
        }
    }
}

impl SqlConnection {
    /// The connection, free of any transaction that was dropped.
    pub(super) async fn database(&mut self) -> Result<&mut Database, sqlx::Error> {
        if self.is_abandoned {
            match &mut self.database {
                // After some errors, such as a full disk, SQLite has rolled it back already.
                Database::Sqlite(connection) => {
                    let _ = sqlx::query("ROLLBACK").execute(connection).await;
                }
                Database::Postgres(connection) => {
                    let rollback = sqlx::query("ROLLBACK").execute(connection);
                    within(self.lease.clone(), rollback).await?;
                }
            }
            self.is_abandoned = false;
        }
        Ok(&mut self.database)
    }

    /// From here on no statement waits for longer than this lease lasts, and a little: a connection can be lost without
    /// a word, and the next holder of the lease may be at work by then.
    pub(in crate::ledger) fn use_under(&mut self, lease: watch::Receiver<LeaseTerm>) {
        self.lease = Some(lease);
    }

    /// The lease under which the connection is used.
    pub(in crate::ledger) fn lease(&self) -> Option<watch::Receiver<LeaseTerm>> {
        self.lease.clone()
    }

    /// Whether it is a connection to PostgreSQL.
    pub(in crate::ledger) fn is_postgres(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// The connection to SQLite, for what only SQLite has; `None` if it leads to PostgreSQL.
    pub(in crate::ledger) fn sqlite(&mut self) -> Option<&mut SqliteConnection> {
        match &mut self.database {
            Database::Sqlite(connection) => Some(connection),
            Database::Postgres(_) => None,
        }
    }

    /// The connection to PostgreSQL, for statements of tests; `None` if it leads to SQLite.
    #[cfg(test)]
    pub(in crate::ledger) fn postgres(&mut self) -> Option<&mut PgConnection> {
        match &mut self.database {
            Database::Sqlite(_) => None,
            Database::Postgres(connection) => Some(connection),
        }
    }

    /// Begins a transaction that writes.
    pub(in crate::ledger) async fn begin(&mut self) -> Result<Transaction<'_>, sqlx::Error> {
        query(BEGIN_TO_WRITE).execute(self).await?;
        Ok(Transaction {
            connection: self,
            is_over: false,
        })
    }

    /// Begins a transaction of PostgreSQL with these statements, and gives what the last one has found; `None`, and no
    /// transaction, if one that must find a row has found none.
    pub(in crate::ledger) async fn begin_with<T: StoredRow>(
        &mut self,
        first: FirstStatements,
    ) -> Result<Option<(Transaction<'_>, T)>, sqlx::Error> {
        let lease = self.lease();
        let Database::Postgres(_) = self.database().await? else {
            return Ok(None);
        };
        // If this is dropped in its middle, or fails, there may be a transaction.
        self.is_abandoned = true;
        let Database::Postgres(database) = &mut self.database else {
            return Ok(None);
        };
        let text = first.text(&mut self.prepared);
        let found = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(database);
        let rows = within(lease, found).await?;
        let Some(last) = rows.last().filter(|_| rows.len() == first.reads()) else {
            return Ok(None);
        };
        let last = T::from_row(last)?;
        self.is_abandoned = false;
        let transaction = Transaction {
            connection: self,
            is_over: false,
        };
        Ok(Some((transaction, last)))
    }

    /// Begins a transaction that writes nothing but temporary tables.
    pub(in crate::ledger) async fn begin_temporary(
        &mut self,
    ) -> Result<Transaction<'_>, sqlx::Error> {
        query("BEGIN").execute(self).await?;
        Ok(Transaction {
            connection: self,
            is_over: false,
        })
    }

    /// All reads until [`SqlConnection::end_snapshot`] see the same moment.
    pub(in crate::ledger) async fn begin_snapshot(&mut self) -> Result<(), sqlx::Error> {
        query(BEGIN_TO_READ).execute(self).await.map(drop)
    }

    /// From here on reads see what is stored now.
    pub(in crate::ledger) async fn end_snapshot(&mut self) -> Result<(), sqlx::Error> {
        query("COMMIT").execute(self).await.map(drop)
    }

    /// Closes the connection.
    pub(in crate::ledger) async fn close(self) -> Result<(), sqlx::Error> {
        match self.database {
            Database::Sqlite(connection) => connection.close().await,
            Database::Postgres(connection) => {
                // A server that does not answer to this finds out by itself.
                let closing = tokio::time::timeout(AFTER_THE_END, connection.close());
                closing.await.unwrap_or(Ok(()))
            }
        }
    }
}

/// What a statement gives; an error if the lease has ended some time ago and the database still does not answer.
pub(in crate::ledger) async fn within<T, E: From<sqlx::Error>>(
    lease: Option<watch::Receiver<LeaseTerm>>,
    statement: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let Some(lease) = lease else {
        return statement.await;
    };
    tokio::select! {
        biased;
        done = statement => done,
        () = has_ended(lease) => Err(E::from(sqlx::Error::Io(io::Error::new(
            io::ErrorKind::TimedOut,
            "the database does not answer, and the lease of the target has ended",
        )))),
    }
}

/// Waits until the lease has ended, and then for as long as a database that is there takes to answer.
async fn has_ended(mut lease: watch::Receiver<LeaseTerm>) {
    loop {
        let left = lease.borrow_and_update().left(Instant::now().into_std());
        let is_kept = tokio::select! {
            () = tokio::time::sleep(left + AFTER_THE_END) => return,
            changed = lease.changed() => changed.is_ok(),
        };
        if !is_kept {
            tokio::time::sleep(AFTER_THE_END).await;
            return;
        }
    }
}

/// A transaction. If it is dropped before it was committed, it is rolled back before the next statement of its
/// connection.
#[derive(Debug)]
pub(in crate::ledger) struct Transaction<'c> {
    connection: &'c mut SqlConnection,
    is_over: bool,
}

impl Transaction<'_> {
    /// Makes what it has written durable.
    pub(in crate::ledger) async fn commit(mut self) -> Result<(), sqlx::Error> {
        query("COMMIT").execute(self.connection).await?;
        self.is_over = true;
        Ok(())
    }

    /// Takes back what it has written.
    pub(in crate::ledger) async fn rollback(mut self) -> Result<(), sqlx::Error> {
        query("ROLLBACK").execute(self.connection).await?;
        self.is_over = true;
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = SqlConnection;

    fn deref(&self) -> &SqlConnection {
        self.connection
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut SqlConnection {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        self.connection.is_abandoned |= !self.is_over;
    }
}
