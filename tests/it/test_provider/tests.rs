//! The provider itself: what the other tests rest on.

use serde_json::{Value, json};

use super::{Act, Filters, Habits, Joined, Provider, State, Total, crowd};
use crate::support::{BOTH, Desk, OPEN};

async fn get(provider: &Provider, path: &str) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}{path}", provider.url);
    let answer = client.get(url).bearer_auth("x").send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test]
async fn lists_are_paged_and_filtered_as_the_habits_have_it() {
    let provider = Provider::start(crowd(25), Habits::default()).await;
    let (status, page) = get(&provider, "/Users?startIndex=21&count=10").await;
    assert_eq!((status, &page["totalResults"]), (200, &json!(25)));
    assert_eq!(page["Resources"][0]["id"], "U21");
    assert_eq!(page["Resources"].as_array().unwrap().len(), 5);
    let two = "/Users?filter=userName%20eq%20%22U3@x.com%22%20or%20userName%20eq%20%22u4@x.com%22";
    let found = |page: &Value| page["Resources"].as_array().unwrap().len();
    assert_eq!(found(&get(&provider, two).await.1), 2);
    for (joined, expected) in [
        (Joined::Nobody, 0),
        (Joined::LastOnly, 1),
        (Joined::OneName, 0),
    ] {
        provider.change_habits(|habits| habits.joined = joined);
        assert_eq!(found(&get(&provider, two).await.1), expected, "{joined:?}");
    }
    provider.change_habits(|habits| {
        habits.filters = Filters::Ignored;
        habits.total = Total::Page;
        habits.page = 4;
    });
    let (_, page) = get(&provider, two).await;
    assert_eq!((found(&page), &page["totalResults"]), (4, &json!(4)));
}

#[tokio::test]
async fn the_books_know_what_was_there_and_when() {
    let desk = Desk::plain(crowd(3)).await;
    let books = desk.books();
    let first = books.mark();
    let ran = desk
        .run(&format!("run r.csv {BOTH} --confirm 3 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let second = books.mark();
    assert!(desk.are_gone(&["U1", "U2", "U3"]));
    assert_eq!(books.written().len(), 3);
    books.delete("U1");
    let third = books.mark();
    let gone = |state: Option<&State>| state.is_some_and(State::is_gone);
    assert!(books.ever("U1", first, second, gone));
    assert!(books.ever("U1", first, second, |state| !gone(state)));
    assert!(books.ever("U1", second, third, |state| state.is_none()));
    assert!(!books.ever("U2", second, third, |state| !gone(state)));
    assert!(books.ever("stranger", first, third, |state| state.is_none()));
}

#[tokio::test]
async fn a_hook_answers_drops_and_lets_pass() {
    let provider = Provider::start(crowd(1), Habits::default()).await;
    provider.on_call(|_| Act::refuse(418, "no"));
    assert_eq!(get(&provider, "/Users/U1").await.0, 418);
    provider.calm();
    assert_eq!(get(&provider, "/Users/U1").await.0, 200);
    provider.on_call(|_| Act::LoseAnswer);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/Users/U1", provider.url);
    let answer = client.delete(url).bearer_auth("x").send().await;
    assert!(answer.is_err(), "{answer:?}");
    assert_eq!(provider.books().state("U1"), None);
    assert_eq!(provider.books().calls().len(), 3);
}
