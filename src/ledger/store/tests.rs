//! Rules that hold for all statements.

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::domain::{
    Confirmation, Effect, Entry, Fact, IdRule, Line, Outcome, Reason, Settlement, Status, Timestamp,
};
use crate::ledger::record::EventKind;
use crate::ledger::record::word::Word;
use crate::ledger::testing::{LedgerBed, TestStore, id};
use crate::ledger::{Counts, Mandate, Names, Retriable, RunKind, Unusable, UserRow, WorkLeft};

/// The words with which a statement compares a column `kind`.
fn kinds_in(text: &str) -> Vec<&str> {
    let mut kinds = Vec::new();
    for operator in ["kind = ", "kind <> ", "kind IN ("] {
        for (_, after) in text
            .match_indices(operator)
            .map(|(at, _)| text.split_at(at))
        {
            let words = &after[operator.len()..];
            let end = if operator.ends_with('(') { ')' } else { '\n' };
            let words = words.split(end).next().unwrap_or_default();
            let count = if operator.ends_with('(') {
                usize::MAX
            } else {
                1
            };
            let quoted = words.split('\'').skip(1).step_by(2);
            kinds.extend(quoted.take(count));
        }
    }
    kinds
}

fn each_source(dir: &Path, see: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, see);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("tests.rs") {
            see(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_kind_in_a_statement_is_a_kind_of_event_or_of_run() {
    assert_eq!(
        kinds_in("WHERE kind = 'a' AND x = 'b'\nOR kind IN ('c', 'd') OR kind <> 'e'"),
        ["a", "e", "c", "d"]
    );
    let mut count = 0;
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ledger");
    each_source(&dir, &mut |text| {
        for kind in kinds_in(text) {
            count += 1;
            let is_known =
                EventKind::from_word(kind).is_some() || RunKind::from_word(kind).is_some();
            assert!(is_known, "no event and no run is of the kind `{kind}`");
        }
    });
    assert!(count > 10, "only {count} kinds were found");
}

/// What may happen to a job, in any order.
#[derive(Debug, Clone, Copy)]
enum Step {
    Begin(u64),
    Settle(u64, Outcome),
    Release(u64, Effect),
    /// A run that dies, and the next one.
    Die,
    Retry,
    Discard,
}

fn step() -> impl Strategy<Value = Step> {
    let line = || 2_u64..10;
    let outcome = prop::sample::select(vec![
        Outcome::Removed(Confirmation::Body),
        Outcome::Already,
        Outcome::NotFound,
        Outcome::Failed(Reason::ServerError),
        Outcome::Failed(Reason::Ambiguous),
        Outcome::InDoubt(Reason::Bug),
        Outcome::Protected(Reason::ProtectList),
    ]);
    let effect = prop::sample::select(vec![Effect::None, Effect::Maybe, Effect::Part]);
    prop_oneof![
        4 => line().prop_map(Step::Begin),
        4 => (line(), outcome).prop_map(|(line, outcome)| Step::Settle(line, outcome)),
        2 => (line(), effect).prop_map(|(line, effect)| Step::Release(line, effect)),
        1 => Just(Step::Die),
        1 => Just(Step::Retry),
        1 => Just(Step::Discard),
    ]
}

/// Does what the engine or a command does; a step that cannot come now is left out.
async fn take(bed: &mut LedgerBed, step: Step) {
    let LedgerBed {
        ledger, job, run, ..
    } = bed;
    let rows = ledger.lines(job, Line(0), 99).await.unwrap();
    let status = |line| rows.iter().find(|row| row.line.0 == line).unwrap().status;
    let (line, fact) = match step {
        Step::Begin(line) if matches!(status(line), Status::Pending | Status::InDoubt) => {
            let request = "PATCH".to_owned();
            (
                line,
                Fact::Begun {
                    attempt: 1,
                    request,
                },
            )
        }
        Step::Settle(line, outcome) if status(line).is_open() => {
            let settlement = Settlement {
                outcome,
                after: None,
                detail: None,
                decided_by: None,
            };
            (line, Fact::Settled(settlement))
        }
        Step::Release(line, effect) if status(line) == Status::Claimed => {
            let why = "given back".to_owned();
            let released = Fact::Released {
                attempts: 0,
                effect,
                unanswered: false,
                why,
            };
            (line, released)
        }
        Step::Die => {
            let mandate = Mandate::default();
            *run = ledger.start_run(job, RunKind::Run, &mandate).await.unwrap();
            return;
        }
        Step::Retry => {
            let reasons = [Reason::ServerError, Reason::NotFound];
            *job = ledger.begin_retry(job, run, &reasons).await.unwrap();
            let retry = Retriable::default();
            let confirmed = ledger.confirm_retry(job, run, retry, Some(&reasons));
            *job = confirmed.await.unwrap();
            return;
        }
        Step::Discard => {
            *job = ledger.discard_plan(job, "planned again").await.unwrap();
            return;
        }
        Step::Begin(_) | Step::Settle(..) | Step::Release(..) => return,
    };
    let entry = Entry {
        line: Line(line),
        at: Timestamp::from_millis(1),
        fact,
    };
    ledger.note(job, run, &[entry]).await.unwrap();
}

/// What the indexes say is what the lines say.
async fn assert_counted(bed: &mut LedgerBed, step: Step) {
    let LedgerBed { ledger, job, .. } = bed;
    let rows = ledger.lines(job, Line(0), 99).await.unwrap();
    let expected: Counts = rows.iter().map(|row| (row.status, 1)).collect();
    assert_eq!(ledger.counts(job).await.unwrap(), expected, "{step:?}");
    let left = WorkLeft {
        users: expected.users(),
        open: expected.open(),
    };
    assert_eq!(ledger.work_left(job).await.unwrap(), left, "{step:?}");
    assert_eq!(
        ledger.is_open(job).await.unwrap(),
        left.open > 0,
        "{step:?}"
    );
    for status in Status::ALL {
        let found = ledger.lines_with(job, &[*status], 99).await.unwrap();
        let with_it = rows.iter().filter(|row| row.status == *status);
        let lines = |rows: Vec<&UserRow>| rows.iter().map(|row| row.line).collect::<Vec<_>>();
        assert_eq!(
            lines(found.iter().collect()),
            lines(with_it.collect()),
            "{step:?}"
        );
    }
    let open = ledger.open_plan_lines(job, Line(0), 99).await.unwrap();
    assert!(open.iter().all(|row| row.status.is_open()), "{step:?}");
    assert_eq!(open.len() as u64, left.open, "{step:?}");
}

/// Takes random steps, each case in a job of its own.
fn the_indexes_count_what_the_lines_say(store: &TestStore) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut cases = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(24)
    });
    let all_hold = cases.run(&prop::collection::vec(step(), 1..30), |steps| {
        runtime.block_on(async {
            // One user is named twice, and one line names none.
            let mut names: Vec<_> = (2..9).map(|line| id(&format!("a{line}"))).collect();
            names.push(id("a2"));
            names.push(Names::NoUser(Unusable {
                reason: "empty",
                detail: "empty id".to_owned(),
            }));
            let mut bed =
                LedgerBed::within(store.shared(), IdRule::Exact, RunKind::Run, names).await;
            for step in steps {
                take(&mut bed, step).await;
                assert_counted(&mut bed, step).await;
            }
        });
        Ok(())
    });
    all_hold.unwrap();
}

#[test]
fn p8_the_indexes_count_what_the_lines_say() {
    the_indexes_count_what_the_lines_say(&TestStore::sqlite());
}

#[test]
fn p8_the_indexes_count_what_the_lines_say_on_postgres() {
    if let Some(store) = TestStore::postgres() {
        the_indexes_count_what_the_lines_say(&store);
    }
}
