//! PATCH, PUT and DELETE, and what the books say of them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::sandbox::SandboxSettings;
use crate::sandbox::sandbox_settings::{AddMeans, RemoveNone};
use crate::sandbox::tests::sandbox_bed::{SandboxBed, answer, disable, off_board, patch_body};

/// The number of the first person with at least three workspaces.
fn busy(bed: &SandboxBed) -> usize {
    bed.people
        .iter()
        .position(|person| person.workspaces.len() >= 3)
        .unwrap()
}

#[tokio::test]
async fn off_boarding_removes_everything_and_can_be_repeated() {
    let bed = SandboxBed::plain().await;
    let number = busy(&bed);
    let id = &bed.people[number].id;
    let before = bed.get(&format!("/Users/{id}")).await;
    for _ in 0..2 {
        let done = bed.patch(number, off_board()).await;
        assert_eq!(done.status, 200);
        let location = format!("{}/Users/{id}", bed.sandbox.scim_url());
        assert_eq!(done.response_headers["location"], location.as_str());
        assert_eq!(
            (&done.body["active"], &done.body["entitlements"]),
            (&json!(false), &json!([]))
        );
        let modified = |body: &Value| body["meta"]["lastModified"].as_str().unwrap().to_owned();
        assert!(modified(&done.body) > modified(&before.body));
    }
    let user = bed.books.user(id).unwrap();
    assert!(!user.active && user.workspaces.is_empty());
    assert_eq!(
        (
            user.writes_received,
            user.writes_applied,
            user.writes_changed
        ),
        (2, 2, 1)
    );
    let others = bed.books.users();
    assert_eq!(
        others
            .iter()
            .filter(|other| other.writes_received > 0)
            .count(),
        1
    );
}

#[tokio::test]
async fn entitlements_are_one_set_with_three_views() {
    let bed = SandboxBed::plain().await;
    let number = busy(&bed);
    let spaces = bed.people[number].workspaces.clone();
    let ids = |bed: &SandboxBed| bed.books.user(&bed.people[number].id).unwrap().workspaces;
    let targeted = json!([{ "op": "remove",
        "path": format!("entitlements[value eq \"{}\"]", spaces[0].to_uppercase()) }]);
    assert_eq!(bed.patch(number, targeted).await.status, 200);
    assert_eq!(ids(&bed), spaces[1..]);
    let by_list = json!([{ "op": "replace", "path": "entitlements[type eq \"WORKSPACE_IDS\"].value",
        "value": format!("{}, {}", spaces[0], spaces[1]) }]);
    assert_eq!(bed.patch(number, by_list).await.status, 200);
    assert_eq!(ids(&bed), spaces[..2]);
    let by_name = json!([{ "op": "replace", "path": "entitlements",
        "value": [{ "type": "WORKSPACE_NAMES", "value": "\"Workspace 01\",\"Workspace 02\"" }] }]);
    let done = bed.patch(number, by_name).await;
    assert_eq!(
        done.body["entitlements"][3]["value"],
        "\"Workspace 01\",\"Workspace 02\""
    );
    let all = json!([{ "op": "remove", "path": "entitlements[type eq \"WORKSPACE\"]" }]);
    assert_eq!(bed.patch(number, all).await.body["entitlements"], json!([]));
}

#[tokio::test]
async fn add_appends_or_replaces() {
    for (add, expected) in [(AddMeans::Append, 4), (AddMeans::Replace, 1)] {
        let bed = SandboxBed::new(SandboxSettings {
            add,
            ..SandboxSettings::default()
        })
        .await;
        let number = bed
            .people
            .iter()
            .position(|person| person.workspaces.len() == 3)
            .unwrap();
        let own = &bed.people[number].workspaces;
        let mut spaces = bed.people.iter().flat_map(|person| &person.workspaces);
        let other = spaces.find(|space| !own.contains(space)).unwrap();
        let add = json!([{ "op": "add", "path": "entitlements", "value": [{ "value": other }] }]);
        assert_eq!(bed.patch(number, add).await.status, 200);
        let user = bed.books.user(&bed.people[number].id).unwrap();
        assert_eq!(user.workspaces.len(), expected);
    }
}

#[tokio::test]
async fn removing_nothing_is_accepted_or_has_no_target() {
    for (remove_none, status) in [(RemoveNone::Accept, 200), (RemoveNone::Refuse, 400)] {
        let bed = SandboxBed::new(SandboxSettings {
            remove_none,
            ..SandboxSettings::default()
        })
        .await;
        let number = bed
            .people
            .iter()
            .position(|person| person.workspaces.is_empty())
            .unwrap();
        assert_eq!(bed.patch(number, off_board()).await.status, status);
        let user = bed.books.user(&bed.people[number].id).unwrap();
        assert_eq!(
            user.active,
            status == 400,
            "a refused request changes nothing"
        );
    }
}

#[tokio::test]
async fn bad_operations_are_refused_by_kind() {
    let bed = SandboxBed::plain().await;
    let spaces: std::collections::BTreeSet<_> = bed
        .people
        .iter()
        .flat_map(|person| &person.workspaces)
        .collect();
    assert!(spaces.len() > 50);
    let many: Vec<_> = spaces.iter().map(|id| json!({ "value": id })).collect();
    let cases = [
        (
            json!([{ "op": "replace", "path": "userName", "value": "x" }]),
            "mutability",
        ),
        (
            json!([{ "op": "replace", "path": "id", "value": "x" }]),
            "mutability",
        ),
        (
            json!([{ "op": "replace", "path": "displayName", "value": "x" }]),
            "mutability",
        ),
        (
            json!([{ "op": "replace", "path": "name.formatted", "value": "x" }]),
            "mutability",
        ),
        (
            json!([{ "op": "replace", "value": { "active": false } }]),
            "invalidPath",
        ),
        (
            json!([{ "op": "replace", "path": "nickName", "value": "x" }]),
            "invalidPath",
        ),
        (
            json!([{ "op": "Replace", "path": "active", "value": false }]),
            "invalidSyntax",
        ),
        (
            json!([{ "op": "remove", "path": "entitlements", "value": [] }]),
            "invalidSyntax",
        ),
        (json!([]), "invalidSyntax"),
        (
            json!([{ "op": "replace", "path": "active", "value": "no" }]),
            "invalidValue",
        ),
        (
            json!([{ "op": "replace", "path": "active" }]),
            "invalidValue",
        ),
        (
            json!([{ "op": "remove", "path": "active" }]),
            "invalidValue",
        ),
        (
            json!([{ "op": "replace", "path": "entitlements", "value": [{ "value": "x" }] }]),
            "invalidValue",
        ),
        (
            json!([{ "op": "replace", "path": "entitlements", "value": many }]),
            "invalidValue",
        ),
        // The first operation is fine, the second is not: neither may be kept.
        (
            json!([{ "op": "replace", "path": "active", "value": false },
            { "op": "replace", "path": "meta", "value": {} }]),
            "mutability",
        ),
    ];
    for (operations, kind) in cases {
        let refused = bed.patch(0, operations.clone()).await;
        let found = (refused.status, refused.body["scimType"].as_str());
        assert_eq!(found, (400, Some(kind)), "{operations}");
        assert_eq!(refused.body["status"], "400");
    }
    let user = bed.books.user(&bed.people[0].id).unwrap();
    assert_eq!(
        (user.writes_received, user.writes_applied, user.active),
        (15, 0, true)
    );
    let path = format!("/Users/{}", bed.people[0].id);
    let no_schema = json!({ "Operations": disable() });
    assert_eq!(bed.send(Method::PATCH, &path, &no_schema).await.status, 400);
}

#[tokio::test]
async fn bodies_must_say_that_they_are_json() {
    let bed = SandboxBed::plain().await;
    let path = format!("/Users/{}", bed.people[0].id);
    for (kind, status) in [
        (Some("application/json; charset=utf-8"), 200),
        (Some("application/scim+json"), 200),
        (Some("text/plain"), 415),
        (None, 415),
    ] {
        let request = bed
            .request(Method::PATCH, &path)
            .body(patch_body(&disable()).to_string());
        let mut request = request.basic_auth("admin@example.com", Some("sandbox"));
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        assert_eq!(
            answer(request.send().await.unwrap()).await.status,
            status,
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn put_replaces_and_delete_is_not_there() {
    let bed = SandboxBed::plain().await;
    let person = &bed.people[busy(&bed)];
    let path = format!("/Users/{}", person.id);
    let mut body = json!({ "id": person.id, "userName": person.user_name,
        "name": { "givenName": "Person", "familyName": "00000" } });
    let done = bed.send(Method::PUT, &path, &body).await;
    assert_eq!((done.status, &done.body["entitlements"]), (200, &json!([])));
    assert_eq!(
        (&done.body["active"], &done.body["displayName"]),
        (&json!(true), &json!("Person 00000"))
    );
    assert_eq!(bed.get(&path).await.body["name"]["givenName"], "Person");
    body["userName"] = json!("other@example.com");
    assert_eq!(
        bed.send(Method::PUT, &path, &body).await.body["scimType"],
        "mutability"
    );
    let gone = bed.send(Method::DELETE, &path, &json!({})).await;
    assert_eq!((gone.status, &gone.body["status"]), (501, &json!("501")));
}

#[tokio::test]
async fn some_users_are_refused_in_the_servers_words() {
    let bed = SandboxBed::new(SandboxSettings {
        refused: 4,
        ..SandboxSettings::default()
    })
    .await;
    let users = bed.books.users();
    let refused: Vec<_> = (0..100).filter(|number| users[*number].refused).collect();
    assert_eq!(refused.len(), 4);
    let answer = bed.patch(refused[0], off_board()).await;
    assert_eq!(
        (answer.status, &answer.body["detail"]),
        (403, &json!("user is protected by policy"))
    );
    assert_eq!(
        bed.books
            .user(&users[refused[0]].id)
            .unwrap()
            .writes_applied,
        0
    );
    assert_eq!(bed.patch(refused[0] + 1, off_board()).await.status, 200);
}
