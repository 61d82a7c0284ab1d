//! Opening a ledger in a database: the schema `offboard`, made where it is not there, and brought up to date.

use std::io;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::domain::DatabaseAddress;
use crate::ledger::LedgerError;
use crate::ledger::postgres::address::connect_options;

/// The server ends a connection that has begun to write and then says nothing for so long: its process was stopped, or
/// cannot reach the server. Otherwise the rows that it has locked would keep the next holder of the lease waiting.
const END_IF_SILENT: &str = "SET idle_in_transaction_session_timeout = '5s'";

/// How long connecting may take. A packet that is dropped on the way is no refusal.
const PATIENCE: Duration = Duration::from_secs(20);

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// What the database holds.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// No ledger.
    Nothing,
    /// A ledger of an older version, with the number of its newest migration.
    Older(i64),
    /// A ledger.
    Ledger,
}

/// Connects to write, makes the ledger if it is not there, and brings its schema up to date. A role that may not
/// change the schema can use a ledger that is up to date.
pub(in crate::ledger) async fn open(
    address: &DatabaseAddress,
) -> Result<PgConnection, LedgerError> {
    let mut connection = connect(address).await?;
    sqlx::query(END_IF_SILENT).execute(&mut connection).await?;
    match examine(&mut connection, address).await? {
        Found::Ledger => {}
        Found::Nothing => {
            let make = "CREATE SCHEMA IF NOT EXISTS offboard";
            sqlx::query(make).execute(&mut connection).await?;
            migrate(&mut connection).await?;
        }
        Found::Older(_) => migrate(&mut connection).await?,
    }
    Ok(connection)
}

/// Connects to read. Nothing is changed, unless an older version made the ledger.
pub(in crate::ledger) async fn open_to_read(
    address: &DatabaseAddress,
) -> Result<PgConnection, LedgerError> {
    let mut connection = connect(address).await?;
    match examine(&mut connection, address).await? {
        Found::Ledger => Ok(connection),
        Found::Older(_) => {
            migrate(&mut connection).await?;
            Ok(connection)
        }
        Found::Nothing => {
            let _ = connection.close().await;
            Err(LedgerError::NoLedger(address.to_string()))
        }
    }
}

/// Connects. All statements of the connection mean the tables of the ledger.
pub(super) async fn connect(address: &DatabaseAddress) -> Result<PgConnection, LedgerError> {
    let unreachable = |source| LedgerError::Unreachable {
        address: address.to_string(),
        source,
    };
    let options = connect_options(address).map_err(unreachable)?;
    let connecting = async {
        let mut connection = options.connect().await.map_err(unreachable)?;
        sqlx::query("SET search_path = offboard")
            .execute(&mut connection)
            .await?;
        Ok(connection)
    };
    let late = || unreachable(sqlx::Error::Io(io::ErrorKind::TimedOut.into()));
    let connected = tokio::time::timeout(PATIENCE, connecting).await;
    connected.unwrap_or_else(|_| Err(late()))
}

/// Looks at the schema without changing it.
async fn examine(
    connection: &mut PgConnection,
    address: &DatabaseAddress,
) -> Result<Found, LedgerError> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = 'offboard'",
    )
    .fetch_all(&mut *connection)
    .await?;
    if tables.is_empty() {
        return Ok(Found::Nothing);
    }
    if !tables.iter().any(|table| table == "_sqlx_migrations") {
        return Err(LedgerError::ForeignSchema(address.to_string()));
    }
    let newest: i64 =
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM offboard._sqlx_migrations")
            .fetch_one(connection)
            .await?;
    let known = MIGRATIONS.iter().map(|one| one.version).max();
    match newest.cmp(&known.unwrap_or(0)) {
        std::cmp::Ordering::Less => Ok(Found::Older(newest)),
        std::cmp::Ordering::Equal => Ok(Found::Ledger),
        std::cmp::Ordering::Greater => Err(LedgerError::Newer {
            ledger: address.to_string(),
            found: newest,
        }),
    }
}

/// Brings the schema up to date. The migrator takes a lock, so that two processes do it one after the other.
async fn migrate(connection: &mut PgConnection) -> Result<(), LedgerError> {
    let done = MIGRATIONS.run(connection).await;
    done.map_err(|error| LedgerError::Sql(sqlx::Error::Migrate(Box::new(error))))
}
