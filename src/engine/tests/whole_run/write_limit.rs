//! A run with a limit of first writes: a canary.

use crate::domain::{RequestKind, Status};
use crate::engine::scripted::{Behaviour, RunPlan, TestJob};

fn canary(users: u64) -> RunPlan {
    RunPlan {
        write_at_most: Some(users),
        concurrency: 8,
        ..RunPlan::default()
    }
}

fn written(job: &TestJob, lines: std::ops::Range<u64>) -> Vec<u64> {
    let wrote = |line: &u64| job.person(&format!("u{line}")).writes > 0;
    lines.filter(wrote).collect()
}

fn done(job: &TestJob, user: &str) {
    job.alter(user, |person| {
        person.active = false;
        person.workspaces.clear();
    });
    job.journal.edit(user, |row| row.before = None);
}

#[tokio::test(start_paused = true)]
async fn p7_a_canary_writes_as_many_users_as_its_limit_and_no_more() {
    for users in [0, 1, 2, 7] {
        let job = TestJob::new(30, |ask| match ask.nth {
            1 => Behaviour::Busy(1),
            _ => Behaviour::Confirm,
        });
        let ran = job.run(&canary(users)).await;
        assert_eq!(ran.ending().stopped, None);
        assert_eq!(ran.ending().written, users);
        assert_eq!(written(&job, 2..32), (2..2 + users).collect::<Vec<_>>());
        job.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn users_that_need_no_write_do_not_count_against_the_limit() {
    let job = TestJob::new(30, |ask| match ask.user {
        "u4" => Behaviour::Status(404),
        _ => Behaviour::Confirm,
    });
    for user in ["u2", "u3", "u5", "u7"] {
        done(&job, user);
    }
    job.journal.edit("u4", |row| row.before = None);
    let ran = job.run(&canary(2)).await;
    assert_eq!(ran.ending().written, 2);
    assert_eq!(written(&job, 2..32), [6, 8]);
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_finds_no_user_to_write_reads_all_users_and_ends() {
    let job = TestJob::new(30, |_| Behaviour::Confirm);
    for line in 2..32 {
        done(&job, &format!("u{line}"));
    }
    let ran = job.run(&canary(2)).await;
    assert_eq!(
        (ran.ending().written, ran.ending().stopped.clone()),
        (0, None)
    );
    assert_eq!(job.statuses(), [Status::Already; 30]);
}

/// The users that a killed canary has written are read. Others are written up to the limit.
#[tokio::test(start_paused = true)]
async fn a_resumed_canary_writes_the_rest() {
    let job = TestJob::new(30, |ask| match (ask.user, ask.kind) {
        ("u2", RequestKind::Write) => Behaviour::AppliedThenLost,
        ("u2", RequestKind::Read) if ask.nth == 1 => Behaviour::Stall(3_600),
        _ => Behaviour::Confirm,
    });
    let first = RunPlan {
        signals: RunPlan::interrupted(&[1_000, 2_000]).signals,
        ..canary(2)
    };
    job.run(&first).await;
    assert_eq!(written(&job, 2..32), [2, 3]);
    let ran = job.run(&canary(0)).await;
    assert_eq!(ran.ending().written, 0);
    assert_eq!(written(&job, 2..32), [2, 3]);
    assert_eq!(job.statuses()[..2], [Status::Removed; 2]);
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_let_a_canary_write_more() {
    let start = tokio::time::Instant::now();
    let job = TestJob::new(30, move |_| {
        let now = start.elapsed().as_secs();
        if (1..600).contains(&now) || now == 0 {
            Behaviour::FailApplied
        } else {
            Behaviour::Confirm
        }
    });
    let ran = job.run(&canary(3)).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(written(&job, 2..32), [2, 3, 4]);
    assert_eq!(ran.ending().written, 3);
    job.check(3);
}
