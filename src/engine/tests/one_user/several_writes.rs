//! Users that need several writes, writes that are computed from a fresh read, and users that are to be deleted.

use Behaviour as B;

use crate::domain::{Confirmation, Division, Fact, Means, Outcome, Reason, RequestKind, Verdict};
use crate::engine::scripted::{Behaviour, RunPlan, ScriptedRequest, TestJob};

const EACH: Means = Means {
    division: Division::ByWorkspace,
    ..Means::ALL_AT_ONCE
};

const FROM_READ: Means = Means {
    from_read: true,
    ..Means::ALL_AT_ONCE
};

async fn play(
    means: Means,
    script: impl Fn(ScriptedRequest<'_>) -> Behaviour + Send + Sync + 'static,
) -> TestJob {
    let job = TestJob::new(1, script);
    let plan = RunPlan {
        means,
        ..RunPlan::default()
    };
    let ran = job.run(&plan).await;
    assert_eq!(ran.ending().stopped, None);
    job.check(plan.max_attempts);
    job
}

fn outcome(job: &TestJob) -> Outcome {
    job.rows()[0].outcome.unwrap()
}

fn requests(job: &TestJob) -> Vec<String> {
    let rows = job.rows();
    let begun = rows[0].facts.iter().filter_map(|fact| match fact {
        Fact::Begun { request, .. } => request.split_once(' ').map(|(_, what)| what.to_owned()),
        _ => None,
    });
    begun.collect()
}

#[tokio::test(start_paused = true)]
async fn each_part_follows_at_once_and_costs_no_attempt() {
    for (answer, by) in [
        (B::Confirm, Confirmation::Body),
        (B::Quiet, Confirmation::Reread),
    ] {
        let job = TestJob::new(1, move |ask| match ask.kind {
            RequestKind::Write => answer,
            _ => B::Confirm,
        });
        let plan = RunPlan {
            means: EACH,
            max_attempts: 1,
            ..RunPlan::default()
        };
        let ran = job.run(&plan).await;
        job.check(1);
        assert_eq!(outcome(&job), Outcome::Removed(by));
        assert_eq!(
            requests(&job),
            [
                r#"u2 [Leave("w1")]"#,
                r#"u2 [Leave("w2")]"#,
                "u2 [SetActive(false)]"
            ]
        );
        // Units wait for answers only.
        assert!(ran.took.as_secs() < 1, "{:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn p2_a_part_that_was_ignored_is_not_taken_for_done() {
    let job = play(EACH, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, 2..) => B::Ignore,
        _ => B::Confirm,
    })
    .await;
    assert_eq!(outcome(&job), Outcome::Failed(Reason::NotApplied));
    let person = job.person("u2");
    assert_eq!(person.workspaces, ["w2"]);
    assert_eq!(person.writes, 3, "one part, and two attempts at the next");
}

#[tokio::test(start_paused = true)]
async fn every_write_is_computed_from_a_read_of_its_own() {
    let job = play(FROM_READ, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, 1) => B::Throttle(Some(3)),
        (RequestKind::Write, 2) => B::Fail,
        (RequestKind::Write, 3) => B::NotSent,
        _ => B::Confirm,
    })
    .await;
    assert_eq!(outcome(&job), Outcome::Removed(Confirmation::Body));
    let kinds: Vec<_> = job.arrivals().iter().map(|it| it.kind).collect();
    let pair = [RequestKind::Read, RequestKind::Write];
    // The third write never left.
    let third = [RequestKind::Read];
    assert_eq!(kinds, [&pair[..], &pair, &third, &pair].concat());
}

#[tokio::test(start_paused = true)]
async fn a_read_that_shows_the_wanted_state_is_followed_by_no_write() {
    let job = TestJob::new(1, |_| B::Confirm);
    job.alter("u2", |person| {
        person.active = false;
        person.workspaces.clear();
    });
    let plan = RunPlan {
        means: FROM_READ,
        ..RunPlan::default()
    };
    job.run(&plan).await;
    assert_eq!(outcome(&job), Outcome::Already);
    assert_eq!(job.person("u2").writes, 0);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_user_counts_as_gone_only_after_a_404() {
    for (answer, expected) in [
        (B::Quiet, Outcome::Removed(Confirmation::Reread)),
        (B::AppliedThenLost, Outcome::Removed(Confirmation::Reread)),
        (B::FailApplied, Outcome::Removed(Confirmation::Reread)),
        // The answer is a success, and the user still exists.
        (B::Ignore, Outcome::Failed(Reason::NotApplied)),
        (B::Status(403), Outcome::Failed(Reason::Forbidden)),
        // The user is still shown: one answer alone proves nothing.
        (B::Status(404), Outcome::Failed(Reason::NotFound)),
        // Another administrator was quicker.
        (B::Status(410), Outcome::Already),
    ] {
        let job = TestJob::new(2, move |ask| match (ask.user, ask.kind) {
            ("u3", RequestKind::Write) => answer,
            ("u3", _) if answer == B::Status(410) => answer,
            (_, RequestKind::Write) => B::Quiet,
            _ => B::Confirm,
        })
        .deleting();
        let plan = RunPlan {
            concurrency: 1,
            ..RunPlan::default()
        };
        let ran = job.run(&plan).await;
        assert_eq!(ran.ending().stopped, None, "{answer:?}");
        let row = &job.rows()[1];
        assert_eq!(row.outcome, Some(expected), "{answer:?}");
        assert_eq!(job.broken(), Vec::<String>::new());
        let Some(Fact::Settled(settlement)) = row.facts.last() else {
            panic!("{row:?}");
        };
        let is_there = matches!(expected, Outcome::Failed(_));
        assert_eq!(settlement.after.is_some(), is_there, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_part_is_recorded_in_the_journal() {
    let job = play(EACH, |_| B::Confirm).await;
    let rows = job.rows();
    let verdicts: Vec<_> = rows[0]
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Ended { verdict, .. } => Some(*verdict),
            _ => None,
        })
        .collect();
    let expected = [Verdict::Advanced, Verdict::Advanced, Verdict::Applied];
    assert_eq!(verdicts, expected);
}
