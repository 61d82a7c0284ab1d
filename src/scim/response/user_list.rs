//! Reads lists of users (RFC 7644 §3.4.2).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::{RequestKind, UserPage, UserState};

use crate::scim::dialect::Dialect;
use crate::scim::response::json_fields::{Fields, FieldsSeed, NameAmong, parse};
use crate::scim::response::json_value::JsonValue;
use crate::scim::response::known_attributes::KnownAttributes;
use crate::scim::response::user::{attributes, user};

/// A larger total is ignored: no tenant has more users than this.
const MOST_USERS: u64 = 1_000_000_000_000;

/// The attribute that holds the users of a page.
const RESOURCES: &str = "resources";

/// Attributes of a list.
pub(in crate::scim) const OF_LIST: [&str; 6] = [
    RESOURCES,
    "schemas",
    "totalresults",
    "startindex",
    "itemsperpage",
    "nextcursor",
];

/// An answer to a request for a list, as it was read. It may be no list.
pub(in crate::scim) struct ListBody<'a> {
    /// The attributes of the object itself.
    pub(in crate::scim) fields: Fields<'a>,
    resources: Resources,
}

/// What `Resources` holds.
#[derive(Default)]
enum Resources {
    /// There is none.
    #[default]
    Absent,
    /// The users in an array.
    Users(Vec<UserState>),
    /// No array.
    Odd,
}

impl<'a> ListBody<'a> {
    /// Reads a body, and of the object itself the attributes with these names; `None` if it is not an object.
    ///
    /// Each entry becomes a user as soon as it was read, so that a page takes little memory beyond its text.
    /// Entries that are not users are left out. What they show of the provider is noted in `known` if the body
    /// is whole.
    pub(in crate::scim) fn parse(
        dialect: &Dialect,
        known: &KnownAttributes,
        body: &'a [u8],
        names: &'a [&'a str],
    ) -> Option<Self> {
        let shown = KnownAttributes::default();
        let users = UsersSeed {
            dialect,
            attributes: &attributes(dialect),
            shown: &shown,
        };
        let read = parse(body, ListSeed { names, users })?;
        known.note_all_of(&shown);
        Some(read)
    }

    /// The page of users; `None` if the object is not a list.
    ///
    /// `totalResults` may be a number or text. `itemsPerPage` is not read, because Anaplan's value is often
    /// wrong. A total of 0 beside users, a negative one, and one above [`MOST_USERS`] count as no total.
    pub(in crate::scim) fn page(&mut self) -> Option<UserPage> {
        let fields = &self.fields;
        let total = fields.get("totalresults").and_then(number);
        let total = total.filter(|total| *total <= MOST_USERS);
        let users = match std::mem::take(&mut self.resources) {
            Resources::Users(users) => users,
            // Providers may leave `Resources` out of an empty page.
            Resources::Absent if is_list(fields) => Vec::new(),
            Resources::Absent | Resources::Odd => return None,
        };
        Some(UserPage {
            total: total.filter(|total| *total > 0 || users.is_empty()),
            users,
            next_cursor: fields.text("nextcursor").map(str::to_owned),
        })
    }
}

/// Whether an object without entries is a list, by its schema or its members.
fn is_list(fields: &Fields) -> bool {
    let is_list_urn = |schema: &JsonValue| {
        let urn = schema.as_text().unwrap_or_default().to_ascii_lowercase();
        urn.ends_with(":listresponse")
    };
    let by_schema = match fields.get("schemas") {
        Some(JsonValue::List(schemas)) => schemas.iter().any(is_list_urn),
        Some(schema) => is_list_urn(schema),
        None => false,
    };
    let members = ["totalresults", "startindex", "itemsperpage"];
    by_schema || members.iter().any(|name| fields.get(name).is_some())
}

fn number(value: &JsonValue) -> Option<u64> {
    match value {
        JsonValue::Number(number) => number.as_u64(),
        JsonValue::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Reads an answer to a request for a list.
struct ListSeed<'a, 'd> {
    names: &'a [&'a str],
    users: UsersSeed<'d>,
}

impl<'a> DeserializeSeed<'a> for ListSeed<'a, '_> {
    type Value = ListBody<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for ListSeed<'a, '_> {
    type Value = ListBody<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut fields = Fields::default();
        let mut resources = Resources::Absent;
        while let Some(name) = map.next_key_seed(NameAmong(self.names))? {
            match name {
                Some(RESOURCES) => resources = map.next_value_seed(self.users)?,
                Some(name) => fields.set(name, map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(ListBody { fields, resources })
    }
}

/// Reads the users in `Resources`.
#[derive(Clone, Copy)]
struct UsersSeed<'d> {
    dialect: &'d Dialect,
    attributes: &'d [&'d str],
    /// What the entries show of the provider.
    shown: &'d KnownAttributes,
}

/// The methods of a visitor for values that are neither array nor object.
macro_rules! scalars_are {
    ($result:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($result)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($result)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($result)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($result)
        }

        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($result)
        }
    };
}

impl<'de> DeserializeSeed<'de> for UsersSeed<'_> {
    type Value = Resources;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UsersSeed<'_> {
    type Value = Resources;

    scalars_are!(Resources::Odd);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the resources of a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Resources::Absent)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut entries: S) -> Result<Self::Value, S::Error> {
        let mut users = Vec::new();
        while let Some(user) = entries.next_element_seed(EntrySeed(self))? {
            users.extend(user);
        }
        Ok(Resources::Users(users))
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        IgnoredAny.visit_map(map)?;
        Ok(Resources::Odd)
    }
}

/// Reads an entry of a list: a user, or something else.
struct EntrySeed<'d>(UsersSeed<'d>);

impl<'de> DeserializeSeed<'de> for EntrySeed<'_> {
    type Value = Option<UserState>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for EntrySeed<'_> {
    type Value = Option<UserState>;

    scalars_are!(None);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry of a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, entries: S) -> Result<Self::Value, S::Error> {
        IgnoredAny.visit_seq(entries)?;
        Ok(None)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        let UsersSeed {
            dialect,
            attributes,
            shown,
        } = self.0;
        let names = FieldsSeed { names: attributes };
        let fields = names.visit_map(map)?;
        Ok(user(dialect, RequestKind::List, shown, &fields))
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_whatever_surrounds_it() {
        let read = |json: &str| {
            let known = KnownAttributes::default();
            let dialect = Dialect::with_entitlements();
            ListBody::parse(&dialect, &known, json.as_bytes(), &OF_LIST)
                .unwrap()
                .page()
        };
        let page = read(
            r#"{"totalResults":"7","itemsPerPage":50,"startIndex":1,"Resources":[
                {"id":"u1","userName":"a","active":true,"entitlements":[{"value":"w"}]},
                {"id":"g1","meta":{"resourceType":"Group"}}, 7, null, {"userName":"no-id"},
                {"id":"u2","userName":"b","active":"False"}]}"#,
        )
        .unwrap();
        assert_eq!(page.total, Some(7));
        let shown: Vec<_> = page.users.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["active, workspace w", "disabled, workspaces not said"]
        );
        assert_eq!(
            read(r#"{"totalResults":0}"#),
            Some(UserPage {
                total: Some(0),
                ..UserPage::default()
            })
        );
        let list = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}"#;
        for empty in [
            list,
            r#"{"startIndex":101}"#,
            r#"{"itemsPerPage":0,"Resources":null}"#,
        ] {
            assert_eq!(read(empty), Some(UserPage::default()), "{empty}");
        }
        for total in [
            "0",
            "-1",
            "null",
            "\"many\"",
            "1000000000001",
            "18446744073709551615",
            "1e300",
        ] {
            let odd = format!(r#"{{"totalResults":{total},"Resources":[{{"id":7}}]}}"#);
            let page = read(&odd).unwrap();
            assert_eq!((page.total, &*page.users[0].id), (None, "7"), "{odd}");
        }
        let page = read(r#"{"Resources":[],"nextCursor":"c2"}"#).unwrap();
        assert_eq!(page.next_cursor.as_deref(), Some("c2"));
        assert_eq!(read(r#"{"resources":[]}"#), Some(UserPage::default()));
        for no_list in ["{}", r#"{"Resources":{}}"#, r#"{"id":"u1"}"#] {
            assert_eq!(read(no_list), None, "{no_list}");
        }
    }
}
