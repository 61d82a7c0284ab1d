//! How names are spelt in searches, and the name that searches are tested with.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use crate::domain::{UserState, name_key};

/// The user that searches are tested with.
#[derive(Debug, Default)]
pub(in crate::lookup) struct Control {
    /// A name that is known to exist.
    pub(in crate::lookup) name: Option<String>,
    /// Whether a search for it, in another case, has found it.
    pub(in crate::lookup) is_passed: Option<bool>,
}

impl Control {
    /// Takes the name of a user that was shown, if it can be used for the test.
    pub(in crate::lookup) fn note(&mut self, user: &UserState) {
        let name = user.user_name.as_ref();
        let is_usable = |name: &&String| is_plain(name) && swap_case(name) != **name;
        if self.name.is_none() {
            self.name = name.filter(is_usable).cloned();
        }
    }
}

/// The spellings in which a name is searched: as the roster writes it, in lower case, and in the form in which
/// names are compared.
pub(in crate::lookup) fn spellings(name: &str) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    for other in [name.to_lowercase(), name_key(name)] {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// Whether a search that finds no user with this name may be believed, once searches have passed the test: the
/// name has no part that a server might fold, escape or parse as filter syntax in its own way.
pub(in crate::lookup) fn is_plain(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@._-".contains(c);
    !name.is_empty() && name.chars().all(is_plain) && !name.to_ascii_lowercase().contains("eq")
}

/// A name with the case of each letter swapped.
pub(in crate::lookup) fn swap_case(name: &str) -> String {
    let swap = |c: char| {
        if c.is_ascii_lowercase() {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        }
    };
    name.chars().map(swap).collect()
}

/// The spelling of a name that differs most from it and compares as equal: in the other case, and with each
/// accent as a separate character.
pub(in crate::lookup) fn most_different_spelling(name: &str) -> String {
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
    fn p2_only_of_a_plain_name_is_a_search_without_result_believed() {
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
    fn a_name_is_searched_in_each_spelling_once() {
        assert_eq!(spellings("ada@x.com"), ["ada@x.com"]);
        assert_eq!(spellings("Ada@x.com"), ["Ada@x.com", "ada@x.com"]);
        let decomposed = "Jose\u{301}@x.com";
        let expected = [decomposed, "jose\u{301}@x.com", "jos\u{e9}@x.com"];
        assert_eq!(spellings(decomposed), expected);
        assert_eq!(swap_case("Ada@x.com"), "aDA@X.COM");
        for name in ["jos\u{e9}@x.com", "JOSE\u{301}@X.COM", "\u{e9}\u{df}"] {
            let disguised = most_different_spelling(name);
            assert_ne!(disguised, name);
            assert_eq!(name_key(&disguised), name_key(name));
        }
    }
}
