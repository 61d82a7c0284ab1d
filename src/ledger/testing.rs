//! A ledger in a folder of its own with one job, for the unit tests of this room.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};

use crate::domain::{
    Clock, DatabaseAddress, Effect, Entry, Fact, IdRule, LedgerAddress, Line, Timestamp, UserId,
};
use crate::ledger::sql::Sql;
use crate::ledger::{Job, Ledger, Mandate, Names, NewJob, NewLine, NewRun, RunKind};

#[path = "../../tests/servers/postgres_server.rs"]
mod postgres_server;

pub(super) use postgres_server::new_database;

/// A test with one parameter, the store: it runs on each of the two databases.
macro_rules! on_each_store {
    ($(#[$meta:meta])* async fn $name:ident($store:ident: $type:ty) $body:block) => {
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn test($store: $type) $body

            #[tokio::test]
            async fn on_sqlite() {
                test($crate::ledger::testing::TestStore::sqlite()).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if let Some(store) = $crate::ledger::testing::TestStore::postgres() {
                    test(store).await;
                }
            }
        }
    };
}

pub(super) use on_each_store;

/// A place for a ledger of its own: a new folder or a new database.
#[derive(Debug)]
pub(super) enum TestStore {
    /// The folder is removed with it.
    Sqlite(tempfile::TempDir),
    Postgres(DatabaseAddress),
}

impl TestStore {
    /// A new folder.
    pub(super) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// A new database; `None` where PostgreSQL is not installed.
    pub(super) fn postgres() -> Option<Self> {
        let address = new_database()?;
        Some(Self::Postgres(DatabaseAddress::parse(&address).unwrap()))
    }

    /// A new place of the same kind.
    pub(super) fn another(&self) -> Self {
        match self {
            Self::Sqlite(_) => Self::sqlite(),
            Self::Postgres(_) => Self::postgres().unwrap(),
        }
    }

    /// The same database, or a new folder: many cases need no database each.
    pub(super) fn shared(&self) -> Self {
        match self {
            Self::Sqlite(_) => Self::sqlite(),
            Self::Postgres(address) => Self::Postgres(address.clone()),
        }
    }

    /// Where the ledger is.
    pub(super) fn address(&self) -> LedgerAddress {
        match self {
            Self::Sqlite(dir) => LedgerAddress::File(dir.path().join("ledger.db")),
            Self::Postgres(address) => LedgerAddress::Database(address.clone()),
        }
    }
}

/// A ledger, its job, and a run of the job. What is stored goes with it.
pub(super) struct LedgerBed {
    pub(super) ledger: Ledger,
    pub(super) job: Job,
    pub(super) run: NewRun,
    pub(super) store: TestStore,
}

impl LedgerBed {
    /// A job that disables users and removes them from all workspaces; its lines, from 2 on, have these names. It is
    /// in a file of SQLite.
    pub(super) async fn new(ids: IdRule, kind: RunKind, names: Vec<Names>) -> Self {
        Self::within(TestStore::sqlite(), ids, kind, names).await
    }

    /// The same in this store.
    pub(super) async fn within(
        store: TestStore,
        ids: IdRule,
        kind: RunKind,
        names: Vec<Names>,
    ) -> Self {
        let mut ledger = Ledger::open(store.address(), Clock::System).await.unwrap();
        let new = NewJob {
            key: "key".into(),
            target: "https://scim.example.com/".into(),
            change: "disable+remove-access".parse().unwrap(),
            roster_path: "/r.csv".into(),
            roster_digest: "digest".into(),
            roster_header: vec!["User".into()],
            ids,
            reading: Value::Null,
            parent: None,
        };
        let mut loading = ledger.load(&new).await.unwrap();
        for (line, names) in (2..).zip(names) {
            let user_name = match &names {
                Names::UserName(name) => Some(name.clone()),
                _ => None,
            };
            let line = NewLine {
                line,
                names,
                user_name,
                goal: None,
                cells: Vec::new(),
            };
            loading.push(line).await.unwrap();
        }
        let job = loading.commit().await.unwrap().job;
        let mandate = Mandate::default();
        let run = ledger.start_run(&job, kind, &mandate).await.unwrap();
        Self {
            ledger,
            job,
            run,
            store,
        }
    }
}

impl Ledger {
    /// How SQLite carries a statement out: a text for each step.
    pub(super) async fn query_plan(&mut self, sql: impl Into<Sql>) -> Vec<String> {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", sql.into().sqlite));
        let connection = self.connection.sqlite().unwrap();
        let steps = sqlx::query(explain).fetch_all(connection).await;
        let steps = steps.unwrap();
        steps.iter().map(|step| step.get("detail")).collect()
    }

    /// Asserts that a statement finds what it reads in this index of `users`: it neither goes through all
    /// lines nor sorts.
    pub(super) async fn assert_found_by(&mut self, index: &str, sql: impl Into<Sql>) {
        let sql = sql.into();
        let plan = self.query_plan(sql).await.join("; ");
        assert!(plan.contains(index), "{sql:?}: {plan}");
        for word in ["SCAN users", "TEMP B-TREE", "AUTOMATIC"] {
            assert!(!plan.contains(word), "{sql:?}: {plan}");
        }
    }
}

/// Names of one line: this id.
pub(super) fn id(id: &str) -> Names {
    Names::Id(UserId::new(id))
}

/// A user that is given back with this number of attempts, and was never written.
pub(super) fn released(line: u64, attempts: u32) -> Entry {
    Entry {
        line: Line(line),
        at: Timestamp::from_millis(0),
        fact: Fact::Released {
            attempts,
            effect: Effect::None,
            unanswered: false,
            why: "test".to_owned(),
        },
    }
}
