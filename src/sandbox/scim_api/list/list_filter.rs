//! The filter of list requests: comparisons joined by `and`, `or` and parentheses.
//!
//! It knows which attributes can be used in a filter, and asks for their values one at a time, so that a scan
//! of a large tenant computes as little as possible. It knows nothing of paging.

use crate::sandbox::scim_api::expression::{self, Comparison, Literal, Malformed, Operator, Piece};
use crate::sandbox::scim_api::scim_answer::Refusal;

/// How deep parentheses may nest: parsing is recursive, and a client must not exhaust the stack.
const MAX_DEPTH: usize = 64;

/// An attribute that can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Id,
    ExternalId,
    UserName,
    FamilyName,
    GivenName,
    Active,
}

/// A filter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ListFilter {
    And(Box<ListFilter>, Box<ListFilter>),
    Or(Box<ListFilter>, Box<ListFilter>),
    Test(Attribute, Operator, String),
}

impl ListFilter {
    /// Reads a filter, or refuses it with the provider's own message.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        parse(text).map_err(|Malformed| {
            let detail = "The specified filter syntax was invalid, or the specified attribute and \
                          filter comparison combination is not supported";
            Refusal::bad("invalidValue", detail)
        })
    }

    /// Whether the filter matches a user; `value` returns the user's attributes.
    pub(crate) fn matches(&self, value: &impl Fn(Attribute) -> String) -> bool {
        match self {
            Self::And(left, right) => left.matches(value) && right.matches(value),
            Self::Or(left, right) => left.matches(value) || right.matches(value),
            Self::Test(attribute, operator, wanted) => {
                let actual = fold(*attribute, value(*attribute));
                operator.holds(Some(&actual), wanted)
            }
        }
    }

    /// The ids and logins of which a user must have one, if the filter asks for such: then no other user need
    /// be checked.
    pub(crate) fn pinned(&self) -> Option<Vec<(Attribute, &str)>> {
        match self {
            Self::Test(attribute @ (Attribute::Id | Attribute::UserName), Operator::Eq, value) => {
                Some(vec![(*attribute, value.as_str())])
            }
            Self::Test(..) => None,
            Self::And(left, right) => left.pinned().or_else(|| right.pinned()),
            Self::Or(left, right) => {
                let mut pins = left.pinned()?;
                pins.extend(right.pinned()?);
                Some(pins)
            }
        }
    }
}

fn parse(text: &str) -> Result<ListFilter, Malformed> {
    let pieces = expression::split(text)?;
    let mut rest = pieces.as_slice();
    let filter = any_of(&mut rest, 0)?;
    if rest.is_empty() {
        Ok(filter)
    } else {
        Err(Malformed)
    }
}

fn any_of(rest: &mut &[Piece], depth: usize) -> Result<ListFilter, Malformed> {
    let mut filter = all_of(rest, depth)?;
    while skip(rest, "or") {
        filter = ListFilter::Or(Box::new(filter), Box::new(all_of(rest, depth)?));
    }
    Ok(filter)
}

fn all_of(rest: &mut &[Piece], depth: usize) -> Result<ListFilter, Malformed> {
    let mut filter = one(rest, depth)?;
    while skip(rest, "and") {
        filter = ListFilter::And(Box::new(filter), Box::new(one(rest, depth)?));
    }
    Ok(filter)
}

fn one(rest: &mut &[Piece], depth: usize) -> Result<ListFilter, Malformed> {
    let [Piece::Open, inner @ ..] = *rest else {
        return test(expression::take(rest)?);
    };
    if depth == MAX_DEPTH {
        return Err(Malformed);
    }
    *rest = inner;
    let filter = any_of(rest, depth + 1)?;
    let [Piece::Close, after @ ..] = *rest else {
        return Err(Malformed);
    };
    *rest = after;
    Ok(filter)
}

fn skip(rest: &mut &[Piece], word: &str) -> bool {
    match *rest {
        [Piece::Word(found), after @ ..] if found.eq_ignore_ascii_case(word) => {
            *rest = after;
            true
        }
        _ => false,
    }
}

fn test(comparison: Comparison) -> Result<ListFilter, Malformed> {
    let attribute = attribute(&comparison.attribute).ok_or(Malformed)?;
    let wanted = match (attribute, comparison.operator, comparison.value) {
        (_, Operator::Pr, None) => String::new(),
        (Attribute::Active, Operator::Eq | Operator::Ne, Some(Literal::Bool(value))) => {
            value.to_string()
        }
        (Attribute::Active, _, _) => return Err(Malformed),
        (_, _, Some(Literal::Text(text))) => fold(attribute, text),
        _ => return Err(Malformed),
    };
    Ok(ListFilter::Test(attribute, comparison.operator, wanted))
}

fn attribute(name: &str) -> Option<Attribute> {
    Some(match name.to_ascii_lowercase().as_str() {
        "id" => Attribute::Id,
        "externalid" => Attribute::ExternalId,
        "username" => Attribute::UserName,
        "name.familyname" => Attribute::FamilyName,
        "name.givenname" => Attribute::GivenName,
        "active" => Attribute::Active,
        _ => return None,
    })
}

/// Only the two ids are documented to ignore case.
fn fold(attribute: Attribute, mut text: String) -> String {
    if matches!(attribute, Attribute::Id | Attribute::ExternalId) {
        text.make_ascii_lowercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str) -> bool {
        let value = |attribute| match attribute {
            Attribute::Id => "0a1b".to_owned(),
            Attribute::ExternalId => String::new(),
            Attribute::UserName => "user00042@example.com".to_owned(),
            Attribute::FamilyName => "00042".to_owned(),
            Attribute::GivenName => "User".to_owned(),
            Attribute::Active => "true".to_owned(),
        };
        ListFilter::parse(text).unwrap().matches(&value)
    }

    #[test]
    fn the_documented_grammar_is_understood() {
        assert!(matches(r#"userName eq "user00042@example.com""#));
        assert!(matches(r#"ID EQ "0A1B" and active eq true"#));
        assert!(matches(
            r#"name.familyName ge "00042" and name.familyName lt "00043""#
        ));
        assert!(matches(r#"externalId ne "x""#));
        assert!(!matches("externalId pr"));
        assert!(!matches("active ne true"));
        assert!(!matches(r#"userName eq "User00042@example.com""#));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let (yes, no) = ("id pr", "externalId pr");
        assert!(matches(&format!("{yes} or {yes} and {no}")));
        assert!(!matches(&format!("({yes} or {yes}) and {no}")));
        assert!(matches(&format!("(({yes}) and ({no} or ({yes})))")));
    }

    #[test]
    fn other_filters_are_refused_with_the_providers_message() {
        let bad = [
            "",
            "userName",
            r#"userName co "x""#,
            r#"userName sw "x""#,
            r#"userName ew "x""#,
            r#"not (userName eq "x")"#,
            r#"emails[type eq "work"]"#,
            r#"displayName eq "x""#,
            r#"emails eq "x""#,
            r#"entitlements.value eq "x""#,
            "active gt true",
            r#"active eq "true""#,
            "userName eq true",
            "(id pr",
            "id pr)",
            "id pr and",
            "id pr id pr",
        ];
        for text in bad {
            let refusal = ListFilter::parse(text).unwrap_err();
            assert_eq!(refusal.scim_type, Some("invalidValue"), "{text}");
            assert!(
                refusal
                    .detail
                    .starts_with("The specified filter syntax was invalid, or")
            );
        }
        let deep = format!("{}id pr{}", "(".repeat(1_000), ")".repeat(1_000));
        assert!(ListFilter::parse(&deep).is_err());
    }

    #[test]
    fn pins_are_found_only_where_they_bind() {
        let pins = |text| {
            ListFilter::parse(text)
                .unwrap()
                .pinned()
                .map(|pins| pins.len())
        };
        assert_eq!(pins(r#"userName eq "a""#), Some(1));
        assert_eq!(pins(r#"userName eq "a" or id eq "b""#), Some(2));
        assert_eq!(pins(r#"active eq true and id eq "b""#), Some(1));
        assert_eq!(pins(r#"userName eq "a" or active eq true"#), None);
        assert_eq!(pins(r#"userName ne "a""#), None);
    }
}
