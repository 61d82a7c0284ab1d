//! The state before the first write: no user is written unseen, and a write asks only for what is left to do.

use crate::domain::{Effect, Fact, RequestKind, Status};
use crate::engine::scripted::{Behaviour, RunPlan, TestJob};

#[tokio::test(start_paused = true)]
async fn p11_a_user_that_was_never_seen_is_read_first_and_the_state_is_kept() {
    let job = TestJob::new(3, |_| Behaviour::Confirm);
    job.journal.edit("u3", |row| row.before = None);
    job.run(&RunPlan::default()).await;
    job.check(3);
    assert_eq!(job.statuses(), [Status::Removed; 3]);
    let reads = |user| job.person(user).reads;
    assert_eq!([reads("u2"), reads("u3"), reads("u4")], [0, 1, 0]);
    let row = job.journal.rows().swap_remove(1);
    let kinds: Vec<_> = row.facts.iter().map(kind).collect();
    assert_eq!(
        kinds,
        ["read", "looked up", "begun", "written", "settled"],
        "the look is durable before the intent"
    );
}

#[tokio::test(start_paused = true)]
async fn a_user_that_is_as_wanted_when_first_read_is_never_written() {
    let job = TestJob::new(1, |_| Behaviour::Confirm);
    job.journal.edit("u2", |row| row.before = None);
    job.alter("u2", |person| {
        person.active = false;
        person.workspaces.clear();
    });
    job.run(&RunPlan::default()).await;
    assert_eq!(job.statuses(), [Status::Already]);
    assert_eq!(job.person("u2").writes, 0);
    let facts = job.journal.rows().swap_remove(0).facts;
    assert!(matches!(facts[1], Fact::LookedUp(_)), "{facts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_workspace_that_is_gone_since_the_plan_is_not_removed_again() {
    let job = TestJob::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, 1) => Behaviour::NoTarget,
        _ => Behaviour::Confirm,
    });
    // Another administrator removed the workspaces after the plan.
    job.alter("u2", |person| person.workspaces.clear());
    job.run(&RunPlan::default()).await;
    assert_eq!(job.statuses(), [Status::Removed]);
    let facts = job.journal.rows().swap_remove(0).facts;
    let asked: Vec<_> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Begun { request, .. } => Some(request.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        asked,
        [
            "PATCH u2 [RemoveWorkspaces, SetActive(false)]",
            "PATCH u2 [SetActive(false)]"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn p11_access_granted_before_the_write_that_took_effect_is_recorded() {
    let all = ["a", "b", "c"].map(str::to_owned);
    // The state of the user when the run continues, and whether an undo is to give it back.
    for (active, workspaces, is_renewed) in [
        (true, &all[..], true),
        // A part of it is gone: the write of the killed run may have removed it.
        (false, &all[..], false),
        (true, &all[1..], false),
        (true, &all[..2], false),
    ] {
        let job = TestJob::new(1, |_| Behaviour::Confirm);
        // A run was killed between an intent and its write.
        job.journal.edit("u2", |row| {
            row.status = Status::InDoubt;
            row.effect = Effect::Maybe;
            row.attempts = 1;
            let before = row.before.as_mut().unwrap();
            before.workspaces = Some(all[..2].to_vec());
        });
        job.alter("u2", |person| {
            person.active = active;
            person.workspaces = workspaces.to_vec();
        });
        job.run(&RunPlan::default()).await;
        assert_eq!(job.statuses(), [Status::Removed]);
        assert_eq!(job.broken(), [""; 0]);
        let row = job.journal.rows().swap_remove(0);
        let before = row.before.unwrap().workspaces.unwrap();
        let kept = if is_renewed { 3 } else { 2 };
        assert_eq!(before, all[..kept], "{active} {workspaces:?}");
        let renewed = row.facts.iter().filter(|fact| kind(fact) == "renewed");
        assert_eq!(renewed.count(), usize::from(is_renewed));
    }
}

fn kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::LookedUp(_) => "looked up",
        Fact::Renewed(_) => "renewed",
        Fact::Sampled(_) => "sampled",
        Fact::Begun { .. } => "begun",
        Fact::Ended {
            kind: RequestKind::Write,
            ..
        } => "written",
        Fact::Ended { .. } => "read",
        Fact::Settled(_) => "settled",
        Fact::Verified { .. } => "verified",
        Fact::Released { .. } => "released",
    }
}
