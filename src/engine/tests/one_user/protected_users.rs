//! P7: before each write the door is asked, with the names and addresses that were seen last. The tenant notes each
//! user that is written although it is barred.

use crate::domain::{Actor, Confirmation, Door, Effect, Outcome, ProtectList, Reason, RequestKind};
use crate::engine::scripted::{Behaviour, Cut, RunPlan, TestJob};

fn protecting(pattern: &str) -> RunPlan {
    RunPlan {
        door: Door {
            protected: ProtectList::new([pattern]),
            ..Door::default()
        },
        ..RunPlan::default()
    }
}

fn named(job: &TestJob, user: &str, name: &str) {
    job.alter(user, |person| person.user_name = Some(name.to_owned()));
    job.journal.edit(user, |row| {
        row.known.user_name = Some(name.to_owned());
        row.known.addresses = Some(Vec::new());
    });
}

fn outcomes(job: &TestJob) -> Vec<Outcome> {
    let rows = job.rows();
    rows.iter().map(|row| row.outcome.unwrap()).collect()
}

const LISTED: Outcome = Outcome::Protected(Reason::ProtectList);
const BODY: Outcome = Outcome::Removed(Confirmation::Body);

#[tokio::test(start_paused = true)]
async fn p7_a_barred_user_that_was_never_written_costs_no_request() {
    let job = TestJob::new(3, |_| Behaviour::Confirm);
    for user in ["u2", "u3", "u4"] {
        named(&job, user, &format!("{user}@x.com"));
    }
    let ran = job.run(&protecting("u3@x.com")).await;
    assert_eq!(outcomes(&job), [BODY, LISTED, BODY]);
    assert_eq!(job.arrivals().len(), 2);
    assert_eq!(ran.ending().snapshot.done, 3);
    job.check(3);
}

/// A kill leaves users claimed; the next command protects them.
#[tokio::test(start_paused = true)]
async fn p7_protection_holds_after_a_kill_and_what_was_done_is_reported() {
    for (applied, expected) in [
        (true, Outcome::Removed(Confirmation::Reread)),
        (false, LISTED),
    ] {
        let job = TestJob::new(1, move |ask| match (ask.kind, ask.nth) {
            (RequestKind::Write, 1) if !applied => Behaviour::Lost,
            _ => Behaviour::Confirm,
        });
        named(&job, "u2", "ceo@x.com");
        let killed = RunPlan {
            cut: Some(Cut::AfterSend(1)),
            ..RunPlan::default()
        };
        assert!(job.run(&killed).await.result.is_none());
        job.run(&protecting("ceo@x.com")).await;
        assert_eq!(outcomes(&job), [expected]);
        assert_eq!(job.person("u2").writes, 1);
        assert_eq!(job.person("u2").reads, 1);
        assert_eq!(job.broken(), Vec::<String>::new());
    }
}

/// Without a look-up, names are known only after the first read.
#[tokio::test(start_paused = true)]
async fn p7_a_user_never_seen_is_read_before_the_door_is_asked() {
    let job = TestJob::new(2, |_| Behaviour::Confirm);
    for (user, name) in [("u2", "ceo@x.com"), ("u3", "ada@x.com")] {
        job.alter(user, |person| person.user_name = Some(name.to_owned()));
        job.journal.edit(user, |row| row.before = None);
    }
    job.run(&protecting("ceo@x.com")).await;
    assert_eq!(outcomes(&job), [LISTED, BODY]);
    assert_eq!(job.person("u2").writes, 0);
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn p7_the_acting_account_is_protected_by_a_name_that_a_read_shows() {
    let job = TestJob::new(2, |_| Behaviour::Confirm);
    for (user, name) in [("u2", "me@x.com"), ("u3", "ada@x.com")] {
        job.alter(user, |person| person.user_name = Some(name.to_owned()));
    }
    let plan = RunPlan {
        door: Door {
            actor: Actor {
                ids: Vec::new(),
                names: vec!["me@x.com".to_owned()],
            },
            ..Door::default()
        },
        ..RunPlan::default()
    };
    // The list that the plan read showed no names.
    job.run(&plan).await;
    let me = Outcome::Protected(Reason::ActingAccount);
    assert_eq!(outcomes(&job), [me, BODY]);
    job.check(3);
}

/// The list that the plan read showed names and no addresses.
#[tokio::test(start_paused = true)]
async fn p7_an_address_that_only_a_read_shows_protects() {
    let job = TestJob::new(3, |_| Behaviour::Confirm);
    for user in ["u2", "u3", "u4"] {
        named(&job, user, &format!("login-{user}"));
        let address = format!("{user}@x.com");
        job.alter(user, |person| person.addresses = vec![address]);
        job.journal.edit(user, |row| row.known.addresses = None);
    }
    job.run(&protecting("u3@x.com")).await;
    assert_eq!(outcomes(&job), [BODY, LISTED, BODY]);
    let reads = ["u2", "u3", "u4"].map(|user| job.person(user).reads);
    assert_eq!((job.person("u3").writes, reads), (0, [1, 1, 1]));
    job.check(3);

    // If no rule needs addresses, no user is read for them.
    let job = TestJob::new(1, |_| Behaviour::Confirm);
    named(&job, "u2", "login-u2");
    job.journal.edit("u2", |row| row.known.addresses = None);
    job.run(&RunPlan::default()).await;
    assert_eq!(job.person("u2").reads, 0);
}

#[tokio::test(start_paused = true)]
async fn p7_a_user_that_never_shows_a_name_is_not_written_where_names_decide() {
    let job = TestJob::new(1, |_| Behaviour::Confirm);
    job.run(&protecting("ceo@x.com")).await;
    assert_eq!(outcomes(&job), [Outcome::Failed(Reason::Unreadable)]);
    assert_eq!((job.person("u2").writes, job.person("u2").reads), (0, 1));
}

/// The user is renamed between two writes: the second one is not sent.
#[tokio::test(start_paused = true)]
async fn p7_the_door_is_asked_again_for_each_further_write() {
    let job = TestJob::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, 1) => Behaviour::Lost,
        _ => Behaviour::Confirm,
    });
    named(&job, "u2", "ada@x.com");
    let start = tokio::time::Instant::now();
    let plan = protecting("ceo@x.com");
    let rename = async {
        tokio::time::sleep_until(start + std::time::Duration::from_millis(15)).await;
        job.alter("u2", |person| {
            person.user_name = Some("ceo@x.com".to_owned());
        });
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = job.run(&plan) => {}
        () = rename => {}
    }
    assert_eq!(outcomes(&job), [LISTED]);
    assert_eq!(job.person("u2").writes, 1);
    assert_eq!(job.rows()[0].effect, Effect::Part);
    assert_eq!(job.broken(), Vec::<String>::new());
}

/// A killed write took half of the access, and then the user is protected: it was not left untouched.
#[tokio::test(start_paused = true)]
async fn p2_a_protected_user_that_has_lost_a_part_is_not_called_protected() {
    let job = TestJob::new(1, |_| Behaviour::Confirm);
    named(&job, "u2", "ceo@x.com");
    let killed = RunPlan {
        cut: Some(Cut::AfterSend(1)),
        ..RunPlan::default()
    };
    assert!(job.run(&killed).await.result.is_none());
    let before = job.rows()[0].before.clone().unwrap();
    job.alter("u2", |person| {
        person.active = false;
        person.workspaces = before.workspaces.unwrap();
    });
    job.run(&protecting("ceo@x.com")).await;
    assert_eq!(outcomes(&job), [Outcome::Failed(Reason::ProtectList)]);
    assert_eq!(job.person("u2").writes, 1);
}
