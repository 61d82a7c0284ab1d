//! A ledger in a folder of its own with one job, for the unit tests of this room.

use std::path::PathBuf;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};

use crate::domain::{Clock, IdRule, UserId};
use crate::ledger::{Job, Ledger, Mandate, Names, NewJob, NewLine, NewRun, RunKind};

/// A ledger, its job, and a run of the job. The folder is removed with it.
pub(super) struct LedgerBed {
    pub(super) ledger: Ledger,
    pub(super) job: Job,
    pub(super) run: NewRun,
    /// The folder with the ledger's file.
    pub(super) dir: tempfile::TempDir,
}

impl LedgerBed {
    /// A job that disables users and removes them from all workspaces; its lines, from 2 on, have these names.
    pub(super) async fn new(ids: IdRule, kind: RunKind, names: Vec<Names>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.db"), Clock::System)
            .await
            .unwrap();
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
            dir,
        }
    }

    /// The file of the ledger.
    pub(super) fn path(&self) -> PathBuf {
        self.dir.path().join("ledger.db")
    }
}

impl Ledger {
    /// How SQLite carries a statement out: a text for each step.
    pub(super) async fn query_plan(&mut self, sql: &str) -> Vec<String> {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let steps = sqlx::query(explain).fetch_all(&mut self.connection).await;
        let steps = steps.unwrap();
        steps.iter().map(|step| step.get("detail")).collect()
    }

    /// Asserts that a statement finds what it reads in this index of `users`: it neither goes through all
    /// lines nor sorts.
    pub(super) async fn assert_found_by(&mut self, index: &str, sql: &str) {
        let plan = self.query_plan(sql).await.join("; ");
        assert!(plan.contains(index), "{sql}: {plan}");
        for word in ["SCAN users", "TEMP B-TREE", "AUTOMATIC"] {
            assert!(!plan.contains(word), "{sql}: {plan}");
        }
    }
}

/// Names of one line: this id.
pub(super) fn id(id: &str) -> Names {
    Names::Id(UserId::new(id))
}
