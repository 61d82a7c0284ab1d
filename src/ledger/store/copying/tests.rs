//! A job that was copied is the same job: to whoever reads it, and to whoever goes on with it.

use std::collections::BTreeSet;

use macro_rules_attribute::apply;
use serde_json::json;

use crate::domain::{
    Change, Clock, Confirmation, Entry, Fact, IdRule, Line, Outcome, Settlement, Status, Timestamp,
    UserState,
};
use crate::ledger::sql::query_scalar;
use crate::ledger::store::copying::copied_table::{
    ColumnKind, CopiedTable, EVENTS, PLAN_PAGES, RUNS, USERS,
};
use crate::ledger::testing::{LedgerBed, TestStore, id, on_each_store, released};
use crate::ledger::{
    Job, Ledger, LedgerError, Mandate, Names, NewJob, NewLine, Retriable, RunEnding, RunKind,
    RunTally, StoredEvent,
};

fn entry(line: u64, fact: Fact) -> Entry {
    Entry {
        line: Line(line),
        at: Timestamp::from_millis(7),
        fact,
    }
}

fn user(nth: u64, active: bool) -> UserState {
    UserState {
        active: Some(active),
        workspaces: Some(vec!["w \"1\"".to_owned()]),
        user_name: Some(format!("Zo\u{eb} {nth}\u{0}")),
        ..UserState::of(format!("a{nth}"))
    }
}

fn begun() -> Fact {
    Fact::Begun {
        attempt: 1,
        request: "PATCH".to_owned(),
    }
}

fn settled(nth: u64) -> Fact {
    Fact::Settled(Settlement {
        outcome: Outcome::Removed(Confirmation::Body),
        after: Some(user(nth, false)),
        detail: Some("done".to_owned()),
        decided_by: None,
    })
}

/// A job of 1,200 users with a plan, of whom some are removed, some in doubt and some pending; an undo that has begun;
/// and a run of the job after that.
async fn made(store: TestStore) -> (LedgerBed, Job) {
    let names = (2..1202).map(|line| id(&format!("a{line}"))).collect();
    let mut bed = LedgerBed::within(store, IdRule::Exact, RunKind::Plan, names).await;
    let LedgerBed {
        ledger, job, run, ..
    } = &mut bed;
    let looks: Vec<_> = (2..1202)
        .map(|line| entry(line, Fact::LookedUp(user(line, true))))
        .collect();
    ledger.note(job, run, &looks).await.unwrap();
    let looked_up = json!({"access_shown": true});
    let made = ledger.finish_plan(job, run, "header", 1200, &looked_up);
    *job = made.await.unwrap();
    let ended = ledger.end_run(run, RunEnding::Finished, RunTally::default());
    ended.await.unwrap();
    *run = ledger
        .start_run(job, RunKind::Run, &Mandate::of("admin"))
        .await
        .unwrap();
    for line in 2..40 {
        ledger
            .note(job, run, &[entry(line, begun())])
            .await
            .unwrap();
        if line < 30 {
            ledger
                .note(job, run, &[entry(line, settled(line))])
                .await
                .unwrap();
        }
    }
    *job = ledger.begin_retry(job, run, &[]).await.unwrap();
    let retry = Retriable {
        users: 7,
        active: 6,
        disabled: 5,
    };
    *job = ledger.confirm_retry(job, run, retry, None).await.unwrap();
    ledger.pass_canary(job, run, 3).await.unwrap();
    *job = ledger.find_jobs("key").await.unwrap().remove(0);
    let undo = NewJob {
        key: "undo".into(),
        target: job.target.clone(),
        change: Change::restore(),
        roster_path: job.roster_path.clone(),
        roster_digest: job.roster_digest.clone(),
        roster_header: vec!["User".into()],
        ids: IdRule::Exact,
        reading: json!({}),
        parent: Some(job.number),
    };
    let mut loading = ledger.load(&undo).await.unwrap();
    let line = NewLine {
        line: 5,
        names: Names::Id(crate::domain::UserId::new("a5")),
        user_name: None,
        goal: None,
        cells: vec!["a".to_owned()],
    };
    loading.push(line).await.unwrap();
    let undo = loading.commit().await.unwrap().job;
    let back = ledger
        .start_run(&undo, RunKind::Run, &Mandate::of("admin"))
        .await
        .unwrap();
    let look = entry(5, Fact::LookedUp(user(5, false)));
    ledger.note(&undo, &back, &[look]).await.unwrap();
    ledger
        .note(job, run, &[entry(35, settled(35))])
        .await
        .unwrap();
    (bed, undo)
}

/// What a reader sees of a job, without the numbers of its rows.
async fn seen(ledger: &Ledger, id: &str) -> (String, Vec<StoredEvent>) {
    let mut reader = ledger.reader().await.unwrap();
    let jobs = reader.jobs().await.unwrap();
    let job = jobs.iter().find(|job| job.id.as_str() == id).unwrap();
    let lines = reader.lines(job, Line(0), 9999).await.unwrap();
    let runs = reader.runs(job).await.unwrap();
    let undone = reader.undone(job).await.unwrap();
    let parent = reader.parent(job).await.unwrap().map(|parent| parent.id);
    // The numbers of rows are others there.
    let mut plain = job.clone();
    (plain.number, plain.parent) = (0, None);
    let retry = plain.retry.take();
    let retry = retry.map(|retry| (retry.number, retry.extent));
    let counts = reader.counts(job).await.unwrap();
    let text = format!("{plain:?} {retry:?} {parent:?} {counts:?} {undone:?} {runs:?} {lines:?}");
    let mut events = reader.events(job, 0, 9999).await.unwrap();
    for event in &mut events {
        event.number = 0;
    }
    (text.replace("\\0", "\u{fffd}"), events)
}

/// Copies into each kind of store, and compares.
#[apply(on_each_store)]
async fn p9_a_copied_job_is_the_same_job_with_the_same_chain(store: TestStore) {
    let (mut bed, undo) = made(store).await;
    let others = [Some(TestStore::sqlite()), TestStore::postgres()];
    for other in others.into_iter().flatten() {
        let mut copy = Ledger::open(other.address(), Clock::System).await.unwrap();
        // Numbers of the other ledger are taken already.
        let taken = NewJob {
            key: "other".into(),
            target: "https://other.example.com/".into(),
            change: "disable".parse().unwrap(),
            roster_path: "/r".into(),
            roster_digest: "d".into(),
            roster_header: Vec::new(),
            ids: IdRule::Exact,
            reading: json!({}),
            parent: None,
        };
        copy.load(&taken).await.unwrap().commit().await.unwrap();
        let copied = bed.ledger.copy_job(&bed.job, &mut copy).await.unwrap();
        assert_eq!((copied.jobs, copied.lines), (2, 1201));
        for id in [bed.job.id.as_str(), undo.id.as_str()] {
            assert_eq!(seen(&copy, id).await, seen(&bed.ledger, id).await);
        }
        // Once more is refused, and changes nothing.
        let again = bed.ledger.copy_job(&bed.job, &mut copy).await.unwrap_err();
        assert!(matches!(again, LedgerError::Present { .. }), "{again}");
        // The copy goes on where the job stood: claimed users are in doubt, and the plan is the one that was made.
        let jobs = copy.find_jobs("key").await.unwrap();
        let [job] = jobs.as_slice() else {
            panic!("{jobs:?}");
        };
        let digest = copy.check_plan(job, "header", &[Line(1150)]).await.unwrap();
        assert_eq!(digest, job.plan.as_ref().map(|plan| plan.digest.clone()));
        let copied_undo = copy.undo_of(job).await.unwrap().unwrap();
        assert!(copy.is_outdated(&copied_undo).await.unwrap());
        // The retry began with the run that is the second of the job there, too.
        assert_eq!(
            copy.canary_written(job).await.unwrap(),
            bed.ledger.canary_written(&bed.job).await.unwrap()
        );
        let run = copy
            .start_run(job, RunKind::Run, &Mandate::of("admin"))
            .await
            .unwrap();
        assert_eq!(run.recovered, 9);
        let counts = copy.counts(job).await.unwrap();
        assert_eq!(counts.of(Status::Removed), 29);
        assert_eq!(counts.of(Status::InDoubt), 9);
        copy.note(job, &run, &[released(36, 0)]).await.unwrap();
    }
}

#[tokio::test]
async fn p9_a_job_whose_chain_does_not_hold_is_not_copied() {
    let (mut bed, _) = made(TestStore::sqlite()).await;
    for sql in [
        "DROP TRIGGER events_are_never_changed",
        "UPDATE events SET body = '{}' WHERE seq = 700 AND job = 1",
    ] {
        let connection = bed.ledger.connection.sqlite().unwrap();
        sqlx::query(sql).execute(connection).await.unwrap();
    }
    let other = TestStore::sqlite();
    let mut copy = Ledger::open(other.address(), Clock::System).await.unwrap();
    let refused = bed.ledger.copy_job(&bed.job, &mut copy).await.unwrap_err();
    assert!(
        matches!(refused, LedgerError::BrokenChain(700)),
        "{refused}"
    );
    let mut reader = copy.reader().await.unwrap();
    assert!(reader.jobs().await.unwrap().is_empty());
}

#[tokio::test]
async fn each_column_of_a_copied_table_is_copied() {
    let mut bed = LedgerBed::new(IdRule::Exact, RunKind::Plan, Vec::new()).await;
    let left_out: &[&str] = &["number", "job"];
    for CopiedTable { name, columns, .. } in [&RUNS, &USERS, &EVENTS, &PLAN_PAGES] {
        let found: Vec<String> = query_scalar("SELECT name FROM pragma_table_info(?)")
            .bind(*name)
            .fetch_all(&mut bed.ledger.connection)
            .await
            .unwrap();
        let found: BTreeSet<_> = found.iter().map(String::as_str).collect();
        let listed: BTreeSet<_> = columns.iter().map(|(column, _)| *column).collect();
        let all: BTreeSet<_> = listed.iter().chain(left_out).copied().collect();
        assert!(found.is_subset(&all), "{name}: {found:?}");
        assert!(listed.is_subset(&found), "{name}: {listed:?}");
        let runs = columns.iter().filter(|(_, kind)| *kind == ColumnKind::Run);
        assert!(runs.clone().all(|(column, _)| column.ends_with("run")));
    }
    // A job has no list of its own: its row is stored by one statement.
    let columns: Vec<String> = query_scalar("SELECT name FROM pragma_table_info('jobs')")
        .fetch_all(&mut bed.ledger.connection)
        .await
        .unwrap();
    assert_eq!(columns.len(), 26, "{columns:?}");
}
