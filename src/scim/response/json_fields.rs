//! The attributes of a JSON object that are asked for. All others are skipped while the body is read, and
//! take no memory.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::scim::response::json_value::JsonValue;

/// Some attributes of an object, each under the name by which it was asked for.
#[derive(Debug, Default)]
pub(in crate::scim) struct Fields<'a>(Vec<(&'a str, JsonValue<'a>)>);

impl<'a> Fields<'a> {
    /// Reads the attributes with these names; `None` if the body is not a JSON object.
    pub(in crate::scim) fn parse(body: &'a [u8], names: &'a [&'a str]) -> Option<Self> {
        parse(body, FieldsSeed { names })
    }

    /// The attribute called `name`, which was asked for; `null` counts as absent (RFC 7643 §2.5).
    pub(in crate::scim) fn get(&self, name: &str) -> Option<&JsonValue<'a>> {
        let mut fields = self.0.iter();
        let field = fields.find(|(known, _)| known.eq_ignore_ascii_case(name));
        field
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    /// The `id`: text that is not blank, or a whole number, which becomes text.
    pub(in crate::scim) fn id(&self) -> Option<String> {
        match self.get("id")? {
            JsonValue::Number(number) if !number.is_f64() => Some(number.to_string()),
            _ => self.text("id").map(str::to_owned),
        }
    }

    /// The attribute called `name`, if it is text that is not blank.
    pub(in crate::scim) fn text(&self, name: &str) -> Option<&str> {
        let text = self.get(name)?.as_text()?;
        Some(text).filter(|text| !text.trim().is_empty())
    }

    /// Takes the value of an attribute. The body may have it twice, also in another case; the last one counts.
    pub(super) fn set(&mut self, name: &'a str, value: JsonValue<'a>) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }
}

/// Reads a whole body, which must be UTF-8.
pub(super) fn parse<'a, S: DeserializeSeed<'a>>(body: &'a [u8], seed: S) -> Option<S::Value> {
    let text = std::str::from_utf8(body).ok()?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = seed.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(read)
}

/// Reads the attributes with these names.
#[derive(Clone, Copy)]
pub(super) struct FieldsSeed<'a> {
    /// The names.
    pub(super) names: &'a [&'a str],
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for FieldsSeed<'a> {
    type Value = Fields<'a>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for FieldsSeed<'a> {
    type Value = Fields<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key_seed(NameAmong(self.names))? {
            match name {
                Some(name) => fields.set(name, map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

/// Reads the name of an attribute, in any case: the one of these names that it is, or `None`.
pub(super) struct NameAmong<'a>(pub(super) &'a [&'a str]);

impl<'de, 'a> DeserializeSeed<'de> for NameAmong<'a> {
    type Value = Option<&'a str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for NameAmong<'a> {
    type Value = Option<&'a str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an attribute")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        let mut names = self.0.iter();
        Ok(names
            .find(|known| known.eq_ignore_ascii_case(name))
            .copied())
    }
}

/// The member of `object` called `name`, in any case.
pub(in crate::scim) fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let exact = object.get(name);
    let value = exact.or_else(|| {
        object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    });
    value.filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_spellings_counts() {
        let body = br#"{"active":"True","Active":true,"x":[{}],"ACT\u0049VE":false}"#;
        let fields = Fields::parse(body, &["active"]).unwrap();
        assert_eq!(fields.get("active"), Some(&JsonValue::Bool(false)));
        let fields = Fields::parse(br#"{"a":1,"a":null,"b":" "}"#, &["a", "b"]).unwrap();
        assert_eq!((fields.get("a"), fields.text("b")), (None, None));
        for body in ["", "[]", "1", "{} {}", "{\"a\":", "\u{feff}{}", "{\"x\":[}"] {
            assert!(Fields::parse(body.as_bytes(), &["a"]).is_none(), "{body}");
        }
        assert!(Fields::parse(b"{\"x\":\"\xff\"}", &["a"]).is_none());
    }
}
