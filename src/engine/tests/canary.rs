//! A run that may write so many users and no more.

use crate::domain::{RequestKind, Status};
use crate::engine::scripted::{Behaviour, Plan, World};

fn canary(users: u64) -> Plan {
    Plan {
        write_at_most: Some(users),
        concurrency: 8,
        ..Plan::default()
    }
}

fn written(world: &World, lines: std::ops::Range<u64>) -> Vec<u64> {
    let wrote = |line: &u64| world.person(&format!("u{line}")).writes > 0;
    lines.filter(wrote).collect()
}

fn done(world: &World, user: &str) {
    world.alter(user, |person| {
        person.active = false;
        person.workspaces.clear();
    });
    world.memory.edit(user, |row| row.before = None);
}

#[tokio::test(start_paused = true)]
async fn p7_a_canary_writes_as_many_users_as_it_is_to_and_no_more() {
    for users in [0, 1, 2, 7] {
        let world = World::new(30, |ask| match ask.nth {
            1 => Behaviour::Busy(1),
            _ => Behaviour::Confirm,
        });
        let ran = world.run(&canary(users)).await;
        assert_eq!(ran.ending().stopped, None);
        assert_eq!(ran.ending().written, users);
        assert_eq!(written(&world, 2..32), (2..2 + users).collect::<Vec<_>>());
        world.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn users_that_need_no_write_do_not_use_the_canary_up() {
    let world = World::new(30, |ask| match ask.user {
        "u4" => Behaviour::Status(404),
        _ => Behaviour::Confirm,
    });
    for user in ["u2", "u3", "u5", "u7"] {
        done(&world, user);
    }
    world.memory.edit("u4", |row| row.before = None);
    let ran = world.run(&canary(2)).await;
    assert_eq!(ran.ending().written, 2);
    assert_eq!(written(&world, 2..32), [6, 8]);
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_finds_nobody_to_write_reads_them_all_and_ends() {
    let world = World::new(30, |_| Behaviour::Confirm);
    for line in 2..32 {
        done(&world, &format!("u{line}"));
    }
    let ran = world.run(&canary(2)).await;
    assert_eq!(
        (ran.ending().written, ran.ending().stopped.clone()),
        (0, None)
    );
    assert_eq!(world.statuses(), [Status::Already; 30]);
}

/// Those whom a killed canary has written are read; the rest is written, and no more.
#[tokio::test(start_paused = true)]
async fn a_resumed_canary_writes_the_rest() {
    let world = World::new(30, |ask| match (ask.user, ask.kind) {
        ("u2", RequestKind::Write) => Behaviour::AppliedThenLost,
        ("u2", RequestKind::Read) if ask.nth == 1 => Behaviour::Stall(3_600),
        _ => Behaviour::Confirm,
    });
    let first = Plan {
        signals: Plan::interrupted(&[1_000, 2_000]).signals,
        ..canary(2)
    };
    world.run(&first).await;
    assert_eq!(written(&world, 2..32), [2, 3]);
    let ran = world.run(&canary(0)).await;
    assert_eq!(ran.ending().written, 0);
    assert_eq!(written(&world, 2..32), [2, 3]);
    assert_eq!(world.statuses()[..2], [Status::Removed; 2]);
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_let_a_canary_write_more() {
    let start = tokio::time::Instant::now();
    let world = World::new(30, move |_| {
        let now = start.elapsed().as_secs();
        if (1..600).contains(&now) || now == 0 {
            Behaviour::FailApplied
        } else {
            Behaviour::Confirm
        }
    });
    let ran = world.run(&canary(3)).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(written(&world, 2..32), [2, 3, 4]);
    assert_eq!(ran.ending().written, 3);
    world.check(3);
}
