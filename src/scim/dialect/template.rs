//! JSON templates with placeholders: `{user}`, `{id}` and `{access}`.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};

/// The values of the placeholders of a template.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::scim) struct Placeholders<'a> {
    /// `{user}`: the user's id.
    pub(in crate::scim) user: &'a str,
    /// `{id}`: the id of one workspace, role or group.
    pub(in crate::scim) id: &'a str,
    /// `{access}`: the list of everything that the user is to have.
    pub(in crate::scim) access: Option<&'a Value>,
}

/// A JSON value in whose texts `{user}` and `{id}` are replaced. A text that is `{access}` and
/// nothing else is replaced by a list.
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

    /// The value with all placeholders replaced.
    pub(in crate::scim) fn fill(&self, places: Placeholders<'_>) -> Value {
        fill(&self.0, places)
    }

    /// The members, if it is an object: the attributes that an operation without a path changes.
    pub(super) fn members(&self) -> Option<&Map<String, Value>> {
        self.0.as_object()
    }

    pub(super) fn mentions(&self, place: &str) -> bool {
        self.0.to_string().contains(place)
    }
}

/// One entry of the list that replaces `{access}`; `{id}` stands for the id.
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
            Err("an item contains `{id}` where the id is written")
        }
    }
}

impl Item {
    /// The list with these ids.
    pub(in crate::scim) fn list(&self, ids: &[String]) -> Value {
        let places = |id| Placeholders {
            id,
            ..Placeholders::default()
        };
        ids.iter().map(|id| self.0.fill(places(id))).collect()
    }
}

fn fill(value: &Value, places: Placeholders<'_>) -> Value {
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

/// The text with `{user}` and `{id}` replaced by their values, each written by `spell`. The values
/// themselves are not searched for placeholders.
pub(super) fn fill_text(
    text: &str,
    places: Placeholders<'_>,
    spell: impl Fn(&str) -> String,
) -> String {
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

/// The first `{name}` in the text: where it begins, the name, and where it ends.
fn next_place(text: &str) -> Option<(usize, &str, usize)> {
    let start = text.find('{')?;
    let length = text[start..].find('}')?;
    Some((start, &text[start + 1..start + length], start + length + 1))
}

/// Checks that every placeholder is known: a misspelt one would be sent as it is written.
fn check(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) if text == "{access}" => Ok(()),
        Value::String(text) => check_text(text),
        Value::Array(items) => items.iter().try_for_each(check),
        Value::Object(members) => members.values().try_for_each(check),
        _ => Ok(()),
    }
}

/// Checks that a text has no placeholders but `{user}` and `{id}`.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some((_, name, end)) = next_place(rest) {
        match name {
            "user" | "id" => rest = &rest[end..],
            "access" => {
                return Err("`{access}` stands for a list, so it must be the whole text".to_owned());
            }
            other => {
                return Err(format!(
                    "`{{{other}}}` is not known: there are `{{user}}`, `{{id}}` and `{{access}}`"
                ));
            }
        }
    }
    Ok(())
}
