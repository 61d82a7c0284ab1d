//! What can be wrong with a ledger, and what can be done about it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sqlx::postgres::PgDatabaseError;

use crate::domain::Line;
use crate::ledger::Holder;
use crate::ledger::sql::Unreadable;

/// The ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another process works on it.
    #[error("ledger `{path}` is in use by {holder}")]
    Locked {
        /// The ledger file.
        path: PathBuf,
        /// The process that holds it.
        holder: Holder,
    },
    /// There is no such file.
    #[error("there is no ledger at `{0}`")]
    Missing(PathBuf),
    /// The file is something else.
    #[error("`{0}` is not a ledger of this program")]
    Foreign(PathBuf),
    /// A later version of this program has written it.
    #[error("ledger `{ledger}` was written by a newer version (its schema is {found})")]
    Newer {
        /// The ledger.
        ledger: String,
        /// The schema version that this program does not know.
        found: i64,
    },
    /// An older version of this program has written it, and its schema cannot be brought up to date.
    #[error(
        "ledger `{path}` was written by an older version (its schema is {schema}), and cannot be \
             brought up to date: {why}"
    )]
    Older {
        /// The ledger file.
        path: PathBuf,
        /// Its schema version.
        schema: i64,
        /// What is in the way.
        why: String,
    },
    /// The file cannot be opened or created.
    #[error("cannot open ledger `{path}`: {source}")]
    Open {
        /// The ledger file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not where it was when it was opened.
    #[error("ledger `{0}` was moved or deleted while it was in use")]
    Gone(PathBuf),
    /// SQLite cannot be given such a name.
    #[error("the ledger's name `{0}` is not UTF-8")]
    Name(PathBuf),
    /// SQLite opens no path of that length.
    #[error("the path of ledger `{path}` is too long: it may have {longest} bytes")]
    Long {
        /// The ledger file.
        path: PathBuf,
        /// What SQLite takes.
        longest: usize,
    },
    /// The main file is gone or empty while the rest of the ledger is there.
    #[error("ledger `{path}` is missing or empty, but `{journal}` holds what was written to it")]
    Parted {
        /// The ledger file.
        path: PathBuf,
        /// The journal of that ledger.
        journal: PathBuf,
    },
    /// Another process has begun a run of the same job.
    #[error("another process has taken this job over: this run stops")]
    TakenOver,
    /// The lines from the first to the second are not as they were when the plan was made.
    #[error("what the ledger holds is not the plan that was made: lines {0} to {1} differ")]
    OtherPlan(Line, Line),
    /// The database does not answer, or lets nobody in.
    #[error("cannot open ledger `{address}`: {source}")]
    Unreachable {
        /// The database.
        address: String,
        /// What the library says.
        source: sqlx::Error,
    },
    /// Another process works on the target.
    #[error("`{target}` is being worked on by {holder}")]
    Leased {
        /// The SCIM base URL.
        target: String,
        /// The process that holds the lease.
        holder: Holder,
    },
    /// A file has one process that works on it, and no workers.
    #[error("ledger `{0}` is a file, and jobs can be left to workers in a database only")]
    NoWorkers(String),
    /// There is no ledger in the database.
    #[error("there is no ledger in `{0}`")]
    NoLedger(String),
    /// The schema of the database is something else.
    #[error("the schema `offboard` of `{0}` is not a ledger of this program")]
    ForeignSchema(String),
    /// The database fails.
    #[error("ledger: {0}")]
    Sql(#[source] sqlx::Error),
    /// A stored value that this version cannot read.
    #[error("ledger: cannot read stored {what} `{found}`")]
    Value {
        /// Which value.
        what: String,
        /// What is stored.
        found: String,
    },
    /// No job has that name, or several have.
    #[error("{0}")]
    NoSuchJob(String),
    /// The ledger to which a job is copied knows it already.
    #[error("job {job} is, or was, in ledger `{ledger}`")]
    Present {
        /// The job.
        job: String,
        /// The other ledger.
        ledger: String,
    },
    /// The chain of a job does not hold at the event in this place.
    #[error("the chain of the job does not hold: event {0} was changed")]
    BrokenChain(u64),
    /// A job cannot be pruned before the one that takes it back.
    #[error("job {job} is taken back by job {undo}")]
    Undone {
        /// The job.
        job: String,
        /// Its undo.
        undo: String,
    },
}

impl LedgerError {
    /// Whether the same may succeed a little later: the database is away, or another process was faster.
    pub(crate) fn may_pass(&self) -> bool {
        // Classes of SQLSTATE: the connection, a transaction that was in the way of another, the server's resources, a
        // database that takes nobody in at present, and an operator who intervened
        // (https://www.postgresql.org/docs/current/errcodes-appendix.html).
        const PASSING: [&str; 5] = ["08", "40", "53", "55", "57"];
        // The server has ended a transaction that said nothing for too long.
        const SILENT: &str = "25P03";
        match self {
            Self::TakenOver | Self::Leased { .. } => true,
            Self::Sql(source) | Self::Unreachable { source, .. } => match source {
                sqlx::Error::Database(error) => error.code().is_some_and(|code| {
                    code == SILENT || PASSING.iter().any(|class| code.starts_with(class))
                }),
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// What to do next, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Locked { .. } => Some(
                "wait until it ends, or stop it; `offboard status` reads the ledger meanwhile"
                    .to_owned(),
            ),
            Self::Missing(_) => Some(
                "the ledger is the file in which jobs are kept: change to the folder in which the job was \
                 started, or name the file with `--ledger FILE`"
                    .to_owned(),
            ),
            Self::Unreachable { source, .. } => Some(match source {
                sqlx::Error::Database(_) => {
                    "check the user, the database and the password (PGPASSWORD, ~/.pgpass, or `?password-file=FILE` in the \
                     address)"
                        .to_owned()
                }
                _ => "check the address and `sslmode`, and whether the server runs; nothing was sent"
                    .to_owned(),
            }),
            Self::Leased { .. } => Some(
                "wait until it ends, or stop it: one process at a time works on a target; `offboard status` \
                 reads the ledger meanwhile"
                    .to_owned(),
            ),
            Self::NoWorkers(_) => Some(
                "name a PostgreSQL database with `--ledger postgres://USER@HOST/DATABASE`; nothing was sent"
                    .to_owned(),
            ),
            Self::NoLedger(_) => Some(
                "`offboard plan` and `offboard run` make it; or name another database with `--ledger`"
                    .to_owned(),
            ),
            Self::ForeignSchema(_) => {
                Some("name another database with `--ledger`; nothing was changed".to_owned())
            }
            Self::Foreign(_) => {
                Some("name another file with `--ledger FILE`; nothing was changed".to_owned())
            }
            Self::Newer { .. } => Some("use the newer program; nothing was changed".to_owned()),
            Self::Older { .. } => Some(
                "wait until no process works on it, or copy it to where it can be written, and name the copy \
                 with `--ledger FILE`"
                    .to_owned(),
            ),
            Self::Long { .. } => {
                Some("name a file with a shorter path with `--ledger FILE`".to_owned())
            }
            Self::Open { source, .. } if source.kind() == ErrorKind::InvalidFilename => {
                Some("give a shorter name with `--ledger FILE`".to_owned())
            }
            Self::Name(_) => Some("name another file with `--ledger FILE`".to_owned()),
            Self::Parted { journal, .. } => Some(format!(
                "put the ledger back from a copy, or move `{}` away to begin anew",
                journal.display()
            )),
            Self::TakenOver => Some(
                "no user is lost: wait until the other run ends, and keep the `.lock` file in place"
                    .to_owned(),
            ),
            Self::Open { .. } => {
                Some("check the folder and its permissions, or use `--ledger FILE`".to_owned())
            }
            Self::Gone(_) => Some(
                "put it back, with the files beside it: the same command then continues. Without it, \
                 the same command begins anew, and finds the users as they are"
                    .to_owned(),
            ),
            Self::Sql(error) => sql_hint(error),
            Self::OtherPlan(..) => Some(
                "the ledger was changed by other means: `offboard audit verify` finds where".to_owned(),
            ),
            Self::Value { .. } => None,
            Self::NoSuchJob(_) => Some("`offboard jobs list` shows all jobs".to_owned()),
            Self::Present { .. } => Some("nothing was copied".to_owned()),
            Self::BrokenChain(_) => Some(
                "`offboard audit verify` says what differs; nothing was copied".to_owned(),
            ),
            Self::Undone { undo, .. } => Some(format!("prune job {undo} too")),
        }
    }

    pub(super) fn open(path: &Path, source: std::io::Error) -> Self {
        Self::Open {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn value(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Value {
            what: what.into(),
            found: found.into(),
        }
    }
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { index, source } => match source.downcast::<Unreadable>() {
                Ok(unreadable) => Self::value(index.trim_matches('"'), unreadable.0),
                Err(source) => Self::Sql(sqlx::Error::ColumnDecode { index, source }),
            },
            other => Self::Sql(other),
        }
    }
}

fn sql_hint(error: &sqlx::Error) -> Option<String> {
    if let sqlx::Error::Io(_) = error {
        let what = "the machine is short of memory or threads, or the file or the database cannot be reached";
        return Some(format!("{what}; the same command then continues"));
    }
    let error = error.as_database_error()?;
    let code = error.code()?;
    if error.try_downcast_ref::<PgDatabaseError>().is_some() {
        return server_hint(&code);
    }
    // Primary result codes: https://www.sqlite.org/rescode.html
    match code.parse::<u32>().ok()? & 0xff {
        7 => Some("the machine is short of memory; the same command then continues".to_owned()),
        10 => Some(
            "the disk fails, or a file may grow no further (`ulimit -f`): put that right; the same \
             command then continues"
                .to_owned(),
        ),
        11 | 26 => Some("the file is damaged: restore it from a copy".to_owned()),
        13 => Some("the disk is full: make room; the same command then continues".to_owned()),
        8 | 14 => Some("the file or its folder cannot be written".to_owned()),
        _ => None,
    }
}

/// What to do about an error of a server. The codes are those of PostgreSQL, appendix A.
fn server_hint(code: &str) -> Option<String> {
    let hint = match code {
        "42501" => {
            "the role lacks a right in the schema `offboard`: its owner grants it (see docs/fleet.md)"
        }
        "25P03" => {
            "the process was stopped, or the machine slept, in the middle of a transaction, of which nothing \
             is stored; the same command then continues"
        }
        "53100" => "the disk of the database is full: make room; the same command then continues",
        _ if code.starts_with("08") || code.starts_with("57P") => {
            "the database has ended the connection: wait until it runs; the same command then continues"
        }
        _ if code.starts_with("53") => {
            "the database lacks memory or connections; the same command then continues"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}
