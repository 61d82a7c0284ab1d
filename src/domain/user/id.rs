//! Ids at the provider: how they compare, sets of them, and the id of a user.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// So few ids are compared one by one, which takes no memory.
const FEW: usize = 16;

/// How a provider compares ids of users, and of the workspaces, roles or groups that they are in.
///
/// RFC 7643 §3.1 makes `id` case-exact. A provider that ignores the case of ids says so in its profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdRule {
    /// Two ids are the same if they are spelt the same.
    #[default]
    Exact,
    /// The case of ASCII letters does not count (Anaplan).
    IgnoreCase,
}

impl IdRule {
    /// The word in the ledger and in profiles.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::IgnoreCase => "ignore-case",
        }
    }

    /// Reads the ledger's word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Exact, Self::IgnoreCase]
            .into_iter()
            .find(|rule| rule.as_str() == text)
    }

    /// The form in which two spellings of one id are equal.
    pub fn key(self, id: &str) -> Cow<'_, str> {
        match self {
            Self::Exact => Cow::Borrowed(id),
            Self::IgnoreCase => Cow::Owned(id.to_ascii_lowercase()),
        }
    }

    /// Whether two spellings name the same thing.
    pub fn is_same(self, a: &str, b: &str) -> bool {
        match self {
            Self::Exact => a == b,
            Self::IgnoreCase => a.eq_ignore_ascii_case(b),
        }
    }

    /// Whether one of `ids` names the same thing as `id`.
    pub fn contains(self, ids: &[String], id: &str) -> bool {
        ids.iter().any(|known| self.is_same(known, id))
    }

    /// The ids of a list as a set. Lists come from outside and may be long. Comparing each id of one list
    /// with each id of another would take quadratic time.
    pub fn set(self, ids: &[String]) -> IdSet<'_> {
        IdSet {
            rule: self,
            keys: ids.iter().map(|id| self.key(id)).collect(),
        }
    }

    /// Whether two lists name the same things, in any order.
    pub fn is_same_set(self, a: &[String], b: &[String]) -> bool {
        self.set(a).keys == self.set(b).keys
    }

    /// The list without ids that name the same thing as an earlier id.
    pub fn distinct(self, ids: Vec<String>) -> Vec<String> {
        if ids.len() <= FEW {
            let mut firsts: Vec<String> = Vec::with_capacity(ids.len());
            for id in ids {
                if !self.contains(&firsts, &id) {
                    firsts.push(id);
                }
            }
            return firsts;
        }
        let mut known = HashSet::with_capacity(ids.len());
        let is_first: Vec<bool> = ids.iter().map(|id| known.insert(self.key(id))).collect();
        drop(known);
        let firsts = ids.into_iter().zip(is_first);
        firsts
            .filter_map(|(id, is_first)| is_first.then_some(id))
            .collect()
    }
}

/// The ids of a list, prepared for look-ups.
#[derive(Debug, Clone)]
pub struct IdSet<'a> {
    rule: IdRule,
    keys: HashSet<Cow<'a, str>>,
}

impl IdSet<'_> {
    /// Whether one of the ids names the same thing as `id`.
    pub fn contains(&self, id: &str) -> bool {
        self.keys.contains(&*self.rule.key(id))
    }
}

/// A user's `id` at the provider (RFC 7643 §3.1): opaque text, as the roster or the provider spells it.
/// The provider's [`IdRule`] says whether two ids are the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// Takes an id that the roster has accepted, or that the provider has shown.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as it is spelt.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_ids_are_compared_as_the_provider_does() {
        for (rule, a, b, same) in [
            (IdRule::Exact, "aB", "aB", true),
            (IdRule::Exact, "aB", "ab", false),
            (IdRule::IgnoreCase, "8A8B00ff", "8a8b00FF", true),
            (IdRule::IgnoreCase, "8A8B00ff", "8a8b00fe", false),
            // Only the case of ASCII letters is ignored, so these are two ids.
            (IdRule::IgnoreCase, "É", "é", false),
        ] {
            assert_eq!(rule.is_same(a, b), same, "{rule:?} {a} {b}");
            assert_eq!(rule.key(a) == rule.key(b), same, "{rule:?} {a} {b}");
            assert_eq!(IdRule::parse(rule.as_str()), Some(rule));
        }
        let ids = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (a, b) = (ids(&["w1", "W2"]), ids(&["w2", "W1"]));
        assert!(IdRule::IgnoreCase.is_same_set(&a, &b));
        assert!(!IdRule::Exact.is_same_set(&a, &b));
        assert!(IdRule::Exact.contains(&a, "W2") && !IdRule::Exact.contains(&a, "w2"));
        assert!(!IdRule::Exact.is_same_set(&a, &a[..1]));
    }
}
