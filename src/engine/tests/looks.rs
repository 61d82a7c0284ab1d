//! How old the state may be that a user is settled or written by, and that the state before the job is never
//! replaced once a write may have left.

use std::time::Duration;

use crate::domain::{Confirmation, Effect, Fact, Goal, Membership, Outcome, RequestKind, Status};
use crate::engine::scripted::{Behaviour, Cut, Plan, World};

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

fn kinds(world: &World) -> Vec<RequestKind> {
    world.arrivals().iter().map(|it| it.kind).collect()
}

const READ: RequestKind = RequestKind::Read;
const WRITE: RequestKind = RequestKind::Write;

#[tokio::test(start_paused = true)]
async fn p11_a_state_older_than_the_plan_may_be_is_read_again() {
    for (now, expected) in [
        (HOUR - 1_000, &[WRITE][..]),
        (HOUR + 1, &[READ, WRITE]),
        // The clock was set back.
        (-1, &[READ, WRITE]),
    ] {
        let world = World::new(1, |_| Behaviour::Confirm);
        world.alter("u2", |person| person.workspaces.push("w3".to_owned()));
        let plan = Plan {
            now,
            look_ttl: Duration::from_hours(1),
            ..Plan::default()
        };
        world.run(&plan).await;
        assert_eq!(kinds(&world), expected, "{now}");
        let row = &world.rows()[0];
        let before = row.before.clone().unwrap().workspaces.unwrap();
        let again = expected.len() == 2;
        assert_eq!(
            before.len(),
            if again { 3 } else { 2 },
            "what is taken is kept"
        );
        assert_eq!(row.before_at, if again { now } else { 0 });
        world.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_that_seems_done_by_an_old_state_is_not_settled_by_it() {
    let world = World::new(1, |_| Behaviour::Confirm);
    world.memory.edit("u2", |row| {
        let before = row.before.as_mut().unwrap();
        before.active = Some(false);
        before.workspaces = Some(Vec::new());
    });
    world.run(&Plan::default()).await;
    assert_eq!(kinds(&world), [READ, WRITE]);
    assert_eq!(world.statuses(), [Status::Removed]);
}

/// A 429 holds the write; meanwhile another administrator grants a workspace.
#[tokio::test(start_paused = true)]
async fn p7_a_workspace_granted_while_a_write_is_held_up_survives() {
    for (wait, survives) in [(90, true), (20, false)] {
        let world = World::new(1, move |ask| match (ask.kind, ask.nth) {
            (RequestKind::Write, 1) => Behaviour::Throttle(Some(wait)),
            _ => Behaviour::Confirm,
        })
        .with_goal(without_w1());
        let grant = async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            world.alter("u2", |person| person.workspaces.push("w3".to_owned()));
            std::future::pending::<()>().await;
        };
        let plan = Plan::default();
        tokio::select! {
            _ = world.run(&plan) => {}
            () = grant => {}
        }
        // At most a minute old is what is promised; less than that the service alone can know.
        let left = world.person("u2").workspaces;
        let expected: &[&str] = if survives { &["w2", "w3"] } else { &["w2"] };
        assert_eq!(left, expected);
        assert_eq!(world.broken(), Vec::<String>::new());
        let row = &world.rows()[0];
        assert_eq!(row.status, Status::Removed);
        assert_eq!(row.attempts, 1);
        // The void intent leaves no trace in what the user had before the job.
        let before = row.before.clone().unwrap().workspaces.unwrap();
        assert_eq!(before.len(), if survives { 3 } else { 2 });
    }
}

/// Slots and permits are waited for as well.
#[tokio::test(start_paused = true)]
async fn a_write_that_waited_too_long_for_a_permit_is_made_anew() {
    let world = World::new(6, |ask| match ask.user {
        "u2" => Behaviour::Stall(70),
        _ => Behaviour::Confirm,
    })
    .with_goal(without_w1());
    let plan = Plan {
        concurrency: 1,
        ..Plan::default()
    };
    world.run(&plan).await;
    assert_eq!(world.statuses(), [Status::Removed; 6]);
    assert!(world.person("u3").reads > 0);
    assert_eq!(world.broken(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_pace_too_slow_for_fresh_states_ends_the_run_and_fails_nobody() {
    let world = World::new(2, |_| Behaviour::Confirm).with_goal(without_w1());
    let plan = Plan {
        rate: "1/m",
        concurrency: 4,
        now: HOUR,
        ..Plan::default()
    };
    let ran = world.run(&plan).await;
    let ending = ran.ending();
    if ending.stopped.is_some() {
        assert!(world.statuses().iter().all(|status| status.is_open()));
    }
    assert!(ran.took < Duration::from_hours(2), "{:?}", ran.took);
    assert_eq!(world.broken(), Vec::<String>::new());
}

/// Half a write took effect, then a kill, a read, a stop, and another run.
#[tokio::test(start_paused = true)]
async fn p11_what_half_a_write_left_never_becomes_the_state_before() {
    let world = World::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, 1) => Behaviour::Half,
        (RequestKind::Write, 2) => Behaviour::Throttle(Some(500)),
        _ => Behaviour::Confirm,
    });
    let killed = Plan {
        cut: Some(Cut::AfterSend(1)),
        ..Plan::default()
    };
    world.run(&killed).await;
    world.run(&Plan::interrupted(&[1_000, 1_500])).await;
    let row = world.rows().swap_remove(0);
    assert_eq!((row.status, row.effect), (Status::Pending, Effect::Part));
    world.run(&Plan::default()).await;
    let row = world.rows().swap_remove(0);
    let workspaces = row.before.unwrap().workspaces.unwrap();
    assert_eq!(workspaces, ["w1", "w2"]);
    let told = Outcome::Removed(Confirmation::Body);
    assert_eq!(row.outcome, Some(told));
    world.check(3);
}

/// An earlier run has written in part, and the rest came about by itself: the job has a share in it.
#[tokio::test(start_paused = true)]
async fn a_goal_met_after_any_write_of_the_job_is_removed_and_not_already() {
    for (effect, expected) in [
        (Effect::None, Outcome::Already),
        (Effect::Part, Outcome::Removed(Confirmation::Reread)),
        (Effect::Maybe, Outcome::Removed(Confirmation::Reread)),
    ] {
        let world = World::new(1, |_| Behaviour::Confirm);
        world.memory.edit("u2", |row| {
            row.effect = effect;
            if effect == Effect::None {
                row.before = None;
            }
        });
        world.alter("u2", |person| {
            person.active = false;
            person.workspaces.clear();
        });
        world.run(&Plan::default()).await;
        assert_eq!(world.rows()[0].outcome, Some(expected), "{effect:?}");
        assert_eq!(world.person("u2").writes, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn users_that_were_claimed_and_never_sent_go_back_as_they_came() {
    for effect in [Effect::None, Effect::Part, Effect::Maybe] {
        let world = World::new(1, |_| Behaviour::Throttle(Some(3_000)));
        world.memory.edit("u2", |row| row.effect = effect);
        world.run(&Plan::interrupted(&[1_000])).await;
        let row = world.rows().swap_remove(0);
        assert_eq!(row.effect, effect);
        let Some(Fact::Released { unanswered, .. }) = row.facts.last() else {
            panic!("{row:?}");
        };
        assert!(!unanswered, "what was turned away did not go unanswered");
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_write_that_was_abandoned_goes_unanswered() {
    for (kind, expected) in [(WRITE, true), (READ, false)] {
        let world = World::new(1, move |ask| match (ask.kind, kind) {
            (RequestKind::Write, RequestKind::Read) => Behaviour::Quiet,
            _ => Behaviour::Stall(3_600),
        });
        world.run(&Plan::interrupted(&[1_000, 2_000])).await;
        let row = world.rows().swap_remove(0);
        assert_eq!(row.effect, Effect::Maybe);
        let Some(Fact::Released { unanswered, .. }) = row.facts.last() else {
            panic!("{row:?}");
        };
        assert_eq!(*unanswered, expected, "{kind:?}");
    }
}
