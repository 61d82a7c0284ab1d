//! Lists that leave names, addresses or long attributes out: what decides about a user is read alone first.

use crate::support::{BOTH, Desk, OPEN, Ran, ids};
use crate::test_provider::{Habits, Names, Person, State, person};

/// `U1` … with the names `login1` … and the addresses `m1@x.com` …
fn mailed(count: usize) -> Vec<(String, Person)> {
    let numbers = 1..=count;
    numbers
        .map(|number| {
            let user = person(&format!("login{number}")).mailed(&format!("m{number}@x.com"));
            (format!("U{number}"), user)
        })
        .collect()
}

/// Lists show no addresses.
fn silent() -> Habits {
    Habits {
        shown: Some(&["active", "entitlements"]),
        ..Habits::default()
    }
}

/// Lists show no names.
fn nameless() -> Habits {
    Habits {
        nameless: true,
        ..Habits::default()
    }
}

/// Runs a command with each of these numbers confirmed.
async fn confirmed(desk: &Desk, command: &str, numbers: [usize; 2]) -> Ran {
    desk.run(&format!("{command} --confirm {} {OPEN}", numbers[0]))
        .await;
    desk.run(&format!("{command} --confirm {} {OPEN}", numbers[1]))
        .await
}

#[tokio::test]
async fn p7_an_address_that_the_list_leaves_out_protects() {
    for (people, roster) in [
        (5, ids(1..=3)),
        (60, ids(1..=3)),
        (5, "Email\nlogin1\nlogin2\nlogin3\n".to_owned()),
        (400, "Email\nlogin1\nlogin2\nlogin3\n".to_owned()),
        (60, ids(1..=40)),
    ] {
        for change in ["--disable", "--delete", BOTH] {
            let desk = Desk::new(mailed(people), silent()).await.roster(&roster);
            let count = roster.lines().count() - 1;
            let command = format!("run r.csv {change} --protect m1@x.com");
            confirmed(&desk, &command, [count - 1, count]).await;
            desk.untouched(&["U1"]);
            assert_eq!(desk.outcomes().await[&2], "protected", "{people} {change}");
            assert_eq!(desk.outcomes().await[&3], "removed", "{people} {change}");
        }
    }
}

#[tokio::test]
async fn p7_undo_reads_an_address_that_the_list_leaves_out() {
    let desk = Desk::new(mailed(5), silent()).await.roster(&ids(1..=3));
    let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    desk.books().clear();
    confirmed(&desk, "undo --protect m1@x.com", [2, 3]).await;
    desk.untouched(&["U1"]);
    assert!(desk.books().active().contains("U2"));
}

#[tokio::test]
async fn p7_the_acting_account_is_known_by_an_address_that_the_list_leaves_out() {
    let mut people = mailed(3);
    people[0].1 = person("adm1").mailed("admin@x.com");
    let mut desk = Desk::new(people, silent()).await.roster(&ids(1..=2));
    desk.sign_in_as("admin@x.com", "a-long-password");
    confirmed(&desk, "run r.csv --disable", [1, 2]).await;
    desk.untouched(&["U1"]);
    assert!(!desk.books().active().contains("U2"));
}

#[tokio::test]
async fn p7_a_line_of_two_people_is_seen_though_the_list_leaves_names_out() {
    let swapped = "User ID,Email\nU1,m2@x.com\nU2,m1@x.com\nU3,m3@x.com\n";
    let desk = Desk::new(mailed(5), silent()).await.roster(swapped);
    confirmed(&desk, "run r.csv --disable", [1, 3]).await;
    desk.untouched(&["U1", "U2"]);
    assert!(!desk.books().active().contains("U3"));

    let mut people = mailed(5);
    for (number, (_, user)) in people.iter_mut().enumerate() {
        user.name = format!("u{}@x.com", number + 1);
    }
    let roster = "User ID,Email\nU1,u2@x.com\nU2,u2@x.com\n";
    for habits in [
        nameless(),
        Habits {
            shown: Some(&["active"]),
            ..nameless()
        },
    ] {
        let desk = Desk::new(people.clone(), habits).await.roster(roster);
        confirmed(&desk, "run r.csv --disable", [1, 2]).await;
        desk.untouched(&["U1"]);
        assert!(!desk.books().active().contains("U2"));
    }
}

#[tokio::test]
async fn p2_a_list_without_names_calls_no_name_missing() {
    for names in [Names::Folded, Names::Exact] {
        let habits = Habits {
            names,
            ..nameless()
        };
        let roster = "Email\nlogin1\nlogin2\n";
        let desk = Desk::new(mailed(5), habits).await.roster(roster);
        desk.agree(&format!("run r.csv --disable {OPEN}")).await;
        let outcomes = desk.outcomes().await;
        assert!(
            !outcomes.values().any(|it| it == "not_found"),
            "{outcomes:?}"
        );
        let is_found = names == Names::Folded;
        assert_eq!(outcomes[&2] == "removed", is_found, "{outcomes:?}");
    }
}

#[tokio::test]
async fn p7_names_that_the_list_leaves_out_are_read_where_a_rule_needs_them() {
    let desk = Desk::new(mailed(5), nameless()).await.roster(&ids(1..=2));
    let ran = confirmed(&desk, "run r.csv --disable --protect login1", [2, 1]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    desk.untouched(&["U1"]);
    assert!(!desk.books().active().contains("U2"));
}

/// Reads of single users by a job of a hundred that is planned and run.
async fn reads(people: Vec<(String, Person)>, habits: Habits, flags: &str) -> usize {
    let desk = Desk::new(people, habits).await.roster(&ids(1..=100));
    let ran = desk
        .run(&format!("run r.csv --disable {flags} --confirm 100 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{flags}: {ran:?}");
    let calls = desk.books().calls();
    calls.iter().filter(|call| call.is_read()).count()
}

#[tokio::test]
async fn users_are_read_for_their_addresses_only_where_that_can_tell_anything() {
    let protect = "--protect ceo@x.com";
    // The list shows the addresses, or no rule needs them.
    assert_eq!(reads(mailed(120), Habits::default(), protect).await, 0);
    assert_eq!(reads(mailed(120), silent(), "").await, 0);
    assert_eq!(reads(mailed(120), silent(), protect).await, 100);
    // No user has any, which a few reads show.
    let mut people = mailed(120);
    for (_, user) in &mut people {
        user.more.clear();
    }
    assert_eq!(reads(people, Habits::default(), protect).await, 5);
}

/// `U1` to `U3` have eight workspaces, of which lists say nothing.
fn cut() -> (Vec<(String, Person)>, Habits) {
    let mut people = mailed(20);
    for (_, user) in people.iter_mut().take(3) {
        user.access = (0..8).map(|number| format!("w{number}")).collect();
    }
    let habits = Habits {
        longest: Some(3),
        ..Habits::default()
    };
    (people, habits)
}

#[tokio::test]
async fn p2_what_a_list_leaves_out_since_it_is_long_is_not_called_none() {
    let (people, habits) = cut();
    let had: Vec<_> = (0..8).map(|number| format!("w{number}")).collect();
    let had: Vec<_> = had.iter().map(String::as_str).collect();
    for roster in [ids(1..=5), "Email\nlogin1\nlogin2\nlogin4\n".to_owned()] {
        let desk = Desk::new(people.clone(), habits.clone())
            .await
            .roster(&roster);
        let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(desk.are_gone(&["U1", "U2", "U4"]), "{roster}");
        // Only the users that the list does not show whole were read alone.
        let calls = desk.books().calls();
        let read = |id: &str| {
            calls
                .iter()
                .filter(|call| call.is_read() && call.is_for(id))
                .count()
        };
        assert!(read("U1") > 0);
        let ran = desk.agree(&format!("undo {OPEN}")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(desk.books().state("U1"), Some(State::new(true, &had)));
    }
}

#[tokio::test]
async fn p2_verify_reads_a_user_alone_whose_access_a_list_leaves_out() {
    let (people, habits) = cut();
    let desk = Desk::new(people, habits).await.roster(&ids(1..=5));
    let ran = desk
        .agree(&format!("run r.csv --remove-access {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    desk.books().change("U4", |user| {
        user.access = (0..8).map(|number| format!("w{number}")).collect();
    });
    let ran = desk.run("verify").await;
    assert_eq!(ran.code, Some(12), "{ran:?}");
}
