//! A dialect: how one provider wants to be asked, and how it shows its users. All of it is data, read
//! from the `[scim]` table of a profile, so that another provider needs no code.
//!
//! Whatever a profile leaves out is as RFC 7643 and RFC 7644 have it. Nothing here sends anything.

mod access;
mod template;
mod write;

use std::num::NonZeroU64;

use serde::Deserialize;

use crate::domain::{Access, Change, Division, IdRule, Means};
use crate::http::HeaderValue;

pub use access::{Absent, AccessDialect, Each};
pub use template::{Item, Template};
pub use write::{Method, PatchOperation, WriteDialect};

pub(super) use template::Places;
pub(super) use write::forget;

/// How one provider speaks SCIM.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Dialect {
    /// How ids compare: those of users, and those of what they have access to.
    pub ids: IdRule,
    /// What is sent as `Accept` and `Content-Type`.
    pub media: Media,
    /// How users are found.
    pub find: FindDialect,
    /// Where a user's access stands; nowhere, if the provider does not show any.
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

/// A text that a header can carry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HeaderText(pub(super) HeaderValue);

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
    /// Whether the list of all users can be gone through.
    pub pages: bool,
    /// Users on one page, as far as a client may ask for.
    pub page_size: NonZeroU64,
    /// Names that one search may join by `or`. With 0 nothing is searched: names are found in the
    /// list alone.
    pub names_per_search: u32,
    /// How the attribute of user names is spelt in a search.
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
            Err(format!("`{text}` is no name of an attribute"))
        }
    }
}

fn is_attribute(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "$-_".contains(c))
}

#[cfg(test)]
impl Dialect {
    /// A dialect in which access stands in `entitlements`.
    pub(super) fn with_entitlements() -> Self {
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
    /// What one write can do, when it names `most_workspaces` at most.
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

    /// Looks for what makes no sense as a whole.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self) -> Result<(), String> {
        self.write.check()?;
        self.access.each.as_ref().map_or(Ok(()), Each::check)
    }

    /// Why a change cannot be made at this provider, in words; `None` if it can.
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
mod tests;
