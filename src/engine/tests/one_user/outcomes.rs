//! P1 and P2: the outcome of a user for each behaviour of the tenant, compared with the tenant's own state.

use std::time::Duration;

use Behaviour as B;
use Outcome::{Already, Failed, InDoubt, NotFound, Removed};

use crate::domain::{Confirmation, Outcome, Reason, RequestKind, Status};
use crate::engine::scripted::{Behaviour, RunPlan, TestJob};

const BODY: Outcome = Removed(Confirmation::Body);
const REREAD: Outcome = Removed(Confirmation::Reread);

/// Runs a job with one user. Returns the outcome, and the numbers of writes and reads that arrived.
async fn play(
    writes: impl Fn(u32) -> Behaviour + Send + Sync + 'static,
    reads: Behaviour,
) -> (Outcome, u32, u32) {
    // Another user is served first: a target that serves no user at all is treated in another way.
    let job = TestJob::new(2, move |ask| match (ask.user, ask.kind) {
        ("u2", _) => B::Confirm,
        (_, RequestKind::Write) => writes(ask.nth),
        _ => reads,
    });
    let plan = RunPlan {
        concurrency: 1,
        ..RunPlan::default()
    };
    let ran = job.run(&plan).await;
    assert_eq!(ran.ending().stopped, None);
    job.check(3);
    let person = job.person("u3");
    let outcome = job.rows()[1].outcome.unwrap();
    (outcome, person.writes, person.reads)
}

#[tokio::test(start_paused = true)]
async fn p2_every_behaviour_of_all_writes_has_one_outcome() {
    for (behaviour, expected) in [
        (B::Confirm, (BODY, 1, 0)),
        (B::Stall(25), (BODY, 1, 0)),
        (B::Quiet, (REREAD, 1, 1)),
        (B::AppliedThenLost, (REREAD, 1, 1)),
        (B::Lost, (Failed(Reason::NoAnswer), 3, 3)),
        (B::Garbage, (Failed(Reason::NotApplied), 2, 5)),
        (B::Ignore, (Failed(Reason::NotApplied), 2, 5)),
        (B::Half, (Failed(Reason::NotApplied), 2, 5)),
        (B::Fail, (Failed(Reason::ServerError), 3, 1)),
        (B::FailApplied, (REREAD, 3, 1)),
        (B::Busy(7), (Failed(Reason::ServerError), 3, 1)),
        (B::Status(408), (Failed(Reason::ServerError), 3, 1)),
        (B::NoTarget, (Failed(Reason::NoTarget), 2, 2)),
        (B::Status(400), (Failed(Reason::BadRequest), 1, 0)),
        (B::Status(403), (Failed(Reason::Forbidden), 1, 1)),
        (B::Status(404), (Failed(Reason::NotFound), 1, 1)),
        (B::Status(405), (Failed(Reason::Unsupported), 1, 0)),
        (B::Status(409), (Failed(Reason::Conflict), 2, 1)),
        (B::Status(302), (Failed(Reason::Redirected), 1, 0)),
    ] {
        let found = play(move |_| behaviour, B::Confirm).await;
        assert_eq!(found, expected, "{behaviour:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn p2_every_behaviour_of_the_first_write_is_recovered_from_if_possible() {
    for (behaviour, expected) in [
        (B::Lost, (BODY, 2, 1)),
        (B::Garbage, (BODY, 2, 1)),
        (B::Ignore, (BODY, 2, 1)),
        (B::Half, (BODY, 2, 1)),
        (B::Fail, (BODY, 2, 0)),
        (B::FailApplied, (BODY, 2, 0)),
        (B::Busy(7), (BODY, 2, 0)),
        (B::Throttle(Some(9)), (BODY, 2, 0)),
        (B::Throttle(None), (BODY, 2, 0)),
        (B::Expire, (BODY, 2, 0)),
        (B::NotSent, (BODY, 1, 0)),
        (B::Status(409), (BODY, 2, 1)),
    ] {
        let first = move |nth| if nth == 1 { behaviour } else { B::Confirm };
        let found = play(first, B::Confirm).await;
        assert_eq!(found, expected, "{behaviour:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn p2_a_user_that_cannot_be_read_is_neither_removed_nor_failed() {
    for (read, reason, reads) in [
        (B::Status(403), Reason::Forbidden, 1),
        (B::Fail, Reason::NoAnswer, 3),
        (B::Garbage, Reason::NoAnswer, 3),
        (B::Quiet, Reason::NoAnswer, 3),
        (B::Lost, Reason::NoAnswer, 3),
    ] {
        for write in [B::Lost, B::AppliedThenLost] {
            let found = play(move |_| write, read).await;
            assert_eq!(found, (InDoubt(reason), 1, reads), "{write:?} {read:?}");
        }
    }
    // The write was answered with success; the reads show nothing.
    let found = play(|_| B::Quiet, B::Fail).await;
    assert_eq!(found, (InDoubt(Reason::ServerError), 1, 3));
    let found = play(|_| B::Quiet, B::Lost).await;
    assert_eq!(found, (InDoubt(Reason::NoAnswer), 1, 3));
    let found = play(|_| B::Quiet, B::Garbage).await;
    assert_eq!(found, (InDoubt(Reason::Unreadable), 1, 3));
    let found = play(|_| B::Status(404), B::Status(404)).await;
    assert_eq!(found, (NotFound, 1, 1));
    let found = play(|_| B::NoTarget, B::Status(403)).await;
    assert_eq!(found, (InDoubt(Reason::Forbidden), 1, 1));
}

#[tokio::test(start_paused = true)]
async fn p2_a_user_with_nothing_left_to_remove_is_already_done() {
    let job = TestJob::new(1, |ask| match ask.kind {
        RequestKind::Write => B::NoTarget,
        _ => B::Confirm,
    });
    job.alter("u2", |person| {
        person.active = false;
        person.workspaces.clear();
    });
    job.run(&RunPlan::default()).await;
    assert_eq!(job.rows()[0].outcome, Some(Already));
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn p2_a_user_in_doubt_is_read_again_by_the_next_run() {
    let job = TestJob::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, _) => B::AppliedThenLost,
        (RequestKind::Read, 1..=3) => B::Fail,
        _ => B::Confirm,
    });
    job.run(&RunPlan::default()).await;
    assert_eq!(job.statuses(), [Status::InDoubt]);
    job.run(&RunPlan::default()).await;
    assert_eq!(job.rows()[0].outcome, Some(REREAD));
    assert_eq!(job.person("u2").writes, 1);
    job.check(3);
}

/// The tenant asks the journal when a write arrives; `TestJob::check` reports what it found.
#[tokio::test(start_paused = true)]
async fn p1_no_write_arrives_before_its_intent_is_durable() {
    let job = TestJob::new(200, |ask| match (ask.user.len() + ask.nth as usize) % 4 {
        0 => B::Fail,
        1 => B::Throttle(Some(1)),
        2 => B::Lost,
        _ => B::Confirm,
    });
    let plan = RunPlan {
        concurrency: 8,
        latency: Duration::from_millis(3),
        ..RunPlan::default()
    };
    let ran = job.run(&plan).await;
    assert_eq!(ran.ending().stopped, None);
    let open = job.statuses().iter().filter(|it| it.is_open()).count();
    assert_eq!(open, 0, "{:?} {:?}", ran.events, job.statuses());
    assert!(job.arrivals().len() > 400, "{}", job.arrivals().len());
    job.check(3);
}
