//! The questions before a user is given up, the end of every loop, and the answer that is recorded as the one
//! that decided.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{
    Effect, Fact, FailureLimit, Limits, Outcome, Reason, RequestKind, Settlement, Status,
};
use crate::engine::StopReason;
use crate::engine::scripted::{Behaviour, RunPlan, ScriptedRequest, TestJob};

fn settlement(job: &TestJob, index: usize) -> Settlement {
    let facts = &job.rows()[index].facts;
    match facts.last() {
        Some(Fact::Settled(settlement)) => settlement.clone(),
        other => panic!("{other:?}"),
    }
}

fn never_seen(job: &TestJob) {
    for row in job.rows() {
        job.journal.edit(row.user.as_str(), |row| row.before = None);
    }
}

#[tokio::test(start_paused = true)]
async fn p5_an_outage_of_the_last_users_is_waited_for() {
    for users in [1, 5] {
        for bad in [Behaviour::Status(503), Behaviour::Lost, Behaviour::Fail] {
            for seen in [true, false] {
                let start = Instant::now();
                let job = TestJob::new(users, move |_| {
                    if start.elapsed() < Duration::from_mins(10) {
                        bad
                    } else {
                        Behaviour::Confirm
                    }
                });
                if !seen {
                    never_seen(&job);
                }
                let ran = job.run(&RunPlan::default()).await;
                assert_eq!(ran.ending().stopped, None, "{users} {bad:?} {seen}");
                for row in job.rows() {
                    assert_eq!((row.status, row.attempts), (Status::Removed, 1), "{row:?}");
                }
                job.check(3);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p5_an_outage_without_end_stops_a_run_with_one_user_left() {
    for seen in [true, false] {
        let job = TestJob::new(1, |_| Behaviour::Status(503));
        if !seen {
            never_seen(&job);
        }
        let ran = job.run(&RunPlan::default()).await;
        let stopped = ran.ending().stopped.clone();
        assert!(
            matches!(stopped, Some(StopReason::Outage(_))),
            "a 5xx never proves that there is no SCIM service: {stopped:?}"
        );
        assert!(job.statuses()[0].is_open());
        assert_eq!(job.rows()[0].attempts, 0);
        assert!(ran.took < Duration::from_mins(33), "{:?}", ran.took);
        assert!(job.arrivals().len() < 80, "{}", job.arrivals().len());
    }
}

/// The write was answered by 204, then the reads that would confirm it fail.
#[tokio::test(start_paused = true)]
async fn p5_an_outage_that_begins_after_the_write_is_waited_for() {
    let start = Instant::now();
    let job = TestJob::new(3, move |ask| match ask.kind {
        RequestKind::Write => Behaviour::Quiet,
        _ if start.elapsed() < Duration::from_mins(5) => Behaviour::Status(503),
        _ => Behaviour::Confirm,
    });
    let ran = job.run(&RunPlan::default()).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(job.statuses(), [Status::Removed; 3]);
    assert!((2..5).all(|line| job.person(&format!("u{line}")).writes == 1));
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn one_user_that_alone_fails_costs_one_question() {
    let job = TestJob::new(1, |ask| match ask.user {
        "u2" => Behaviour::Fail,
        _ => Behaviour::Confirm,
    });
    let ran = job.run(&RunPlan::default()).await;
    assert_eq!(ran.ending().stopped, None);
    let expected = Outcome::InDoubt(Reason::ServerError);
    assert_eq!(job.rows()[0].outcome, Some(expected));
    assert_eq!(job.person("u0").reads, 1);
    let decided = settlement(&job, 0).decided_by.unwrap();
    assert_eq!(decided.status, 500);
}

fn forbidden(
    user: &'static str,
) -> impl Fn(ScriptedRequest<'_>) -> Behaviour + Send + Sync + 'static {
    move |ask| {
        if ask.user == user {
            Behaviour::Status(403)
        } else {
            Behaviour::Confirm
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_user_of_a_process_may_be_forbidden_alone() {
    for (effect, seen) in [
        (Effect::None, true),
        (Effect::None, false),
        (Effect::Part, true),
    ] {
        let job = TestJob::new(2, forbidden("u2"));
        job.journal.edit("u2", |row| row.effect = effect);
        if !seen {
            never_seen(&job);
        }
        let plan = RunPlan {
            concurrency: 1,
            ..RunPlan::default()
        };
        let ran = job.run(&plan).await;
        assert_eq!(ran.ending().stopped, None, "{effect:?} {seen}");
        let rows = job.rows();
        assert_eq!(rows[0].outcome, Some(Outcome::Failed(Reason::Forbidden)));
        assert_eq!(rows[1].status, Status::Removed);
        assert_eq!(settlement(&job, 0).decided_by.unwrap().status, 403);
    }
}

#[tokio::test(start_paused = true)]
async fn a_known_user_that_is_gone_shows_that_the_account_is_served() {
    let job = TestJob::new(3, |ask| match (ask.user, ask.kind) {
        ("u3", _) => Behaviour::Status(403),
        (_, RequestKind::Write) => Behaviour::Quiet,
        _ => Behaviour::Confirm,
    })
    .deleting();
    let plan = RunPlan {
        concurrency: 1,
        ..RunPlan::default()
    };
    let ran = job.run(&plan).await;
    assert_eq!(ran.ending().stopped, None);
    let failed = Outcome::Failed(Reason::Forbidden);
    assert_eq!(job.rows()[1].outcome, Some(failed));
    assert!(ran.took < Duration::from_secs(30), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn a_question_about_the_role_that_is_never_answered_comes_to_an_end() {
    let job = TestJob::new(1, |ask| match ask.user {
        "u2" => Behaviour::Status(403),
        _ => Behaviour::Fail,
    });
    let ran = job.run(&RunPlan::default()).await;
    assert!(ran.took < Duration::from_hours(2), "{:?}", ran.took);
    assert!(job.arrivals().len() < 400, "{}", job.arrivals().len());
}

#[tokio::test(start_paused = true)]
async fn the_second_signal_ends_a_question_at_once() {
    for bad in [403, 503] {
        let job = TestJob::new(1, move |ask| match ask.user {
            "u2" => Behaviour::Status(bad),
            _ => Behaviour::Stall(3_600),
        });
        let ran = job.run(&RunPlan::interrupted(&[20_000, 21_000])).await;
        assert!(ran.took < Duration::from_millis(21_100), "{:?}", ran.took);
        assert!(job.statuses()[0].is_open());
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_built_fails_its_user() {
    let job = TestJob::new(2, |ask| match (ask.user, ask.kind) {
        ("u2", RequestKind::Write) => Behaviour::Unsendable,
        _ => Behaviour::Confirm,
    });
    let ran = job.run(&RunPlan::default()).await;
    assert_eq!(ran.ending().stopped, None);
    let failed = Outcome::Failed(Reason::Unsendable);
    assert_eq!(job.rows()[0].outcome, Some(failed));
    let words = settlement(&job, 0).detail.unwrap();
    assert!(words.contains("a line end in a header"), "{words}");
    assert_eq!(job.statuses()[1], Status::Removed);
}

#[tokio::test(start_paused = true)]
async fn p5_nothing_but_429_for_longer_than_an_outage_stops_the_run() {
    for wait in [None, Some(20), Some(3_600)] {
        let job = TestJob::new(3, move |_| Behaviour::Throttle(wait));
        let ran = job.run(&RunPlan::default()).await;
        let stopped = ran.ending().stopped.clone();
        assert!(
            matches!(&stopped, Some(StopReason::Outage(why)) if why.contains("429")),
            "{stopped:?}"
        );
        assert!(ran.took < Duration::from_hours(3), "{:?}", ran.took);
        for row in job.rows() {
            let as_before = (Status::Pending, 0, Effect::None);
            assert_eq!((row.status, row.attempts, row.effect), as_before);
        }
        job.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn p2_a_user_that_is_not_shown_is_unconfirmed_after_one_write_and_one_read() {
    let job = TestJob::new(1, |_| Behaviour::Shy);
    let ran = job.run(&RunPlan::default()).await;
    assert_eq!(ran.ending().stopped, None);
    let expected = Outcome::InDoubt(Reason::Unconfirmed);
    assert_eq!(job.rows()[0].outcome, Some(expected));
    let person = job.person("u2");
    assert_eq!((person.writes, person.reads), (1, 1));
    let words = settlement(&job, 0).detail.unwrap();
    assert!(words.contains("not said whether active"), "{words}");
    // Another run reads, and does not write.
    job.run(&RunPlan::default()).await;
    let person = job.person("u2");
    assert_eq!((person.writes, person.reads), (1, 2));
    assert_eq!(job.rows()[0].outcome, Some(expected));
}

#[tokio::test(start_paused = true)]
async fn an_attribute_that_the_first_read_does_not_show_may_be_written_unseen() {
    let job = TestJob::new(1, |ask| match ask.kind {
        RequestKind::Write => Behaviour::Confirm,
        _ => Behaviour::Shy,
    });
    never_seen(&job);
    job.run(&RunPlan::default()).await;
    assert_eq!(job.statuses(), [Status::Removed]);
    assert_eq!(job.person("u2").writes, 1);
}

/// 403 to a write, then a lost read, then a read that shows the user.
#[tokio::test(start_paused = true)]
async fn the_answer_that_decided_is_recorded_and_not_the_read_that_followed() {
    let job = TestJob::new(2, |ask| match (ask.user, ask.kind, ask.nth) {
        ("u3", RequestKind::Write, _) => Behaviour::Status(403),
        ("u3", RequestKind::Read, 1) => Behaviour::Lost,
        _ => Behaviour::Confirm,
    });
    job.run(&RunPlan::default()).await;
    let recorded = settlement(&job, 1);
    assert_eq!(recorded.outcome, Outcome::Failed(Reason::Forbidden));
    assert_eq!(recorded.decided_by.unwrap().status, 403);
    assert_eq!(
        recorded.detail, None,
        "the lost read said nothing about the write"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_has_the_words_of_the_answer_to_the_write() {
    let job = TestJob::new(2, |ask| match (ask.user, ask.kind, ask.nth) {
        ("u3", RequestKind::Write, _) => Behaviour::NoTarget,
        ("u3", RequestKind::Read, 1 | 3) => Behaviour::Lost,
        _ => Behaviour::Confirm,
    });
    job.run(&RunPlan::default()).await;
    let recorded = settlement(&job, 1);
    assert_eq!(recorded.outcome, Outcome::Failed(Reason::NoTarget));
    assert_eq!(recorded.detail.as_deref(), Some("noTarget"));
    assert_eq!(recorded.decided_by.unwrap().status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_user_that_was_seen_and_is_not_found_counts_as_a_failure() {
    for (seen, stops) in [(true, true), (false, false)] {
        let job = TestJob::new(30, |ask| match ask.user {
            "u0" => Behaviour::Confirm,
            _ => Behaviour::Status(404),
        });
        if !seen {
            never_seen(&job);
        }
        let plan = RunPlan {
            limits: Limits {
                failures: Some(FailureLimit::Users(3)),
                ..Limits::default()
            },
            ..RunPlan::default()
        };
        let ran = job.run(&plan).await;
        let stopped = ran.ending().stopped.clone();
        let too_many = matches!(stopped, Some(StopReason::TooManyFailures(_)));
        assert_eq!(too_many, stops, "{stopped:?}");
        let found = |status: &Status| *status != Status::NotFound && *status != Status::Pending;
        assert!(!job.statuses().iter().any(found));
    }
}
