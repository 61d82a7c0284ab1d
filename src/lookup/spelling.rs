//! How names are spelt when they are searched, and by which name searches are put to the test.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use crate::domain::{UserState, name_key};

/// A user by whom searches are put to the test.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// A name that is known to exist.
    pub(super) name: Option<String>,
    /// Whether a search for it, in another case, has found it.
    pub(super) is_passed: Option<bool>,
}

impl Control {
    /// Takes the name of a user who was shown, if it can serve.
    pub(super) fn note(&mut self, user: &UserState) {
        let name = user.user_name.as_ref();
        let serves = |name: &&String| is_plain(name) && swapped(name) != **name;
        if self.name.is_none() {
            self.name = name.filter(serves).cloned();
        }
    }
}

/// The spellings in which a name is asked for: as it is written, in lower case, and in the form in which
/// names compare.
pub(super) fn spellings(name: &str) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    for other in [name.to_lowercase(), name_key(name)] {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// Whether a search that finds no user with this name may be believed, once searches are known to work:
/// nothing in the name is folded, escaped or parsed as filter syntax in a way of the server's own.
pub(super) fn is_plain(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@._-".contains(c);
    !name.is_empty() && name.chars().all(is_plain) && !name.to_ascii_lowercase().contains("eq")
}

/// A name with the case of each letter swapped.
pub(super) fn swapped(name: &str) -> String {
    let swap = |c: char| {
        if c.is_ascii_lowercase() {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        }
    };
    name.chars().map(swap).collect()
}

/// The spelling of a name that differs most from it and compares as equal: in the other case, and with
/// each accent as a sign of its own.
pub(super) fn disguised(name: &str) -> String {
    let upper = name.to_uppercase();
    let other = if upper == name {
        name.to_lowercase()
    } else {
        upper
    };
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&other);
    if decomposed == name {
        ComposingNormalizerBorrowed::new_nfc()
            .normalize(&other)
            .into_owned()
    } else {
        decomposed.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_only_a_plain_name_is_believed_to_be_nowhere() {
        for (name, plain) in [
            ("ada.lovelace@x-y.com", true),
            ("a_1@x.com", true),
            ("jos\u{e9}@x.com", false),
            ("a+b@x.com", false),
            ("o'neil@x.com", false),
            ("ada lovelace", false),
            // A server that splits filters there never finds it.
            ("frEQuent@x.com", false),
            ("", false),
        ] {
            assert_eq!(is_plain(name), plain, "{name}");
        }
    }

    #[test]
    fn a_name_is_asked_for_in_each_spelling_once() {
        assert_eq!(spellings("ada@x.com"), ["ada@x.com"]);
        assert_eq!(spellings("Ada@x.com"), ["Ada@x.com", "ada@x.com"]);
        let decomposed = "Jose\u{301}@x.com";
        let expected = [decomposed, "jose\u{301}@x.com", "jos\u{e9}@x.com"];
        assert_eq!(spellings(decomposed), expected);
        assert_eq!(swapped("Ada@x.com"), "aDA@X.COM");
        for name in ["jos\u{e9}@x.com", "JOSE\u{301}@X.COM", "\u{e9}\u{df}"] {
            let disguised = disguised(name);
            assert_ne!(disguised, name);
            assert_eq!(name_key(&disguised), name_key(name));
        }
    }
}
