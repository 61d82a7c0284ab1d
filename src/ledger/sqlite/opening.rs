//! Opening a file that is a ledger: for writing, by one process, or for reading, by any number of processes.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::domain::Clock;
use crate::ledger::LedgerError;
use crate::ledger::sqlite::ledger_path;
use crate::ledger::sqlite::lock::{self, Lock};
use crate::ledger::sqlite::opened_file::OpenedFile;
use crate::platform;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// "ofbl", as the first migration sets it.
pub(super) const APPLICATION_ID: i64 = 0x6F66_626C;

/// How many rows SQLite's thread may be ahead of the task that reads them: so many that the threads seldom wake one
/// another, and so few that they take little memory, since the library copies each value of a row.
const ROW_BUFFER: usize = 128;

// Extended result codes: https://www.sqlite.org/rescode.html
const NOT_A_DATABASE: &str = "26";
/// `SQLITE_READONLY_ROLLBACK`: a transaction was cut off, and a reader may not roll it back.
const HOT_JOURNAL: &str = "776";

/// The file of a ledger that is open for writing. The lock is held as long as this value lives.
#[derive(Debug)]
pub(in crate::ledger) struct LedgerFile {
    path: PathBuf,
    /// The file that was opened, whatever is found at `path` later.
    opened: OpenedFile,
    _lock: Lock,
}

impl LedgerFile {
    /// Opens the ledger at `path`, making it if it is not there (for its owner alone), and brings its schema
    /// up to date.
    ///
    /// # Errors
    /// Another process holds it, the file is something else or damaged, or a newer version wrote
    /// it. In all these cases the file is left as it was.
    pub(in crate::ledger) async fn open(
        path: &Path,
        clock: Clock,
    ) -> Result<(Self, SqliteConnection), LedgerError> {
        let path = ledger_path::resolve(path)?;
        let path = path.as_path();
        // Examines the file before it is locked, so that no lock file appears beside a file that is not
        // a ledger. Where a lock file exists already, another process may be making the ledger: then
        // only the check under the lock counts.
        if let Err(error) = examine(path).await
            && !lock::is_there(path)
        {
            return Err(error);
        }
        let lock = Lock::take(path, clock.now())?;
        match examine(path).await? {
            Found::Ledger | Found::Older(_) | Found::Unmade => {}
            Found::Nothing => create(path)?,
        }
        File::open(path)
            .and_then(|file| platform::make_private(path, &file))
            .map_err(|source| LedgerError::open(path, source))?;
        let mut connection = options(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .connect()
            .await?;
        MIGRATIONS
            .run(&mut connection)
            .await
            .map_err(|error| migration_error(path, error))?;
        let file = Self {
            opened: OpenedFile::of(path)?,
            path: path.to_owned(),
            _lock: lock,
        };
        checkpoint(&mut connection).await?;
        Ok((file, connection))
    }

    /// Where the file is.
    pub(in crate::ledger) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes sure that what was opened is still what is at the path.
    pub(in crate::ledger) fn is_in_place(&self) -> Result<(), LedgerError> {
        self.opened.is_at(&self.path)
    }
}

/// Checkpoints the write-ahead log, so that a copy of the main file is complete. It does not wait for readers:
/// what they block is written at the next checkpoint.
///
/// # Errors
/// The file cannot be written: the disk fails or is full. The journal beside the file keeps what was stored.
pub(in crate::ledger) async fn checkpoint(
    connection: &mut SqliteConnection,
) -> Result<(), LedgerError> {
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
        .execute(connection)
        .await?;
    Ok(())
}

/// Opens the ledger at `path` for reading, without changing anything, unless an older version wrote it: then its
/// schema is brought up to date first, as by whatever writes to it. Returns the resolved path, too.
///
/// # Errors
/// There is none, it is no ledger, or it is of an older version and cannot be changed.
pub(in crate::ledger) async fn open_to_read(
    path: &Path,
) -> Result<(PathBuf, SqliteConnection), LedgerError> {
    let missing = || LedgerError::Missing(path.to_owned());
    let found = ledger_path::resolve(path).map_err(|error| match error {
        LedgerError::Open { source, .. } if source.kind() == ErrorKind::NotFound => missing(),
        other => other,
    })?;
    match examine(&found).await? {
        Found::Ledger => {}
        Found::Older(schema) => renew(&found, schema).await?,
        Found::Unmade | Found::Nothing => return Err(missing()),
    }
    let (connection, _) = look(&found).await?;
    Ok((found, connection))
}

/// Opens a ledger that this process has open already, to write beside the first connection.
///
/// # Errors
/// The file was moved or deleted meanwhile, or it cannot be written.
pub(in crate::ledger) async fn open_beside(path: &Path) -> Result<SqliteConnection, LedgerError> {
    let writing = options(path).synchronous(SqliteSynchronous::Full);
    Ok(writing.connect().await?)
}

/// Brings the schema of an older ledger up to date.
async fn renew(path: &Path, schema: i64) -> Result<(), LedgerError> {
    let older = |error: LedgerError| LedgerError::Older {
        path: path.to_owned(),
        schema,
        why: error.to_string(),
    };
    let opened = LedgerFile::open(path, Clock::System).await;
    let (file, connection) = opened.map_err(older)?;
    file.is_in_place()?;
    connection.close().await?;
    Ok(())
}

pub(super) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(30))
        .row_buffer_size(ROW_BUFFER)
        // Only macOS has these: there an ordinary sync leaves the data in the drive's own memory.
        .pragma("fullfsync", "1")
        .pragma("checkpoint_fullfsync", "1")
        .disable_statement_logging()
}

#[derive(PartialEq, Eq)]
enum Found {
    Nothing,
    /// A ledger whose maker was killed before the first migration was done.
    Unmade,
    /// A ledger of an older version, with the number of its newest migration.
    Older(i64),
    Ledger,
}

/// Looks at the file without writing a byte: opening for writing would already turn a stranger's
/// database to another journal mode.
async fn examine(path: &Path) -> Result<Found, LedgerError> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return nothing(path),
        Err(error) => return Err(LedgerError::open(path, error)),
        Ok(meta) if meta.is_dir() => {
            return Err(LedgerError::open(
                path,
                std::io::Error::other("it is a directory"),
            ));
        }
        // Its permissions would be changed, and a lock and a journal put beside a device.
        Ok(meta) if !meta.is_file() => {
            return Err(LedgerError::open(
                path,
                std::io::Error::other("it is not a regular file"),
            ));
        }
        Ok(meta) if meta.len() == 0 => return nothing(path),
        Ok(_) => {}
    }
    File::open(path).map_err(|source| LedgerError::open(path, source))?;
    let (mut connection, id) = look(path).await?;
    let foreign = || LedgerError::Foreign(path.to_owned());
    let id = id.map_err(|error| {
        if is_code(&error, NOT_A_DATABASE) {
            foreign()
        } else {
            error.into()
        }
    })?;
    // The migrator's table comes with an index.
    let others: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> '_sqlx_migrations'",
    )
    .fetch_one(&mut connection)
    .await?;
    let applied = newest_migration(&mut connection).await?;
    connection.close().await?;
    match (id, others, applied) {
        (0, 0, None | Some(0)) => Ok(Found::Unmade),
        (APPLICATION_ID, _, Some(found)) if found > known_migration() => Err(LedgerError::Newer {
            ledger: path.display().to_string(),
            found,
        }),
        (APPLICATION_ID, _, Some(found)) if found < known_migration() => Ok(Found::Older(found)),
        (APPLICATION_ID, _, Some(_)) => Ok(Found::Ledger),
        _ => Err(foreign()),
    }
}

/// There is no ledger, unless its other half says that there was one: SQLite would delete that half as
/// soon as it opened the file.
fn nothing(path: &Path) -> Result<Found, LedgerError> {
    let journal = ledger_path::beside(path, "-wal");
    if journal.metadata().is_ok_and(|meta| meta.len() > 0) {
        let path = path.to_owned();
        return Err(LedgerError::Parted { path, journal });
    }
    Ok(Found::Nothing)
}

/// Opens the file for reading, and asks whose it is.
async fn look(path: &Path) -> Result<(SqliteConnection, Result<i64, sqlx::Error>), LedgerError> {
    let looking = options(path).read_only(true);
    let mut connection = looking.clone().connect().await?;
    let mut id = application_id(&mut connection).await;
    // Two cases in which the file is read as it lies there. Killed while it was turned to WAL: the first
    // opening for writing rolls that back. Or SQLite cannot put its index beside the file, such as on a
    // medium that is read-only: without a journal all is in the file, and no process writes.
    let alone = || !ledger_path::beside(path, "-wal").exists();
    let as_it_lies =
        |error: &sqlx::Error| is_code(error, HOT_JOURNAL) || is_unwritable(error) && alone();
    if id.as_ref().is_err_and(as_it_lies) {
        connection = looking.immutable(true).connect().await?;
        id = application_id(&mut connection).await;
    }
    Ok((connection, id))
}

/// The newest migration that the file has seen: 0 for none, `None` if it has never met a migrator.
pub(super) async fn newest_migration(
    connection: &mut SqliteConnection,
) -> Result<Option<i64>, LedgerError> {
    let known: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !known {
        return Ok(None);
    }
    let newest = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await?;
    Ok(Some(newest))
}

pub(super) fn known_migration() -> i64 {
    MIGRATIONS.iter().map(|one| one.version).max().unwrap_or(0)
}

pub(super) async fn application_id(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(connection)
        .await
}

fn is_code(error: &sqlx::Error, code: &str) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|found| found == code)
}

/// `SQLITE_CANTOPEN` or `SQLITE_READONLY`, for whatever detailed reason.
fn is_unwritable(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .and_then(|code| code.parse::<u32>().ok())
        .is_some_and(|code| matches!(code & 0xff, 8 | 14))
}

fn create(path: &Path) -> Result<(), LedgerError> {
    let options = OpenOptions::new().write(true).clone();
    platform::open_or_create_private(path, &options)
        .map(drop)
        .map_err(|source| LedgerError::open(path, source))
}

fn migration_error(path: &Path, error: MigrateError) -> LedgerError {
    match error {
        MigrateError::Execute(error) => LedgerError::Sql(error),
        MigrateError::VersionMissing(found) => LedgerError::Newer {
            ledger: path.display().to_string(),
            found,
        },
        other => LedgerError::Sql(sqlx::Error::Migrate(Box::new(other))),
    }
}
