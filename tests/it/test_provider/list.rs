//! Lists of users: which page is shown, what is said about the whole, and how a user is shown there.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::books::Books;
use super::filter;
use super::habits::{End, Habits, Paging, Start, Total};
use super::hook::refusal;
use super::service::{Reply, show};

/// Attributes that every list shows.
const ALWAYS: [&str; 4] = ["schemas", "id", "userName", "meta"];

/// The answer to a request for a list.
pub(super) fn list(habits: &Habits, books: &Books, query: &HashMap<String, String>) -> Reply {
    let people = books.people();
    let ids = match query.get("filter") {
        Some(filter) => match filter::finds(habits, filter, &people) {
            Ok(ids) => ids,
            Err(why) => return (400, refusal(400, why)),
        },
        None if !habits.list => return (501, refusal(501, "name somebody")),
        None => people.into_iter().map(|(id, _)| id).collect(),
    };
    page(habits, books, &ids, query)
}

fn number(query: &HashMap<String, String>, name: &str, otherwise: usize) -> usize {
    let given = query.get(name).and_then(|text| text.parse().ok());
    given.unwrap_or(otherwise)
}

fn page(habits: &Habits, books: &Books, ids: &[String], query: &HashMap<String, String>) -> Reply {
    let (start, count) = (number(query, "startIndex", 1), number(query, "count", 100));
    let count = count.min(habits.page);
    let at = match (habits.paging, habits.start) {
        (Paging::Cursor, _) => number(query, "cursor", 0),
        (_, Start::FromOne) => start.max(1) - 1,
        (_, Start::FromZero) => start,
        (_, Start::Ignored) => 0,
        (_, Start::Page) => (start.max(1) - 1) * count,
    };
    let shown: Vec<_> = ids
        .iter()
        .skip(at)
        .take(count)
        .filter_map(|id| brief(habits, books, id))
        .collect();
    let is_after_the_end = shown.is_empty() && at > 0;
    if is_after_the_end && habits.end == End::NotFound {
        return (404, refusal(404, "no such page"));
    }
    let mut answer = Map::new();
    answer.insert(
        "schemas".to_owned(),
        json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]),
    );
    let total = match habits.total {
        Total::True => Some(json!(ids.len())),
        Total::Page => Some(json!(shown.len())),
        Total::Capped(most) => Some(json!(ids.len().min(most))),
        Total::Missing => None,
        Total::Zero => Some(json!(0)),
        Total::MinusOne => Some(json!(-1)),
    };
    if let Some(total) = total {
        answer.insert("totalResults".to_owned(), total);
    }
    answer.insert("itemsPerPage".to_owned(), json!(shown.len()));
    match habits.paging {
        Paging::Index => {
            answer.insert("startIndex".to_owned(), json!(start));
        }
        Paging::Cursor if at + count < ids.len() => {
            answer.insert("nextCursor".to_owned(), json!((at + count).to_string()));
        }
        Paging::Cursor => {}
    }
    match habits.end {
        End::LeftOut if shown.is_empty() => {}
        End::Null if shown.is_empty() => {
            answer.insert("Resources".to_owned(), Value::Null);
        }
        _ => {
            answer.insert("Resources".to_owned(), Value::Array(shown));
        }
    }
    (200, Value::Object(answer))
}

/// A user as a list shows it.
fn brief(habits: &Habits, books: &Books, id: &str) -> Option<Value> {
    let person = books.person(id)?;
    let mut user = show(habits, id, &person);
    if let Value::Object(fields) = &mut user {
        let is_too_long = habits
            .longest
            .is_some_and(|most| person.access.len() > most);
        fields.retain(|name, _| match name.as_str() {
            "userName" => !habits.nameless,
            "entitlements" => !is_too_long,
            _ => true,
        });
    }
    if let (Some(shown), Value::Object(fields)) = (habits.shown, &mut user) {
        let is_shown = |name: &str| ALWAYS.contains(&name) || shown.contains(&name);
        fields.retain(|name, _| is_shown(name));
    }
    Some(user)
}
