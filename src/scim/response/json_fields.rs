//! A JSON object as SCIM reads it: attribute names ignore case (RFC 7643 §2.1). A name may occur twice,
//! as in Anaplan's own samples; the last one counts.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

/// The attributes of an object, by name in lower case.
#[derive(Debug, Default)]
pub(in crate::scim) struct Fields(HashMap<String, Value>);

impl Fields {
    /// Reads a body; `None` if it is not a JSON object.
    pub(in crate::scim) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The attributes of a value within a body; `None` if it is not an object.
    pub(in crate::scim) fn of(value: &Value) -> Option<Self> {
        let lower = |(name, value): (&String, &Value)| (name.to_ascii_lowercase(), value.clone());
        Some(Self(value.as_object()?.iter().map(lower).collect()))
    }

    /// The attribute called `name`, in lower case; `null` counts as absent (RFC 7643 §2.5).
    pub(in crate::scim) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// The `id`: text that is not blank, or a whole number, which becomes text.
    pub(in crate::scim) fn id(&self) -> Option<String> {
        match self.get("id")? {
            Value::Number(number) if !number.is_f64() => Some(number.to_string()),
            _ => self.text("id").map(str::to_owned),
        }
    }

    /// The attribute called `name`, if it is text that is not blank.
    pub(in crate::scim) fn text(&self, name: &str) -> Option<&str> {
        let text = self.get(name)?.as_str()?;
        Some(text).filter(|text| !text.trim().is_empty())
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

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields, M::Error> {
                let mut fields = HashMap::new();
                while let Some((mut name, value)) = map.next_entry::<String, Value>()? {
                    name.make_ascii_lowercase();
                    fields.insert(name, value);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_spellings_counts() {
        let fields = Fields::parse(br#"{"active":"True","Active":true,"ACTIVE":false}"#).unwrap();
        assert_eq!(fields.get("active"), Some(&Value::Bool(false)));
        let fields = Fields::parse(br#"{"a":1,"a":null,"b":" "}"#).unwrap();
        assert_eq!((fields.get("a"), fields.text("b")), (None, None));
        for body in ["", "[]", "1", "{} {}", "{\"a\":", "\u{feff}{}"] {
            assert!(Fields::parse(body.as_bytes()).is_none(), "{body}");
        }
    }
}
