//! How old a state may be for a user to be settled or written by it; and the recorded state before the job is not
//! replaced once a write may have left.

use std::time::Duration;

use crate::domain::{Confirmation, Effect, Fact, Goal, Membership, Outcome, RequestKind, Status};
use crate::engine::scripted::{Behaviour, Cut, RunPlan, TestJob};

const HOUR: i64 = 3_600_000;

fn without_w1() -> Goal {
    Goal {
        active: None,
        workspaces: Some(Membership::Without(vec!["w1".to_owned()])),
        only_from: None,
        in_parts: false,
        gone: false,
        is_unknown: false,
    }
}

fn kinds(job: &TestJob) -> Vec<RequestKind> {
    job.arrivals().iter().map(|it| it.kind).collect()
}

const READ: RequestKind = RequestKind::Read;
const WRITE: RequestKind = RequestKind::Write;

#[tokio::test(start_paused = true)]
async fn p11_a_user_with_a_state_older_than_the_plan_limit_is_read_again() {
    for (now, expected) in [
        (HOUR - 1_000, &[WRITE][..]),
        (HOUR + 1, &[READ, WRITE]),
        // The clock was set back.
        (-1, &[READ, WRITE]),
    ] {
        let job = TestJob::new(1, |_| Behaviour::Confirm);
        job.alter("u2", |person| person.workspaces.push("w3".to_owned()));
        let plan = RunPlan {
            now,
            look_ttl: Duration::from_hours(1),
            ..RunPlan::default()
        };
        job.run(&plan).await;
        assert_eq!(kinds(&job), expected, "{now}");
        let row = &job.rows()[0];
        let before = row.before.clone().unwrap().workspaces.unwrap();
        let again = expected.len() == 2;
        assert_eq!(
            before.len(),
            if again { 3 } else { 2 },
            "what is taken is kept"
        );
        assert_eq!(row.before_at, if again { now } else { 0 });
        job.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_is_not_settled_by_an_old_state() {
    let job = TestJob::new(1, |_| Behaviour::Confirm);
    job.journal.edit("u2", |row| {
        let before = row.before.as_mut().unwrap();
        before.active = Some(false);
        before.workspaces = Some(Vec::new());
    });
    job.run(&RunPlan::default()).await;
    assert_eq!(kinds(&job), [READ, WRITE]);
    assert_eq!(job.statuses(), [Status::Removed]);
}

/// A 429 holds the write; meanwhile another administrator grants a workspace.
#[tokio::test(start_paused = true)]
async fn p7_a_workspace_that_is_granted_while_a_write_waits_is_not_removed() {
    for (wait, survives) in [(90, true), (20, false)] {
        let job = TestJob::new(1, move |ask| match (ask.kind, ask.nth) {
            (RequestKind::Write, 1) => Behaviour::Throttle(Some(wait)),
            _ => Behaviour::Confirm,
        })
        .with_goal(without_w1());
        let grant = async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            job.alter("u2", |person| person.workspaces.push("w3".to_owned()));
            std::future::pending::<()>().await;
        };
        let plan = RunPlan::default();
        tokio::select! {
            _ = job.run(&plan) => {}
            () = grant => {}
        }
        // The promise is a state of at most one minute. What changes within that minute cannot be seen.
        let left = job.person("u2").workspaces;
        let expected: &[&str] = if survives { &["w2", "w3"] } else { &["w2"] };
        assert_eq!(left, expected);
        assert_eq!(job.broken(), Vec::<String>::new());
        let row = &job.rows()[0];
        assert_eq!(row.status, Status::Removed);
        assert_eq!(row.attempts, 1);
        // The void intent has not changed the recorded state before the job.
        let before = row.before.clone().unwrap().workspaces.unwrap();
        assert_eq!(before.len(), if survives { 3 } else { 2 });
    }
}

/// The wait for a slot and a permit counts, too.
#[tokio::test(start_paused = true)]
async fn a_write_that_waited_too_long_for_a_permit_is_computed_anew() {
    let job = TestJob::new(6, |ask| match ask.user {
        "u2" => Behaviour::Stall(70),
        _ => Behaviour::Confirm,
    })
    .with_goal(without_w1());
    let plan = RunPlan {
        concurrency: 1,
        ..RunPlan::default()
    };
    job.run(&plan).await;
    assert_eq!(job.statuses(), [Status::Removed; 6]);
    assert!(job.person("u3").reads > 0);
    assert_eq!(job.broken(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_pace_too_slow_for_fresh_states_ends_the_run_and_no_user_fails() {
    let job = TestJob::new(2, |_| Behaviour::Confirm).with_goal(without_w1());
    let plan = RunPlan {
        rate: "1/m",
        concurrency: 4,
        now: HOUR,
        ..RunPlan::default()
    };
    let ran = job.run(&plan).await;
    let ending = ran.ending();
    if ending.stopped.is_some() {
        assert!(job.statuses().iter().all(|status| status.is_open()));
    }
    assert!(ran.took < Duration::from_hours(2), "{:?}", ran.took);
    assert_eq!(job.broken(), Vec::<String>::new());
}

/// Half a write took effect, then a kill, a read, a stop, and another run.
#[tokio::test(start_paused = true)]
async fn p11_the_state_after_half_a_write_never_becomes_the_state_before() {
    let job = TestJob::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, 1) => Behaviour::Half,
        (RequestKind::Write, 2) => Behaviour::Throttle(Some(500)),
        _ => Behaviour::Confirm,
    });
    let killed = RunPlan {
        cut: Some(Cut::AfterSend(1)),
        ..RunPlan::default()
    };
    job.run(&killed).await;
    job.run(&RunPlan::interrupted(&[1_000, 1_500])).await;
    let row = job.rows().swap_remove(0);
    assert_eq!((row.status, row.effect), (Status::Pending, Effect::Part));
    job.run(&RunPlan::default()).await;
    let row = job.rows().swap_remove(0);
    let workspaces = row.before.unwrap().workspaces.unwrap();
    assert_eq!(workspaces, ["w1", "w2"]);
    let recorded = Outcome::Removed(Confirmation::Body);
    assert_eq!(row.outcome, Some(recorded));
    job.check(3);
}

/// An earlier run has written a part, and another administrator the rest: the user counts as removed by the job.
#[tokio::test(start_paused = true)]
async fn a_goal_met_after_any_write_of_the_job_is_removed_and_not_already() {
    for (effect, expected) in [
        (Effect::None, Outcome::Already),
        (Effect::Part, Outcome::Removed(Confirmation::Reread)),
        (Effect::Maybe, Outcome::Removed(Confirmation::Reread)),
    ] {
        let job = TestJob::new(1, |_| Behaviour::Confirm);
        job.journal.edit("u2", |row| {
            row.effect = effect;
            if effect == Effect::None {
                row.before = None;
            }
        });
        job.alter("u2", |person| {
            person.active = false;
            person.workspaces.clear();
        });
        job.run(&RunPlan::default()).await;
        assert_eq!(job.rows()[0].outcome, Some(expected), "{effect:?}");
        assert_eq!(job.person("u2").writes, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn users_that_were_claimed_and_never_written_go_back_unchanged() {
    for effect in [Effect::None, Effect::Part, Effect::Maybe] {
        let job = TestJob::new(1, |_| Behaviour::Throttle(Some(3_000)));
        job.journal.edit("u2", |row| row.effect = effect);
        job.run(&RunPlan::interrupted(&[1_000])).await;
        let row = job.rows().swap_remove(0);
        assert_eq!(row.effect, effect);
        let Some(Fact::Released { unanswered, .. }) = row.facts.last() else {
            panic!("{row:?}");
        };
        assert!(!unanswered, "what was turned away did not go unanswered");
    }
}

#[tokio::test(start_paused = true)]
async fn only_an_abandoned_write_is_recorded_as_unanswered() {
    for (kind, expected) in [(WRITE, true), (READ, false)] {
        let job = TestJob::new(1, move |ask| match (ask.kind, kind) {
            (RequestKind::Write, RequestKind::Read) => Behaviour::Quiet,
            _ => Behaviour::Stall(3_600),
        });
        job.run(&RunPlan::interrupted(&[1_000, 2_000])).await;
        let row = job.rows().swap_remove(0);
        assert_eq!(row.effect, Effect::Maybe);
        let Some(Fact::Released { unanswered, .. }) = row.facts.last() else {
            panic!("{row:?}");
        };
        assert_eq!(*unanswered, expected, "{kind:?}");
    }
}
