//! The path of a PATCH operation: `attr`, `attr.sub`, `attr[test]`, `attr[test].sub`.
//!
//! It takes a path apart; which attributes there are is not its business.

use crate::sandbox::scim_api::expression::{self, Comparison};
use crate::sandbox::scim_api::scim_answer::Refusal;

/// A path taken apart. Attribute names are in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) attribute: String,
    pub(crate) test: Option<Comparison>,
    pub(crate) sub: Option<String>,
}

impl Path {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        take_apart(text.trim())
            .ok_or_else(|| Refusal::bad("invalidPath", format!("invalid path: {text}")))
    }
}

fn take_apart(path: &str) -> Option<Path> {
    let (attribute, test, sub) = match path.split_once('[') {
        Some((attribute, rest)) => {
            let (test, after) = rest.rsplit_once(']')?;
            let sub = if after.is_empty() {
                None
            } else {
                Some(after.strip_prefix('.')?)
            };
            (attribute, Some(single(test)?), sub)
        }
        None => match path.split_once('.') {
            Some((attribute, sub)) => (attribute, None, Some(sub)),
            None => (path, None, None),
        },
    };
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_name(attribute) || !sub.is_none_or(is_name) {
        return None;
    }
    let (attribute, sub) = (
        attribute.to_ascii_lowercase(),
        sub.map(str::to_ascii_lowercase),
    );
    Some(Path {
        attribute,
        test,
        sub,
    })
}

/// Exactly one comparison: `and`, `or` and `not` are not allowed inside a path.
fn single(text: &str) -> Option<Comparison> {
    let pieces = expression::split(text).ok()?;
    let mut rest = pieces.as_slice();
    let comparison = expression::take(&mut rest).ok()?;
    rest.is_empty().then_some(comparison)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_forms_are_read() {
        let path = Path::parse("entitlements[value eq \"a]b\"].Value").unwrap();
        assert_eq!(
            (path.attribute.as_str(), path.sub.as_deref()),
            ("entitlements", Some("value"))
        );
        assert!(path.test.is_some());
        let path = Path::parse("name.familyName").unwrap();
        assert_eq!(
            (path.attribute.as_str(), path.sub.as_deref()),
            ("name", Some("familyname"))
        );
        assert_eq!(Path::parse("active").unwrap().sub, None);
        assert_eq!(Path::parse("emails[primary pr]").unwrap().sub, None);
    }

    #[test]
    fn everything_else_is_an_invalid_path() {
        let bad = [
            "",
            ".value",
            "name.",
            "a b",
            "entitlements[",
            "entitlements[]",
            "entitlements[type eq \"A\" and value eq \"b\"]",
            "entitlements[not (type eq \"A\")]",
            "entitlements[type eq \"A\"]value",
            "urn:ietf:params:scim:schemas:core:2.0:User:active",
        ];
        for text in bad {
            assert_eq!(
                Path::parse(text).unwrap_err().scim_type,
                Some("invalidPath"),
                "{text}"
            );
        }
    }
}
