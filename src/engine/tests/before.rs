//! What users have before they are written: no user is written unseen, and only what is left to do is
//! asked for.

use crate::domain::{Effect, Fact, RequestKind, Status};
use crate::engine::scripted::{Behaviour, Plan, World};

#[tokio::test(start_paused = true)]
async fn p11_whoever_was_never_seen_is_read_first_and_that_is_kept() {
    let world = World::new(3, |_| Behaviour::Confirm);
    world.memory.edit("u3", |row| row.before = None);
    world.run(&Plan::default()).await;
    world.check(3);
    assert_eq!(world.statuses(), [Status::Removed; 3]);
    let reads = |user| world.person(user).reads;
    assert_eq!([reads("u2"), reads("u3"), reads("u4")], [0, 1, 0]);
    let row = world.memory.rows().swap_remove(1);
    let kinds: Vec<_> = row.facts.iter().map(kind).collect();
    assert_eq!(
        kinds,
        ["read", "looked up", "begun", "written", "settled"],
        "the look is durable before the intent"
    );
}

#[tokio::test(start_paused = true)]
async fn who_is_as_wanted_when_first_seen_is_never_written() {
    let world = World::new(1, |_| Behaviour::Confirm);
    world.memory.edit("u2", |row| row.before = None);
    world.alter("u2", |person| {
        person.active = false;
        person.workspaces.clear();
    });
    world.run(&Plan::default()).await;
    assert_eq!(world.statuses(), [Status::Already]);
    assert_eq!(world.person("u2").writes, 0);
    let facts = world.memory.rows().swap_remove(0).facts;
    assert!(matches!(facts[1], Fact::LookedUp(_)), "{facts:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_since_the_look_is_not_asked_for_again() {
    let world = World::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, 1) => Behaviour::NoTarget,
        _ => Behaviour::Confirm,
    });
    // Another administrator took the workspaces after the look.
    world.alter("u2", |person| person.workspaces.clear());
    world.run(&Plan::default()).await;
    assert_eq!(world.statuses(), [Status::Removed]);
    let facts = world.memory.rows().swap_remove(0).facts;
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
async fn p11_what_was_granted_before_the_write_that_took_effect_is_kept() {
    let all = ["a", "b", "c"].map(str::to_owned);
    // What the user has when the run continues, and whether that is what an undo is to give back.
    for (active, workspaces, is_renewed) in [
        (true, &all[..], true),
        // A part of it is taken: the dead run's write may have done that.
        (false, &all[..], false),
        (true, &all[1..], false),
        (true, &all[..2], false),
    ] {
        let world = World::new(1, |_| Behaviour::Confirm);
        // A run has died between an intent and its write.
        world.memory.edit("u2", |row| {
            row.status = Status::InDoubt;
            row.effect = Effect::Maybe;
            row.attempts = 1;
            let before = row.before.as_mut().unwrap();
            before.workspaces = Some(all[..2].to_vec());
        });
        world.alter("u2", |person| {
            person.active = active;
            person.workspaces = workspaces.to_vec();
        });
        world.run(&Plan::default()).await;
        assert_eq!(world.statuses(), [Status::Removed]);
        assert_eq!(world.broken(), [""; 0]);
        let row = world.memory.rows().swap_remove(0);
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
