//! The dialect of one provider: media types, how users are found, and what the other tables refer to.

use std::num::NonZeroU64;

use serde::Deserialize;

use crate::domain::{Access, Change, Division, IdRule, Means};
use crate::http::HeaderValue;

use super::{AccessDialect, MembershipDialect, WriteDialect};

/// How one provider speaks SCIM.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Dialect {
    /// How ids compare: those of users, and those of what they have access to.
    pub ids: IdRule,
    /// What is sent as `Accept` and `Content-Type`.
    pub media: Media,
    /// How users are listed and searched.
    pub find: FindDialect,
    /// Where a user's access is shown; nowhere, if the provider does not show any.
    pub access: AccessDialect,
    /// How users are changed.
    pub write: WriteDialect,
}

/// Media types (RFC 7644 §3.1, §8.1).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Media {
    /// `Accept`.
    pub accept: HeaderText,
    /// `Content-Type` of every body that is sent.
    pub content_type: HeaderText,
}

impl Default for Media {
    fn default() -> Self {
        Self {
            accept: HeaderText(HeaderValue::from_static(
                "application/scim+json, application/json;q=0.9",
            )),
            content_type: HeaderText(HeaderValue::from_static("application/scim+json")),
        }
    }
}

/// A text that is a valid header value.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HeaderText(pub(in crate::scim) HeaderValue);

impl TryFrom<String> for HeaderText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        HeaderValue::try_from(&text)
            .map(Self)
            .map_err(|_| "no header can carry this".to_owned())
    }
}

/// How users are found (RFC 7644 §3.4.2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FindDialect {
    /// Whether the list of all users can be read page by page.
    pub pages: bool,
    /// The most users that a client may ask for in one page.
    pub page_size: NonZeroU64,
    /// The most names that one search may join by `or`. With 0 there are no searches: names are
    /// looked for in the list of all users.
    pub names_per_search: u32,
    /// The name of the attribute with the user name, as a search spells it.
    pub user_name: AttributeName,
    /// Whether `active eq true` can be searched, to learn how many users could sign in.
    pub count_active: bool,
}

impl Default for FindDialect {
    fn default() -> Self {
        Self {
            pages: true,
            page_size: NonZeroU64::new(100).unwrap_or(NonZeroU64::MIN),
            names_per_search: 1,
            user_name: AttributeName("userName".to_owned()),
            count_active: true,
        }
    }
}

/// The name of an attribute, as in RFC 7643 §2.1: letters, digits, `$`, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AttributeName(String);

impl AttributeName {
    /// The name as it is spelt.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AttributeName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if is_attribute(&text) {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is not the name of an attribute"))
        }
    }
}

/// Whether a text can be the name of an attribute.
pub(super) fn is_attribute(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "$-_".contains(c))
}

#[cfg(test)]
impl Dialect {
    /// A dialect that shows access in `entitlements`.
    pub(in crate::scim) fn with_entitlements() -> Self {
        Self {
            access: AccessDialect {
                attribute: Some(AttributeName("entitlements".to_owned())),
                ..AccessDialect::default()
            },
            ..Self::default()
        }
    }
}

impl Dialect {
    /// What one write can do. `most_workspaces` is the most workspaces that one write may name.
    pub fn means(&self, most_workspaces: usize) -> Means {
        Means {
            ids: self.ids,
            most_workspaces,
            division: match (&self.access.each, self.write.together) {
                (Some(_), _) => Division::ByWorkspace,
                (None, true) => Division::Together,
                (None, false) => Division::ByAttribute,
            },
            from_read: self.write.needs_read(),
        }
    }

    /// Checks the rules that concern more than one key.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self) -> Result<(), String> {
        self.write.check()?;
        self.access
            .each
            .as_ref()
            .map_or(Ok(()), MembershipDialect::check)
    }

    /// Why a change cannot be made at this provider; `None` if it can.
    pub fn objection(&self, change: &Change) -> Option<&'static str> {
        if *change.access() != Access::Keep && self.access.attribute.is_none() {
            return Some(
                "the profile names no attribute that shows what users have access to: nothing can \
                 be removed, and `--disable` is all there is",
            );
        }
        if change.deletes() && !self.write.delete {
            return Some("the profile does not allow users to be deleted");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    //! What a profile may say, and what is refused in words.

    use super::*;
    use crate::domain::{Access, Change};

    fn read(toml: &str) -> Result<Dialect, String> {
        let dialect: Dialect = toml::from_str(toml).map_err(|error| error.message().to_owned())?;
        dialect.check().map(|()| dialect)
    }

    #[test]
    fn keys_that_a_profile_leaves_out_are_as_in_the_rfc() {
        let dialect = read("").unwrap();
        assert_eq!(dialect, Dialect::default());
        assert_eq!(dialect.find.page_size.get(), 100);
        assert!(!dialect.write.delete && dialect.write.together && dialect.find.pages);
    }

    #[test]
    fn a_contradictory_profile_is_refused_with_the_reason() {
        for (toml, why) in [
            ("[find]\npages-size = 3", "unknown field `pages-size`"),
            ("[write]\nmethod = \"POST\"", "unknown variant `POST`"),
            (
                "[write]\ndisable = [{ op = \"frob\", path = \"active\", value = false }]",
                "unknown variant `frob`",
            ),
            (
                "[write]\ndisable = [{ op = \"replace\", path = \"active\" }]",
                "`disable`: only `remove` does without a `value`",
            ),
            (
                "[write]\nenable = [{ op = \"replace\", value = true }]",
                "`enable`: without a `path` the `value` is an object",
            ),
            (
                "[write]\nremove-access = [{ op = \"remove\" }]",
                "`remove-access`: `remove` needs a `path`",
            ),
            ("[write]\ndisable = []", "`disable` has no operation"),
            (
                "[write]\nset-access = [{ op = \"replace\", path = \"roles\", value = [] }]",
                "`set-access` does not contain `{access}`, the list to set",
            ),
            (
                "[write]\ndisable = [{ op = \"replace\", path = \"active\", value = \"{no}\" }]",
                "`{no}` is not known",
            ),
            (
                "[write]\ndisable = [{ op = \"replace\", path = \"a[b eq {c}]\", value = 1 }]",
                "`{c}` is not known",
            ),
            (
                "[write]\nset-access = [{ op = \"replace\", path = \"roles\", value = \"all {access}\" }]",
                "must be the whole text",
            ),
            (
                "[write]\nmethod = \"PUT\"\n\
             remove-access = [{ op = \"remove\", path = 'roles[value eq \"a\"]' }]",
                "`remove-access`: by PUT only whole attributes can be changed",
            ),
            (
                "[access]\nitem = { value = \"x\" }",
                "contains `{id}` where the id is written",
            ),
            (
                "[access]\nattribute = \"a b\"",
                "`a b` is not the name of an attribute",
            ),
            ("[media]\naccept = \"a\\nb\"", "no header can carry this"),
            (
                "[access.each]\nendpoint = \"/../x\"\nleave = []\njoin = []",
                "`endpoint` is a path such as `/Groups`",
            ),
            (
                "[access.each]\nendpoint = \"/Groups\"\n\
             leave = [{ op = \"remove\", path = \"members\" }]\njoin = []",
                "`leave` does not contain `{user}`, which says who",
            ),
        ] {
            let error = read(toml).unwrap_err();
            assert!(error.contains(why), "{toml}: {error}");
        }
    }

    #[test]
    fn p7_what_a_profile_does_not_allow_is_not_asked_for() {
        let bare = Dialect::default();
        let disable = Change::new(true, Access::Keep).unwrap();
        let strip = Change::new(true, Access::RemoveAll).unwrap();
        assert_eq!(bare.objection(&disable), None);
        assert!(bare.objection(&strip).unwrap().contains("`--disable`"));
        assert!(bare.objection(&Change::delete()).is_some());
        let more = read("access.attribute = \"roles\"\nwrite.delete = true").unwrap();
        assert_eq!(more.objection(&strip), None);
        assert_eq!(more.objection(&Change::delete()), None);
    }
}
