//! Leases: taken, lost, taken over, and in any order of events.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::domain::{Clock, DatabaseAddress, IdRule, LeaseTerm, Timestamp};
use crate::ledger::postgres::lease::{GIVE_BACK, RENEW, TAKE};
use crate::ledger::postgres::{Contention, LeaseTimes, LeaseWait, open};
use crate::ledger::sql::{SqlConnection, query_scalar};
use crate::ledger::store::LOCK_JOB_UNDER_LEASE;
use crate::ledger::testing::{LedgerBed, TestStore, id, released};
use crate::ledger::{Ledger, LedgerError, RunKind};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const TARGET: &str = "https://scim.example.com/";

/// A lease that outlasts the test, renewed so often that the test need not wait long.
const OFTEN: LeaseTimes = LeaseTimes {
    heartbeat: Duration::from_millis(100),
    length: Duration::from_mins(1),
};

async fn bed(store: TestStore) -> LedgerBed {
    LedgerBed::within(store, IdRule::Exact, RunKind::Run, vec![id("a1")]).await
}

#[tokio::test]
async fn p6_a_lease_that_is_renewed_is_not_taken_over() {
    let Some(store) = TestStore::postgres() else {
        return;
    };
    let mut bed = bed(store).await;
    let lease = bed
        .ledger
        .take_lease(TARGET, OFTEN, Contention::Refuse, &mut |_| {})
        .await;
    let mut term = lease.unwrap().unwrap();
    // The same process may ask again; the lease is the same.
    let again = bed
        .ledger
        .take_lease(TARGET, OFTEN, Contention::Refuse, &mut |_| {})
        .await;
    assert!(again.unwrap().unwrap().same_channel(&term));
    let mut waited = Vec::new();
    let mut second = Ledger::open(bed.store.address(), Clock::System)
        .await
        .unwrap();
    let mut on_wait = |wait: &LeaseWait| waited.push(wait.to_string());
    let refused = second
        .take_lease(TARGET, OFTEN, Contention::Refuse, &mut on_wait)
        .await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, LedgerError::Leased { .. }), "{refused}");
    let me = format!("process {} on ", std::process::id());
    assert!(
        waited.len() == 1 && waited[0].starts_with(&me),
        "{waited:?}"
    );
    let mut reader = bed.ledger.reader().await.unwrap();
    let holder = reader.holder(&bed.job).await.unwrap().unwrap();
    assert!(waited[0].starts_with(&holder.to_string()), "{waited:?}");
    // Another target is free.
    let other = "https://other.example.com/";
    let taken = second
        .take_lease(other, OFTEN, Contention::Refuse, &mut |_| {})
        .await;
    taken.unwrap().unwrap();
    // It is renewed meanwhile, and given back at the end.
    term.changed().await.unwrap();
    bed.ledger.close().await.unwrap();
    let taken = second
        .take_lease(TARGET, OFTEN, Contention::Refuse, &mut |_| {})
        .await;
    taken.unwrap().unwrap();
}

#[tokio::test]
async fn p7_a_run_whose_lease_was_taken_over_stores_nothing_more() {
    let Some(store) = TestStore::postgres() else {
        return;
    };
    let mut bed = bed(store).await;
    let lease = bed
        .ledger
        .take_lease(TARGET, OFTEN, Contention::Refuse, &mut |_| {})
        .await;
    let mut term = lease.unwrap().unwrap();
    bed.ledger
        .note(&bed.job, &bed.run, &[released(2, 1)])
        .await
        .unwrap();
    let head = bed.ledger.head(&bed.job).await.unwrap();
    // As a process does that finds the lease ended.
    let taken_over = "UPDATE targets SET token = token + 1, holder = 'another process'";
    let connection = bed.ledger.connection.postgres().unwrap();
    sqlx::query(taken_over).execute(connection).await.unwrap();
    let refused = bed.ledger.note(&bed.job, &bed.run, &[released(2, 1)]).await;
    assert!(
        matches!(refused, Err(LedgerError::TakenOver)),
        "{refused:?}"
    );
    assert_eq!(bed.ledger.head(&bed.job).await.unwrap(), head);
    // The next renewal finds it out, and nothing more is sent.
    let is_lost = |term: &LeaseTerm| *term == LeaseTerm::LOST;
    term.wait_for(is_lost).await.unwrap();
}

#[tokio::test]
async fn p3_the_lease_of_a_process_that_was_killed_is_taken_at_once() {
    let Some(store) = TestStore::postgres() else {
        return;
    };
    let mut bed = bed(store).await;
    let Some(mark) = crate::platform::process_mark() else {
        return;
    };
    // The number of this process, which began at another moment.
    let (space, _) = mark.rsplit_once(' ').unwrap();
    sqlx::query(
        "INSERT INTO targets VALUES ($1, 7, 'process 1 on here since then', $2,
                                     clock_timestamp() + interval '1 hour')",
    )
    .bind(TARGET)
    .bind(format!("{space} 1"))
    .execute(bed.ledger.connection.postgres().unwrap())
    .await
    .unwrap();
    let mut on_wait = |wait: &LeaseWait| panic!("{wait}");
    let lease = bed
        .ledger
        .take_lease(TARGET, OFTEN, Contention::Refuse, &mut on_wait)
        .await;
    lease.unwrap().unwrap();
}

/// What may happen to two runners and the lease of one target.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A runner asks for the lease; the statement comes to the database after this time.
    Take(usize, u64),
    Renew(usize, u64),
    GiveBack(usize),
    /// Time passes.
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let runner = || 0_usize..2;
    let late = || prop::sample::select(vec![0, 0, 0, 300, 1100]);
    prop_oneof![
        3 => (runner(), late()).prop_map(|(runner, late)| Step::Take(runner, late)),
        4 => (runner(), late()).prop_map(|(runner, late)| Step::Renew(runner, late)),
        1 => runner().prop_map(Step::GiveBack),
        4 => (1_u64..1500).prop_map(Step::Pass),
    ]
}

const LENGTH: Duration = Duration::from_secs(1);

/// Two runners that ask one database for one lease, with a clock that stands still.
struct Race {
    connection: SqlConnection,
    /// What each runner believes.
    runners: [Option<(i64, LeaseTerm)>; 2],
    began: Instant,
    passed: Duration,
}

impl Race {
    async fn new(address: &DatabaseAddress) -> Self {
        let mut connection = open(address).await.unwrap();
        for sql in [
            // The statements find this function before the one of the system.
            "SET search_path = offboard, pg_catalog",
            "CREATE TABLE IF NOT EXISTS fake_clock (ms BIGINT)",
            "CREATE OR REPLACE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
                 'SELECT to_timestamp(ms / 1000.0) FROM fake_clock'",
            "TRUNCATE targets, fake_clock",
            "INSERT INTO fake_clock VALUES (1000000)",
            "INSERT INTO jobs (number, id, key, target, change, roster_path, roster_digest, roster_header, lines,
                               users, created_at_ms)
             VALUES (1, '01', '', 'https://scim.example.com/', 'disable', '', '', '[]', 0, 0, 0) ON CONFLICT DO NOTHING",
        ] {
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        }
        Self {
            connection: connection.into(),
            runners: [None; 2],
            began: tokio::time::Instant::now().into_std(),
            passed: Duration::ZERO,
        }
    }

    fn now(&self) -> (Instant, Timestamp) {
        let millis = i64::try_from(self.passed.as_millis()).unwrap();
        (self.began + self.passed, Timestamp::from_millis(millis))
    }

    async fn pass(&mut self, millis: u64) {
        self.passed += Duration::from_millis(millis);
        sqlx::query("UPDATE fake_clock SET ms = ms + $1")
            .bind(i64::try_from(millis).unwrap())
            .execute(self.connection.postgres().unwrap())
            .await
            .unwrap();
    }

    async fn take(&mut self, step: Step) {
        let asked = self.now();
        let term = LeaseTerm::asked_at(asked.0, asked.1, LENGTH);
        match step {
            Step::Pass(millis) => self.pass(millis).await,
            Step::Take(runner, late) => {
                self.pass(late).await;
                let token: Option<i64> = sqlx::query_scalar(TAKE)
                    .bind(TARGET)
                    .bind(format!("runner {runner}"))
                    .bind(None::<String>)
                    .bind(1000_i64)
                    .bind(-1_i64)
                    .fetch_optional(self.connection.postgres().unwrap())
                    .await
                    .unwrap();
                if let Some(token) = token {
                    self.runners[runner] = Some((token, term));
                }
            }
            Step::Renew(runner, late) => {
                let Some((token, _)) = self.runners[runner] else {
                    return;
                };
                self.pass(late).await;
                let renewed = sqlx::query(RENEW)
                    .bind(serde_json::json!([[TARGET, token, 1000]]).to_string())
                    .fetch_all(self.connection.postgres().unwrap())
                    .await
                    .unwrap();
                let term = if renewed.is_empty() {
                    LeaseTerm::LOST
                } else {
                    term
                };
                self.runners[runner] = Some((token, term));
            }
            Step::GiveBack(runner) => {
                let Some((token, _)) = self.runners[runner].take() else {
                    return;
                };
                sqlx::query(GIVE_BACK)
                    .bind(TARGET)
                    .bind(token)
                    .execute(self.connection.postgres().unwrap())
                    .await
                    .unwrap();
            }
        }
    }

    /// How many runners may send, by what they believe, and how many may commit, by what the database says.
    async fn counts(&mut self) -> (usize, usize) {
        let now = self.now();
        let (mut senders, mut committers) = (0, 0);
        for (token, term) in self.runners.into_iter().flatten() {
            senders += usize::from(term.outlasts(now.0, now.1, Duration::from_millis(1)));
            let held: Option<i64> = query_scalar(LOCK_JOB_UNDER_LEASE)
                .bind(1_i64)
                .bind(token)
                .fetch_optional(&mut self.connection)
                .await
                .unwrap();
            committers += usize::from(held.is_some());
        }
        (senders, committers)
    }
}

#[test]
fn p6_in_any_order_of_events_one_runner_at_most_may_send_and_commit() {
    let Some(TestStore::Postgres(address)) = TestStore::postgres() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut cases = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(48)
    });
    let committed = Cell::new(0);
    let all_hold = cases.run(&prop::collection::vec(step(), 1..25), |steps| {
        runtime.block_on(async {
            let mut race = Race::new(&address).await;
            for step in steps {
                race.take(step).await;
                let (senders, committers) = race.counts().await;
                prop_assert!(senders <= 1 && committers <= 1, "{step:?}");
                committed.set(committed.get() + committers);
            }
            Ok(())
        })
    });
    all_hold.unwrap();
    assert!(committed.get() > 50, "the steps gave the lease to somebody");
}
