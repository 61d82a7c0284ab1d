//! Reads the body of an event whose kind is known, without a value of JSON in between.

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess};
use serde::{Deserialize, Deserializer};

use crate::ledger::record::{EventBody, EventKind};

/// The kind of an event, for a deserializer of its body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyOf<'k>(pub(crate) &'k str);

impl<'de> DeserializeSeed<'de> for BodyOf<'_> {
    type Value = EventBody<'static>;

    fn deserialize<D: Deserializer<'de>>(self, body: D) -> Result<Self::Value, D::Error> {
        if EventKind::from_word(self.0).is_none() {
            return serde_json::Value::deserialize(body).map(|_| EventBody::Unknown);
        }
        let members = TaggedBody {
            kind: Some(self.0),
            body: Some(body),
        };
        EventBody::deserialize(MapAccessDeserializer::new(members))
    }
}

/// A kind and a body, as the two members of the enum that serde expects, the kind first.
struct TaggedBody<'k, D> {
    /// The kind, until it is read.
    kind: Option<&'k str>,
    /// The body, until it is read.
    body: Option<D>,
}

impl<'de, D: Deserializer<'de>> MapAccess<'de> for TaggedBody<'_, D> {
    type Error = D::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, D::Error> {
        let name = match (self.kind, &self.body) {
            (Some(_), _) => "kind",
            (None, Some(_)) => "body",
            (None, None) => return Ok(None),
        };
        let name: StrDeserializer<'_, D::Error> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, D::Error> {
        if let Some(kind) = self.kind.take() {
            let kind: StrDeserializer<'_, D::Error> = kind.into_deserializer();
            return seed.deserialize(kind);
        }
        let body = self.body.take();
        seed.deserialize(body.ok_or_else(|| D::Error::custom("the body was read before"))?)
    }
}
