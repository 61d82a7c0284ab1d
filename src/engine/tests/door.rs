//! P7: the door is asked at the moment of each write, with what was seen last. The tenant notes each user that
//! is written though barred.

use crate::domain::{Actor, Confirmation, Door, Effect, Outcome, ProtectList, Reason, RequestKind};
use crate::engine::scripted::{Behaviour, Cut, Plan, World};

fn protecting(pattern: &str) -> Plan {
    Plan {
        door: Door {
            protected: ProtectList::new([pattern]),
            ..Door::default()
        },
        ..Plan::default()
    }
}

fn named(world: &World, user: &str, name: &str) {
    world.alter(user, |person| person.user_name = Some(name.to_owned()));
    world.memory.edit(user, |row| {
        row.known.user_name = Some(name.to_owned());
        row.known.addresses = Some(Vec::new());
    });
}

fn outcomes(world: &World) -> Vec<Outcome> {
    let rows = world.rows();
    rows.iter().map(|row| row.outcome.unwrap()).collect()
}

const LISTED: Outcome = Outcome::Protected(Reason::ProtectList);
const BODY: Outcome = Outcome::Removed(Confirmation::Body);

#[tokio::test(start_paused = true)]
async fn p7_a_barred_user_for_whom_nothing_was_sent_costs_no_request() {
    let world = World::new(3, |_| Behaviour::Confirm);
    for user in ["u2", "u3", "u4"] {
        named(&world, user, &format!("{user}@x.com"));
    }
    let ran = world.run(&protecting("u3@x.com")).await;
    assert_eq!(outcomes(&world), [BODY, LISTED, BODY]);
    assert_eq!(world.arrivals().len(), 2);
    assert_eq!(ran.ending().snapshot.done, 3);
    world.check(3);
}

/// A kill leaves users claimed; the next command protects them.
#[tokio::test(start_paused = true)]
async fn p7_protection_is_heard_after_a_kill_and_what_was_done_is_told() {
    for (applied, expected) in [
        (true, Outcome::Removed(Confirmation::Reread)),
        (false, LISTED),
    ] {
        let world = World::new(1, move |ask| match (ask.kind, ask.nth) {
            (RequestKind::Write, 1) if !applied => Behaviour::Lost,
            _ => Behaviour::Confirm,
        });
        named(&world, "u2", "ceo@x.com");
        let killed = Plan {
            cut: Some(Cut::AfterSend(1)),
            ..Plan::default()
        };
        assert!(world.run(&killed).await.result.is_none());
        world.run(&protecting("ceo@x.com")).await;
        assert_eq!(outcomes(&world), [expected]);
        assert_eq!(world.person("u2").writes, 1);
        assert_eq!(world.person("u2").reads, 1);
        assert_eq!(world.broken(), Vec::<String>::new());
    }
}

/// Without a look-up names are known only after the first read.
#[tokio::test(start_paused = true)]
async fn p7_a_user_never_seen_is_read_before_the_door_is_asked() {
    let world = World::new(2, |_| Behaviour::Confirm);
    for (user, name) in [("u2", "ceo@x.com"), ("u3", "ada@x.com")] {
        world.alter(user, |person| person.user_name = Some(name.to_owned()));
        world.memory.edit(user, |row| row.before = None);
    }
    world.run(&protecting("ceo@x.com")).await;
    assert_eq!(outcomes(&world), [LISTED, BODY]);
    assert_eq!(world.person("u2").writes, 0);
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn p7_the_acting_account_is_kept_by_a_name_that_a_read_shows() {
    let world = World::new(2, |_| Behaviour::Confirm);
    for (user, name) in [("u2", "me@x.com"), ("u3", "ada@x.com")] {
        world.alter(user, |person| person.user_name = Some(name.to_owned()));
    }
    let plan = Plan {
        door: Door {
            actor: Actor {
                ids: Vec::new(),
                names: vec!["me@x.com".to_owned()],
            },
            ..Door::default()
        },
        ..Plan::default()
    };
    // The list that the plan read has shown no names.
    world.run(&plan).await;
    let me = Outcome::Protected(Reason::ActingAccount);
    assert_eq!(outcomes(&world), [me, BODY]);
    world.check(3);
}

/// The list that the plan read has shown names and no addresses.
#[tokio::test(start_paused = true)]
async fn p7_an_address_that_only_a_read_shows_protects() {
    let world = World::new(3, |_| Behaviour::Confirm);
    for user in ["u2", "u3", "u4"] {
        named(&world, user, &format!("login-{user}"));
        let address = format!("{user}@x.com");
        world.alter(user, |person| person.addresses = vec![address]);
        world.memory.edit(user, |row| row.known.addresses = None);
    }
    world.run(&protecting("u3@x.com")).await;
    assert_eq!(outcomes(&world), [BODY, LISTED, BODY]);
    let reads = ["u2", "u3", "u4"].map(|user| world.person(user).reads);
    assert_eq!((world.person("u3").writes, reads), (0, [1, 1, 1]));
    world.check(3);

    // Where no rule needs them no user is read for the sake of addresses.
    let world = World::new(1, |_| Behaviour::Confirm);
    named(&world, "u2", "login-u2");
    world.memory.edit("u2", |row| row.known.addresses = None);
    world.run(&Plan::default()).await;
    assert_eq!(world.person("u2").reads, 0);
}

#[tokio::test(start_paused = true)]
async fn p7_a_user_that_never_shows_a_name_is_not_written_where_names_decide() {
    let world = World::new(1, |_| Behaviour::Confirm);
    world.run(&protecting("ceo@x.com")).await;
    assert_eq!(outcomes(&world), [Outcome::Failed(Reason::Unreadable)]);
    assert_eq!(
        (world.person("u2").writes, world.person("u2").reads),
        (0, 1)
    );
}

/// The user is renamed between two writes: the second one is not sent.
#[tokio::test(start_paused = true)]
async fn p7_the_door_is_asked_again_for_each_further_write() {
    let world = World::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, 1) => Behaviour::Lost,
        _ => Behaviour::Confirm,
    });
    named(&world, "u2", "ada@x.com");
    let start = tokio::time::Instant::now();
    let plan = protecting("ceo@x.com");
    let rename = async {
        tokio::time::sleep_until(start + std::time::Duration::from_millis(15)).await;
        world.alter("u2", |person| {
            person.user_name = Some("ceo@x.com".to_owned());
        });
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = world.run(&plan) => {}
        () = rename => {}
    }
    assert_eq!(outcomes(&world), [LISTED]);
    assert_eq!(world.person("u2").writes, 1);
    assert_eq!(world.rows()[0].effect, Effect::Part);
    assert_eq!(world.broken(), Vec::<String>::new());
}

/// A killed write took half of it, and then the user is protected: that is no user who was left alone.
#[tokio::test(start_paused = true)]
async fn p2_a_protected_user_of_whom_a_part_was_taken_is_not_called_protected() {
    let world = World::new(1, |_| Behaviour::Confirm);
    named(&world, "u2", "ceo@x.com");
    let killed = Plan {
        cut: Some(Cut::AfterSend(1)),
        ..Plan::default()
    };
    assert!(world.run(&killed).await.result.is_none());
    let before = world.rows()[0].before.clone().unwrap();
    world.alter("u2", |person| {
        person.active = false;
        person.workspaces = before.workspaces.unwrap();
    });
    world.run(&protecting("ceo@x.com")).await;
    assert_eq!(outcomes(&world), [Outcome::Failed(Reason::ProtectList)]);
    assert_eq!(world.person("u2").writes, 1);
}
