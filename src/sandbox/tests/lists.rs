//! Reading users: pages, filters, single users.

use std::collections::HashSet;

use reqwest::Method;

use crate::sandbox::SandboxSettings;
use crate::sandbox::sandbox_settings::ItemsPerPage;
use crate::sandbox::tests::sandbox_bed::{SandboxBed, answer, disable};

#[tokio::test]
async fn pages_cover_the_tenant_without_a_schemas_key() {
    let users = 230;
    let bed = SandboxBed::new(SandboxSettings {
        users,
        ..SandboxSettings::default()
    })
    .await;
    let first = bed.get("/Users").await;
    assert_eq!(first.status, 200);
    assert_eq!(
        first.response_headers["content-type"],
        "application/scim+json"
    );
    assert!(first.body.get("schemas").is_none());
    assert_eq!(first.body["itemsPerPage"], 50);
    let mut seen = HashSet::new();
    for (start, expected) in [(1, 100), (101, 100), (201, 30), (231, 0)] {
        let page = bed
            .get(&format!("/Users?startIndex={start}&count=100"))
            .await;
        assert_eq!(page.body["totalResults"], users);
        assert_eq!(page.body["startIndex"], start);
        let resources = page.body["Resources"].as_array().unwrap();
        assert_eq!(resources.len(), expected);
        seen.extend(
            resources
                .iter()
                .map(|user| user["id"].as_str().unwrap().to_owned()),
        );
    }
    let made: HashSet<_> = bed.people.iter().map(|person| person.id.clone()).collect();
    assert_eq!(seen, made);
    let refused = bed.get("/Users?count=101").await;
    assert_eq!(
        (refused.status, &refused.body["scimType"]),
        (400, &"invalidValue".into())
    );
}

#[tokio::test]
async fn items_per_page_can_be_odd() {
    let items_per_page = ItemsPerPage::Fixed(10);
    let bed = SandboxBed::new(SandboxSettings {
        items_per_page,
        ..SandboxSettings::default()
    })
    .await;
    assert_eq!(bed.get("/Users?count=7").await.body["itemsPerPage"], 10);
}

#[tokio::test]
async fn filters_find_users() {
    let bed = SandboxBed::plain().await;
    bed.patch(5, disable()).await;
    let (fifth, sixth) = (&bed.people[5], &bed.people[6]);
    let total = async |filter: String| {
        let spaced = filter.replace(' ', "%20").replace('"', "%22");
        let page = bed.get(&format!("/Users?filter={spaced}")).await;
        assert_eq!(page.status, 200, "{filter}");
        page.body["totalResults"].as_u64().unwrap()
    };
    assert_eq!(total("active eq false".to_owned()).await, 1);
    assert_eq!(
        total(format!("userName eq \"{}\"", sixth.user_name)).await,
        1
    );
    let both = format!(
        "id eq \"{}\" or userName eq \"{}\"",
        fifth.id.to_uppercase(),
        sixth.user_name
    );
    assert_eq!(total(both.clone()).await, 2);
    assert_eq!(total(format!("({both}) and active eq true")).await, 1);
    assert_eq!(
        total("name.familyName lt \"00010\" and externalId pr".to_owned()).await,
        9
    );
    assert_eq!(
        total("userName eq \"user99999@example.com\"".to_owned()).await,
        0
    );
    let swapped = "/Users?filter=userName%20eq%20%22user00006@example.com%22%20or%20\
                   userName%20eq%20%22user00005@example.com%22";
    let page = bed.get(swapped).await;
    assert_eq!(
        page.body["Resources"][0]["id"],
        fifth.id.as_str(),
        "in the order of the tenant"
    );
    let bad = bed.get("/Users?filter=userName%20co%20%22x%22").await;
    let words = "The specified filter syntax was invalid, or the specified attribute and filter \
                 comparison combination is not supported";
    assert_eq!((bad.status, &bad.body["detail"]), (400, &words.into()));
    assert_eq!(bad.body["status"], "400");
}

#[tokio::test]
async fn one_user_is_found_in_any_case() {
    let bed = SandboxBed::plain().await;
    let person = bed
        .people
        .iter()
        .find(|person| person.workspaces.len() > 1)
        .unwrap();
    let found = bed
        .get(&format!("/Users/{}", person.id.to_uppercase()))
        .await;
    assert_eq!(found.status, 200);
    assert_eq!(found.body["id"], person.id.as_str());
    assert_eq!(found.body["userName"], person.user_name.as_str());
    assert_eq!(found.body["displayName"], person.display_name.as_str());
    assert_eq!(found.body["active"], true);
    let views = found.body["entitlements"].as_array().unwrap();
    assert_eq!(views.len(), person.workspaces.len() + 2);
    assert_eq!(views[0]["value"], person.workspaces[0].as_str());
    assert_eq!(bed.books.user(&person.id).unwrap().reads, 1);

    let missing = bed.get("/Users/00000000000000000000000000000000").await;
    assert_eq!(
        (missing.status, &missing.body["status"]),
        (404, &"404".into())
    );
    let detail = "Resource 00000000000000000000000000000000 not found";
    assert_eq!(missing.body["detail"], detail);
    assert_eq!(bed.get("/Users/unknown").await.status, 404);
    assert_eq!(bed.get("/Groups").await.status, 404);
    assert_eq!(bed.get("/users").await.status, 404);
}

#[tokio::test]
async fn only_json_can_be_had() {
    let bed = SandboxBed::plain().await;
    for (accept, status) in [
        ("application/xml", 406),
        ("application/scim+json", 200),
        ("application/json;q=0.9, text/html", 200),
        ("*/*", 200),
    ] {
        let request = bed.request(Method::GET, "/Users").header("accept", accept);
        let request = request.basic_auth("admin@example.com", Some("sandbox"));
        assert_eq!(
            answer(request.send().await.unwrap()).await.status,
            status,
            "{accept}"
        );
    }
}
