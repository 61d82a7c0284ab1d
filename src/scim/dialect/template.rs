//! JSON with places to be filled in.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};

/// What the places of a template stand for.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::scim) struct Places<'a> {
    /// `{user}`: the user's id.
    pub(in crate::scim) user: &'a str,
    /// `{id}`: the id of one workspace, role or group.
    pub(in crate::scim) id: &'a str,
    /// `{access}`: all that the user is to have.
    pub(in crate::scim) access: Option<&'a Value>,
}

/// A JSON value, in whose texts `{user}` and `{id}` are filled in; a text that is `{access}` and
/// nothing else becomes a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Value);

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        check(&value).map_err(D::Error::custom)?;
        Ok(Self(value))
    }
}

impl Template {
    pub(super) fn new(value: Value) -> Self {
        Self(value)
    }

    /// The value with all places filled in.
    pub(in crate::scim) fn fill(&self, places: Places<'_>) -> Value {
        fill(&self.0, places)
    }

    /// The members, if it is an object: what a path-less operation changes.
    pub(super) fn members(&self) -> Option<&Map<String, Value>> {
        self.0.as_object()
    }

    pub(super) fn mentions(&self, place: &str) -> bool {
        self.0.to_string().contains(place)
    }
}

/// One entry of the list that `{access}` becomes; `{id}` stands for the id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Template")]
pub struct Item(Template);

impl Default for Item {
    fn default() -> Self {
        Self(Template::new(serde_json::json!({ "value": "{id}" })))
    }
}

impl TryFrom<Template> for Item {
    type Error = &'static str;

    fn try_from(template: Template) -> Result<Self, Self::Error> {
        if template.mentions("{id}") && !template.mentions("{access}") {
            Ok(Self(template))
        } else {
            Err("an item says by `{id}` where the id stands")
        }
    }
}

impl Item {
    /// The list with these ids.
    pub(in crate::scim) fn list(&self, ids: &[String]) -> Value {
        let places = |id| Places {
            id,
            ..Places::default()
        };
        ids.iter().map(|id| self.0.fill(places(id))).collect()
    }
}

fn fill(value: &Value, places: Places<'_>) -> Value {
    match value {
        Value::String(text) => match places.access {
            Some(list) if text == "{access}" => list.clone(),
            _ => Value::String(fill_text(text, places, str::to_owned)),
        },
        Value::Array(items) => items.iter().map(|item| fill(item, places)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), fill(value, places)))
            .collect(),
        other => other.clone(),
    }
}

/// The text with `{user}` and `{id}` filled in, each as `spell` spells it. What is filled in is not
/// looked at again.
pub(super) fn fill_text(text: &str, places: Places<'_>, spell: impl Fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, name, end)) = next_place(rest) {
        filled.push_str(&rest[..start]);
        match name {
            "user" => filled.push_str(&spell(places.user)),
            "id" => filled.push_str(&spell(places.id)),
            _ => filled.push_str(&rest[start..end]),
        }
        rest = &rest[end..];
    }
    filled + rest
}

/// The first `{name}`: where it begins, the name, where it ends.
fn next_place(text: &str) -> Option<(usize, &str, usize)> {
    let start = text.find('{')?;
    let length = text[start..].find('}')?;
    Some((start, &text[start + 1..start + length], start + length + 1))
}

/// Whether every place is known: a misspelt one would be sent as it stands.
fn check(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) if text == "{access}" => Ok(()),
        Value::String(text) => check_text(text),
        Value::Array(items) => items.iter().try_for_each(check),
        Value::Object(members) => members.values().try_for_each(check),
        _ => Ok(()),
    }
}

/// Whether a text names no places but `{user}` and `{id}`.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some((_, name, end)) = next_place(rest) {
        match name {
            "user" | "id" => rest = &rest[end..],
            "access" => return Err("`{access}` stands for a list, and stands alone".to_owned()),
            other => {
                return Err(format!(
                    "`{{{other}}}` stands for nothing: there are `{{user}}`, `{{id}}` and `{{access}}`"
                ));
            }
        }
    }
    Ok(())
}
