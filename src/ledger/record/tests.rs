//! The stored text of every kind of event, byte by byte: the chain hashes it, so that it never changes.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::domain::{
    Change, Confirmation, DecidedBy, Effect, Entry, Fact, Finding, IdRule, Line, Outcome, Reason,
    RequestKind, Settlement, Timestamp, UserState, Verdict,
};
use crate::ledger::record::{EventBody, EventKind, NewEvent};
use crate::ledger::sql::{Sql, query};
use crate::ledger::testing::{LedgerBed, TestStore, id};
use crate::ledger::{
    Job, Ledger, Mandate, Names, NewJob, NewLine, NewRun, Retriable, RunEnding, RunKind, RunTally,
    Unusable,
};

fn state(names: bool, shown: bool) -> UserState {
    UserState {
        active: shown.then_some(true),
        workspaces: shown.then(|| vec!["w1".to_owned(), "w\"2".to_owned()]),
        user_name: names.then(|| "Ada".to_owned()),
        ..UserState::of("a1")
    }
}

fn facts() -> Vec<Fact> {
    let settled = |outcome, after, detail: Option<&str>, decided_by| {
        Fact::Settled(Settlement {
            outcome,
            after,
            detail: detail.map(str::to_owned),
            decided_by,
        })
    };
    let released = |effect, unanswered| Fact::Released {
        attempts: 1,
        effect,
        unanswered,
        why: "the run \"stopped\"".to_owned(),
    };
    vec![
        Fact::LookedUp(state(true, true)),
        Fact::LookedUp(state(false, false)),
        Fact::Renewed(state(true, true)),
        Fact::Sampled(state(true, true)),
        Fact::Begun {
            attempt: 2,
            request: "PATCH /Users/a1 {\"active\":false}\n".to_owned(),
        },
        Fact::Ended {
            kind: RequestKind::Write,
            attempt: 2,
            verdict: Verdict::Refused(Reason::Forbidden),
            status: Some(403),
            request_id: Some("r1".to_owned()),
            detail: Some("né\u{1}".to_owned()),
            elapsed: Duration::from_micros(12_900),
        },
        Fact::Ended {
            kind: RequestKind::Read,
            attempt: 1,
            verdict: Verdict::Uncertain,
            status: None,
            request_id: None,
            detail: None,
            elapsed: Duration::ZERO,
        },
        Fact::Ended {
            kind: RequestKind::List,
            attempt: 0,
            verdict: Verdict::Throttled(None),
            status: Some(429),
            request_id: None,
            detail: None,
            elapsed: Duration::from_secs(1),
        },
        settled(
            Outcome::Removed(Confirmation::Body),
            Some(state(true, true)),
            Some("as asked"),
            Some(DecidedBy {
                status: 409,
                request_id: Some("r2".to_owned()),
            }),
        ),
        settled(Outcome::InDoubt(Reason::NoAnswer), None, None, None),
        settled(
            Outcome::Already,
            Some(state(false, false)),
            None,
            Some(DecidedBy {
                status: 200,
                request_id: None,
            }),
        ),
        Fact::Verified {
            finding: Finding::Drifted,
            shown: Some(state(true, true)),
            detail: Some("is active".to_owned()),
        },
        Fact::Verified {
            finding: Finding::Unread,
            shown: None,
            detail: None,
        },
        released(Effect::Maybe, true),
        released(Effect::None, false),
        released(Effect::Part, false),
    ]
}

/// The kinds and texts of a job's events, in order; what differs from one machine or run to the next is
/// replaced.
async fn stored(ledger: &mut Ledger, job: i64, replaced: &[(&str, &str)]) -> Vec<String> {
    let rows: Vec<(String, String)> =
        query("SELECT kind, body FROM events WHERE job = ? ORDER BY number")
            .bind(job)
            .fetch_all(&mut ledger.connection)
            .await
            .unwrap();
    let mut texts = Vec::new();
    for (kind, mut body) in rows {
        for (value, name) in replaced {
            body = body.replace(value, name);
        }
        texts.push(format!("{kind} {body}"));
    }
    texts
}

/// Plans a job and runs it, so that all events happen that concern no single user.
async fn work(ledger: &mut Ledger, job: &Job, plan: &NewRun) -> NewRun {
    let looked_up = json!({ "by": "id", "access_shown": true });
    ledger
        .finish_plan(job, plan, "digest", 7, &looked_up)
        .await
        .unwrap();
    ledger
        .end_run(plan, RunEnding::Finished, RunTally::default())
        .await
        .unwrap();
    let mandate = Mandate {
        account: "admin".to_owned(),
        operator: "op".to_owned(),
        actor_id: Some("id".to_owned()),
        tenant: Some("t".to_owned()),
        ticket: Some("CHG-1".to_owned()),
        reason: Some("left".to_owned()),
        approver: Some("Ada".to_owned()),
        settings: json!({ "rate": "8/s", "burst": 1 }),
    };
    let run = ledger.start_run(job, RunKind::Run, &mandate).await.unwrap();
    ledger.pass_canary(job, &run, 3).await.unwrap();
    let retry = Retriable {
        users: 2,
        active: 1,
        disabled: 0,
    };
    ledger.confirm_retry(job, &run, retry, None).await.unwrap();
    ledger.conclude(job, &run).await.unwrap();
    let tally = RunTally {
        requests: 9,
        throttled: 1,
    };
    let ending = RunEnding::Stopped("outage");
    ledger
        .end_run_because(&run, ending, Some("it is down"), tally)
        .await
        .unwrap();
    ledger.discard_plan(job, "it is old").await.unwrap();
    run
}

/// Loads an undo of the job.
async fn load_undo(ledger: &mut Ledger, job: &Job) -> Job {
    let new = NewJob {
        key: "undo".into(),
        target: "https://scim.example.com/".into(),
        change: Change::restore(),
        roster_path: "job".into(),
        roster_digest: "digest".into(),
        roster_header: vec!["User".into()],
        ids: IdRule::Exact,
        reading: json!({ "columns": { "id": 1 } }),
        parent: Some(job.number),
    };
    let mut loading = ledger.load(&new).await.unwrap();
    for (line, names) in [(2, id("a1")), (3, id("b2"))] {
        let line = NewLine {
            line,
            names,
            user_name: None,
            goal: None,
            cells: Vec::new(),
        };
        loading.push(line).await.unwrap();
    }
    loading.commit().await.unwrap().job
}

fn on_line_2(fact: Fact) -> [Entry; 1] {
    [Entry {
        line: Line(2),
        at: Timestamp::from_millis(0),
        fact,
    }]
}

/// An answer, and the outcome to which it led.
fn answer_and_outcome() -> [Fact; 2] {
    let facts = facts();
    let first = |kind: fn(&Fact) -> bool| facts.iter().find(|fact| kind(fact)).unwrap().clone();
    [
        first(|fact| matches!(fact, Fact::Ended { .. })),
        first(|fact| matches!(fact, Fact::Settled(_))),
    ]
}

#[test]
fn an_answer_that_gives_the_outcome_at_once_is_a_part_of_that_event() {
    let [ended, settled] = answer_and_outcome();
    let seen = Fact::LookedUp(state(true, true));
    let kinds = |facts: &[(u64, i64, &Fact)]| {
        let entries: Vec<_> = facts
            .iter()
            .map(|(line, at, fact)| Entry {
                line: Line(*line),
                at: Timestamp::from_millis(*at),
                fact: Fact::clone(fact),
            })
            .collect();
        let all = NewEvent::of(&entries);
        let kinds: Vec<_> = all.events.iter().map(|it| it.kind().to_owned()).collect();
        (kinds.join(" "), all.places)
    };
    for (facts, expected, places) in [
        (vec![], "", vec![]),
        (vec![(2, 0, &ended)], "ended", vec![0]),
        (
            vec![(2, 0, &ended), (2, 0, &settled)],
            "settled",
            vec![0, 0],
        ),
        (
            vec![
                (2, 0, &ended),
                (2, 0, &settled),
                (3, 0, &ended),
                (3, 0, &settled),
                (4, 0, &seen),
            ],
            "settled settled looked_up",
            vec![0, 0, 1, 1, 2],
        ),
        // Not the same user, not at the same time, or something happened in between.
        (
            vec![(2, 0, &ended), (3, 0, &settled)],
            "ended settled",
            vec![0, 1],
        ),
        (
            vec![(2, 0, &ended), (2, 1, &settled)],
            "ended settled",
            vec![0, 1],
        ),
        (
            vec![(2, 0, &ended), (2, 0, &seen), (2, 0, &settled)],
            "ended looked_up settled",
            vec![0, 1, 2],
        ),
    ] {
        assert_eq!(kinds(&facts), (expected.to_owned(), places));
    }
}

/// The texts of the events of a job to which everything happens, with its undo.
async fn all_texts(store: TestStore) -> Vec<String> {
    let unusable = Names::NoUser(Unusable {
        reason: "empty",
        detail: "empty id".to_owned(),
    });
    let names = vec![id("a1"), id("A1"), unusable];
    let bed = LedgerBed::within(store, IdRule::IgnoreCase, RunKind::Plan, names).await;
    let (mut ledger, job, plan) = (bed.ledger, bed.job, bed.run);
    let both = answer_and_outcome().map(on_line_2).concat();
    ledger.note(&job, &plan, &both).await.unwrap();
    for fact in facts() {
        ledger.note(&job, &plan, &on_line_2(fact)).await.unwrap();
    }
    let run = work(&mut ledger, &job, &plan).await;

    // An undo: its end is an event of the job that it takes back.
    let undo = load_undo(&mut ledger, &job).await;
    let mandate = Mandate::of("admin");
    let back = ledger.start_run(&undo, RunKind::Run, &mandate).await;
    let back = back.unwrap();
    let seen = on_line_2(Fact::LookedUp(state(true, true)));
    ledger.note(&undo, &back, &seen).await.unwrap();
    let later = Timestamp::from_millis(i64::MAX);
    ledger.forget_looks(&undo, &back, later).await.unwrap();
    ledger
        .end_run(&back, RunEnding::Finished, RunTally::default())
        .await
        .unwrap();
    let end = ledger.head(&undo).await.unwrap().unwrap().hash;
    // A job from before there were chains.
    for sql in [
        Sql::twin(
            "DROP TRIGGER events_are_never_changed",
            "DROP TRIGGER events_are_never_changed ON events",
        ),
        "UPDATE events SET seq = NULL, hash = NULL WHERE job = 2".into(),
    ] {
        query(sql).execute(&mut ledger.connection).await.unwrap();
    }
    ledger.discard_plan(&undo, "it is old").await.unwrap();

    let host = whoami::hostname().unwrap();
    let host = format!("\"host\":{}", json!(host));
    let pid = format!("\"pid\":{}", std::process::id());
    let version = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let replaced = [
        (job.id.as_str(), "JOB"),
        (undo.id.as_str(), "UNDO"),
        (plan.id.as_str(), "PLAN"),
        (run.id.as_str(), "RUN"),
        (back.id.as_str(), "BACK"),
        (end.as_str(), "END"),
        (host.as_str(), "\"host\":HOST"),
        (pid.as_str(), "\"pid\":PID"),
        (version.as_str(), "\"version\":VERSION"),
    ];
    let mut texts = stored(&mut ledger, job.number, &replaced).await;
    texts.extend(stored(&mut ledger, undo.number, &replaced).await);
    texts
}

#[tokio::test]
async fn p9_the_stored_text_of_every_kind_of_event_never_changes() {
    let texts = all_texts(TestStore::sqlite()).await;
    insta::assert_snapshot!(texts.join("\n"));

    // Each kind is in it, and each text is read back.
    let mut kinds = BTreeSet::new();
    for text in &texts {
        let (kind, body) = text.split_once(' ').unwrap();
        let body = body
            .replace("\"host\":HOST", "\"host\":\"h\"")
            .replace("\"pid\":PID", "\"pid\":1")
            .replace("\"version\":VERSION", "\"version\":\"v\"");
        let read = EventBody::read(kind, serde_json::from_str(&body).unwrap()).unwrap();
        let stored = NewEvent::new(None, Timestamp::from_millis(0), &read);
        assert_eq!((stored.kind(), stored.body()), (kind, body.as_str()));
        kinds.insert(EventKind::from_word(kind).unwrap());
    }
    assert_eq!(kinds.len(), EventKind::COUNT);
}

#[tokio::test]
async fn p9_the_stored_text_of_an_event_is_the_same_in_each_database() {
    if let Some(store) = TestStore::postgres() {
        let texts = all_texts(TestStore::sqlite()).await;
        assert_eq!(all_texts(store).await, texts);
    }
}
