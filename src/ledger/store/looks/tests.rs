//! Which user is meant by a line that several users may fit.

use macro_rules_attribute::apply;
use serde_json::json;

use crate::domain::{Clock, Door, IdRule, Line, ProtectList, Status, Timestamp, UserState};
use crate::ledger::sql::query;
use crate::ledger::store::users::open_statuses;
use crate::ledger::testing::{LedgerBed, TestStore, id, on_each_store};
use crate::ledger::{Names, RunKind};

#[test]
fn the_open_statuses_of_the_statements_are_those_of_the_domain() {
    let listed = open_statuses!();
    for status in Status::ALL {
        let is_listed = listed.contains(&format!("'{}'", status.as_str()));
        assert_eq!(is_listed, status.is_open(), "{status:?}");
    }
}

/// A job whose lines, from 2 on, name these users.
async fn desk(store: &TestStore, ids: IdRule, names: Vec<Names>) -> LedgerBed {
    LedgerBed::within(store.another(), ids, RunKind::Plan, names).await
}

fn named(name: &str) -> Names {
    Names::UserName(name.to_owned())
}

fn user(id: &str, name: &str) -> UserState {
    UserState {
        user_name: Some(name.to_owned()),
        active: Some(true),
        workspaces: Some(vec!["w1".to_owned()]),
        ..UserState::of(id)
    }
}

fn bare(id: &str, name: &str) -> UserState {
    UserState {
        workspaces: None,
        ..user(id, name)
    }
}

impl LedgerBed {
    async fn found(&mut self, users: &[UserState]) {
        let door = Door::default();
        let found = self.ledger.found(&self.job, &self.run, &door, users, None);
        found.await.unwrap();
    }

    async fn resolve(&mut self) {
        let door = Door::default();
        let resolving = self.ledger.resolve(&self.job, &self.run, &door);
        resolving.await.unwrap();
    }

    /// Each line: the id, whether it was seen, and why it failed.
    async fn lines(&mut self) -> Vec<(Option<String>, bool, Option<String>)> {
        let rows = self.ledger.lines(&self.job, Line(0), 99).await.unwrap();
        let rows = rows.into_iter();
        rows.map(|row| (row.user_id, row.before.is_some(), row.reason))
            .collect()
    }

    async fn sought(&mut self) -> (u64, u64) {
        self.ledger.unseen_count(&self.job).await.unwrap()
    }
}

fn line(id: &str, is_seen: bool) -> (Option<String>, bool, Option<String>) {
    (Some(id.to_owned()), is_seen, None)
}

#[apply(on_each_store)]
async fn p7_the_user_meant_by_a_name_is_decided_at_the_end(store: TestStore) {
    let names = ["ada@x.com", "bob@x.com", "eve@x.com"].map(named);
    let mut desk = desk(&store, IdRule::Exact, names.to_vec()).await;
    desk.found(&[user("A1", "ADA@x.com"), bare("B1", "bob@x.com")])
        .await;
    // Nothing is decided yet: another user of that name may follow.
    assert_eq!(desk.sought().await, (0, 3));
    assert_eq!(desk.lines().await[0], (None, false, None));
    desk.found(&[user("A2", "ada@X.com"), user("A1", "ada@x.com")])
        .await;
    desk.resolve().await;
    let ambiguous = Some("ambiguous".to_owned());
    let expected = [
        // No id is kept: a retry has no user to write.
        (None, false, ambiguous),
        // KnownNames, and not seen whole: still to be read.
        line("B1", false),
        (None, false, None),
    ];
    assert_eq!(desk.lines().await, expected);
    assert_eq!(desk.sought().await, (1, 1));
    let seen = desk
        .ledger
        .seen(&desk.job, &desk.run, vec![(Line(3), bare("B1", "b"))]);
    assert_eq!(seen.await.unwrap(), [Line(3)], "it shows no access");
    let seen = desk
        .ledger
        .seen(&desk.job, &desk.run, vec![(Line(3), user("B1", "b"))]);
    assert_eq!(seen.await.unwrap(), []);
    assert_eq!(desk.lines().await[1], line("B1", true));
}

#[apply(on_each_store)]
async fn p7_an_exact_id_wins_and_two_that_differ_in_case_are_ambiguous(store: TestStore) {
    let ids = || ["aB", "cd", "ef"].map(id).to_vec();
    let page = [
        user("AB", "other@x.com"),
        user("aB", "ada@x.com"),
        user("CD", "c1@x.com"),
        user("Cd", "c2@x.com"),
        user("EF", "e@x.com"),
    ];
    let mut folded = desk(&store, IdRule::IgnoreCase, ids()).await;
    folded.found(&page).await;
    assert_eq!(folded.sought().await, (0, 0), "all may be among these");
    folded.resolve().await;
    let ambiguous = Some("ambiguous".to_owned());
    let lines = folded.lines().await;
    assert_eq!(lines[0], line("aB", true));
    assert_eq!((lines[1].1, &lines[1].2), (false, &ambiguous));
    assert_eq!(lines[2], line("ef", true));

    let mut exact = desk(&store, IdRule::Exact, ids()).await;
    exact.found(&page).await;
    exact.resolve().await;
    let seen: Vec<_> = exact.lines().await.into_iter().map(|line| line.1).collect();
    assert_eq!(seen, [true, false, false]);
}

#[apply(on_each_store)]
async fn p2_old_looks_are_forgotten_with_the_position_in_the_list(store: TestStore) {
    let names = vec![named("ada@x.com"), id("B1")];
    let mut desk = desk(&store, IdRule::Exact, names).await;
    let position = json!({ "at": Clock::System.now().as_millis() }).to_string();
    let users = [user("A1", "ada@x.com"), user("B1", "bob@x.com")];
    let door = Door::default();
    let found = desk
        .ledger
        .found(&desk.job, &desk.run, &door, &users, Some(&position));
    assert_eq!(found.await.unwrap(), [1, 0]);
    for (offset, kept) in [(-60_000, true), (60_000, false)] {
        let before = Clock::System.now().as_millis() + offset;
        let before = Timestamp::from_millis(before);
        let forgetting = desk.ledger.forget_looks(&desk.job, &desk.run, before);
        forgetting.await.unwrap();
        let position = desk.ledger.list_position(&desk.job).await.unwrap();
        assert_eq!(position.is_some(), kept);
        assert_eq!(desk.lines().await[1].1, kept);
        let unseen = desk.ledger.unseen(&desk.job, Line(0), 9).await.unwrap();
        assert_eq!(unseen[0].is_hit, kept);
    }
    let rows = desk.ledger.lines(&desk.job, Line(0), 9).await.unwrap();
    assert!(rows.iter().all(|row| row.status == Status::Pending));
}

#[apply(on_each_store)]
async fn what_an_earlier_run_saw_of_access_is_known(store: TestStore) {
    let mut desk = desk(&store, IdRule::IgnoreCase, vec![id("A1")]).await;
    assert!(!desk.ledger.access_was_shown(&desk.job).await.unwrap());
    desk.found(&[user("A1", "ada@x.com")]).await;
    assert!(desk.ledger.access_was_shown(&desk.job).await.unwrap());
    let ids = ["W1", "w2"].map(str::to_owned);
    let seen = desk.ledger.workspaces_seen(&desk.job, &ids).await.unwrap();
    assert_eq!(seen, ["W1"]);
}

/// Of the users that a list shows without addresses, those are named whose addresses a rule needs.
#[apply(on_each_store)]
async fn p7_a_user_not_shown_with_the_names_that_decide_is_still_sought(store: TestStore) {
    let protecting = Door {
        protected: ProtectList::new(["ceo@x.com"]),
        ..Door::default()
    };
    let names = || vec![id("A1"), named("bob@x.com"), id("C1")];
    let silent = [
        user("A1", "ada"),
        user("B1", "bob@x.com"),
        user("D1", "dan"),
    ];
    let mut desk = desk(&store, IdRule::Exact, names()).await;
    let (job, run) = (desk.job.clone(), desk.run.clone());
    for (door, lacking) in [(&protecting, &[0, 1][..]), (&Door::default(), &[])] {
        let found = desk.ledger.lacking(&job, door, &silent).await.unwrap();
        assert_eq!(found, lacking);
    }
    let found = desk.ledger.found(&job, &run, &protecting, &silent, None);
    assert_eq!(found.await.unwrap(), [0, 1]);
    desk.ledger.resolve(&job, &run, &protecting).await.unwrap();
    let third = (Some("C1".to_owned()), false, None);
    assert_eq!(
        desk.lines().await,
        [line("A1", false), line("B1", false), third.clone()]
    );
    let shown = silent.map(|user| UserState {
        addresses: Some(Vec::new()),
        ..user
    });
    let found = desk.ledger.found(&job, &run, &protecting, &shown, None);
    found.await.unwrap();
    let expected = [line("A1", true), line("B1", true), third];
    assert_eq!(desk.lines().await, expected);
}

#[apply(on_each_store)]
async fn the_most_urgent_lines_come_first(store: TestStore) {
    let mut bed = desk(
        &store,
        IdRule::Exact,
        (0..12).map(|n| id(&n.to_string())).collect(),
    )
    .await;
    let states = [
        ("removed", None),
        ("pending", None),
        ("already", Some("drifted")),
        ("invalid", None),
        ("in_doubt", None),
        ("duplicate", None),
        ("protected", None),
        ("claimed", None),
        ("not_found", None),
        ("removed", Some("confirmed")),
        ("failed", None),
        ("removed", Some("unread")),
    ];
    for ((status, verified), line) in states.into_iter().zip(2_i64..) {
        let sql = "UPDATE users SET status = ?1, verified = ?2, run = 1,
                       verified_run = CASE WHEN ?2 IS NOT NULL THEN 1 END
                   WHERE line = ?3";
        query(sql)
            .bind(status)
            .bind(verified)
            .bind(line)
            .execute(&mut bed.ledger.connection)
            .await
            .unwrap();
    }
    let mut reader = bed.ledger.reader().await.unwrap();
    let all = reader.by_urgency(&bed.job, 99).await.unwrap();
    let lines: Vec<_> = all.iter().map(|(line, _)| line.0).collect();
    assert_eq!(lines, [12, 6, 9, 4, 13, 10, 5, 3, 8, 2, 7, 11]);
    let first = reader.by_urgency(&bed.job, 3).await.unwrap();
    assert_eq!(first, all[..3]);
    // The lines are read in the order in which they are asked for.
    let rows = reader.lines_at(&bed.job, &lines).await.unwrap();
    let read: Vec<_> = rows.iter().map(|row| row.line.0).collect();
    assert_eq!(read, lines);
}
