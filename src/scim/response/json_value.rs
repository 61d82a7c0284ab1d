//! A JSON value as SCIM reads it. Texts without escapes are borrowed from the body, since an answer with a
//! page of users has thousands of them.
//!
//! Attribute names ignore case (RFC 7643 §2.1). A name may occur twice, as in Anaplan's own samples; the
//! last one counts. `null` counts as absent (RFC 7643 §2.5).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// A JSON value that borrows from the body.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::scim) enum JsonValue<'a> {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<JsonValue<'a>>),
    /// An object.
    Object(JsonObject<'a>),
}

/// A JSON object: its members in the order of the body.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::scim) struct JsonObject<'a>(Vec<(Cow<'a, str>, JsonValue<'a>)>);

impl JsonValue<'_> {
    /// The text, if it is one.
    pub(in crate::scim) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is `null`.
    pub(in crate::scim) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl<'a> JsonObject<'a> {
    /// The member called `name`.
    pub(in crate::scim) fn get(&self, name: &str) -> Option<&JsonValue<'a>> {
        let mut latest = self.0.iter().rev();
        let member = latest.find(|(key, _)| key.eq_ignore_ascii_case(name));
        member
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    /// The values of all members.
    pub(in crate::scim) fn values(&self) -> impl Iterator<Item = &JsonValue<'a>> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl From<&JsonValue<'_>> for Value {
    fn from(value: &JsonValue<'_>) -> Self {
        match value {
            JsonValue::Null => Self::Null,
            JsonValue::Bool(flag) => Self::Bool(*flag),
            JsonValue::Number(number) => Self::Number(number.clone()),
            JsonValue::Text(text) => Self::String(text.clone().into_owned()),
            JsonValue::List(items) => items.iter().map(Self::from).collect(),
            JsonValue::Object(object) => object.into(),
        }
    }
}

impl From<&JsonObject<'_>> for Value {
    fn from(object: &JsonObject<'_>) -> Self {
        let members = object.0.iter();
        members
            .map(|(name, value)| (name.clone().into_owned(), Self::from(value)))
            .collect()
    }
}

impl fmt::Display for JsonValue<'_> {
    /// The value as JSON. The members of objects are sorted, so that one value has one text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::from(self).fmt(f)
    }
}

impl fmt::Display for JsonObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::from(self).fmt(f)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// Reads any JSON value.
struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = JsonValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(JsonValue::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(JsonValue::Bool(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(JsonValue::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(JsonValue::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).map_or(JsonValue::Null, JsonValue::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(JsonValue::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(JsonValue::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Self::Value, S::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(JsonValue::List(list))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key_seed(NameSeed)? {
            members.push((name, map.next_value()?));
        }
        Ok(JsonValue::Object(JsonObject(members)))
    }
}

/// Reads the name of a member.
struct NameSeed;

impl<'de> serde::de::DeserializeSeed<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_of_several_spellings_counts() {
        let value: JsonValue = serde_json::from_str(r#"{"a":1,"A":"x","b":2,"b":null}"#).unwrap();
        let JsonValue::Object(object) = value else {
            panic!("it is an object");
        };
        assert_eq!(object.get("a"), Some(&JsonValue::Text("x".into())));
        assert_eq!(object.get("b"), None);
        assert_eq!(object.values().count(), 4);
    }

    /// Any JSON value, without two members that differ in the case of their names only.
    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| members.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_is_read_as_serde_json_reads_it(value in json()) {
            let text = value.to_string();
            let read: JsonValue = serde_json::from_str(&text).unwrap();
            // The last digit of a number may change when it is read.
            let expected: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read.to_string(), expected.to_string());
            prop_assert_eq!(Value::from(&read), expected);
        }
    }
}
