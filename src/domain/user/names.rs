//! The names of a user: those in the roster, and those that the provider has shown. A pure rule says
//! whether both are names of the same person.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;

use crate::domain::{Barred, UserState};

/// The form in which two spellings of one name are equal: without the blanks around it, in Unicode
/// normalisation form C, with case folded (RFC 7643 §4.1.1: `userName` is not case-exact).
///
/// Case folding can undo the composition of a character, so the text is normalised again after it.
pub(crate) fn name_key(name: &str) -> String {
    let name = name.trim();
    if name.is_ascii() {
        // The rule for all characters changes nothing else in these. Most names take this short way.
        return name.to_ascii_lowercase();
    }
    let normal = ComposingNormalizerBorrowed::new_nfc();
    let composed = normal.normalize(name);
    let folded = CaseMapper::new().fold_string(&composed);
    normal.normalize(&folded).into_owned()
}

/// The names of a user that the roster line and the ledger have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownNames {
    /// `userName` as the provider last showed it; `None` if it never showed it.
    pub user_name: Option<String>,
    /// The user's e-mail addresses as the provider last showed them. `None` if it never showed them, so
    /// that they are unknown. A user that was shown as a whole and without addresses has none.
    pub addresses: Option<Vec<String>>,
    /// The user name or address beside the id in the roster, if the roster has a column for it.
    pub roster_name: Option<String>,
    /// All cells of the roster line.
    pub cells: Vec<String>,
}

impl KnownNames {
    /// Takes over the names that a newer answer shows.
    pub fn update(&mut self, shown: &UserState) {
        if shown.user_name.is_some() {
            self.user_name.clone_from(&shown.user_name);
        }
        if shown.addresses.is_some() {
            self.addresses.clone_from(&shown.addresses);
        }
    }

    /// These names. A name that the provider has not shown is taken from `other`, if it is known there.
    #[must_use]
    pub fn or_shown_by(&self, other: &Self) -> Self {
        let mut this = self.clone();
        this.user_name = this.user_name.or_else(|| other.user_name.clone());
        this.addresses = this.addresses.or_else(|| other.addresses.clone());
        this
    }

    /// Whether the provider shows the same names in both. Addresses that were not shown count as none.
    pub fn has_the_names_of(&self, other: &Self) -> bool {
        let mine = self.addresses.as_deref().unwrap_or_default();
        let theirs = other.addresses.as_deref().unwrap_or_default();
        self.user_name == other.user_name && mine == theirs
    }

    /// All names of the user: those that the provider shows, and all cells of the roster line.
    pub(in crate::domain) fn names(&self) -> impl Iterator<Item = &str> {
        let shown = self.user_name.iter().chain(self.addresses.iter().flatten());
        let roster = self.roster_name.iter().chain(&self.cells);
        let names = shown.chain(roster).map(|name| name.trim());
        names.filter(|name| !name.is_empty())
    }

    /// Whether the roster's name for the user is one of the names that the provider shows.
    ///
    /// An address is compared with addresses only: with those that the provider shows, and with `userName`
    /// if that is an address. If nothing can be compared, the names fit.
    pub(in crate::domain) fn match_names(&self) -> NameMatch<'_> {
        let Some(roster) = self.roster_name.as_deref() else {
            return NameMatch::Fits;
        };
        let is_address = |name: &str| name.contains('@');
        let addresses = self.addresses.as_deref().unwrap_or_default();
        let mut shown = self.user_name.iter().chain(addresses);
        let key = name_key(roster);
        if shown.any(|name| name_key(name) == key) {
            return NameMatch::Fits;
        }
        let Some(user_name) = self.user_name.as_deref() else {
            return NameMatch::Unknown;
        };
        if is_address(roster) && self.addresses.is_none() {
            // The address may be one that was not shown.
            return NameMatch::Unknown;
        }
        let is_comparable = is_address(roster) == is_address(user_name)
            || (is_address(roster) && !addresses.is_empty());
        if is_comparable {
            NameMatch::Differs(roster, user_name)
        } else {
            NameMatch::Fits
        }
    }

    /// Checks that the provider has shown all names of the user.
    pub(in crate::domain) fn is_named(&self) -> Result<(), Barred> {
        match (&self.addresses, &self.user_name) {
            (None, _) => Err(Barred::Unread),
            (Some(_), None) => Err(Barred::Unnamed),
            (Some(_), Some(_)) => Ok(()),
        }
    }
}

/// The result of comparing the roster's name with the names that the provider shows.
pub(in crate::domain) enum NameMatch<'a> {
    /// They are names of the same person, or nothing can be compared.
    Fits,
    /// They are names of two people: the name in the roster, and one that the provider shows.
    Differs(&'a str, &'a str),
    /// Names that are needed for the comparison were not shown.
    Unknown,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The short way for ASCII gives what the rule for all characters gives.
        #[test]
        fn p7_ascii_names_have_the_key_of_the_general_rule(name in "[ -~\t\r\n]{0,40}") {
            let folded = CaseMapper::new().fold_string(name.trim()).into_owned();
            prop_assert_eq!(name_key(&name), folded);
        }
    }

    #[test]
    fn p7_spellings_of_one_name_have_one_key() {
        for (a, b) in [
            ("Ada@Example.com", "ada@example.COM"),
            ("jos\u{e9}@x.com", "jose\u{301}@x.com"),
            ("JOSE\u{301}@x.com", "jos\u{e9}@X.com"),
            ("Stra\u{df}e", "STRASSE"),
            (
                "\u{3a3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c2}",
                "\u{3c3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c3}",
            ),
            (" ada ", "ada"),
        ] {
            assert_eq!(name_key(a), name_key(b), "{a} {b}");
        }
        assert_ne!(name_key("ada@x.com"), name_key("ada@y.com"));
        assert_ne!(name_key("jose"), name_key("jos\u{e9}"));
    }

    #[test]
    fn p7_an_ascii_name_has_the_key_that_the_rule_for_all_names_gives_it() {
        let ascii: String = (0..=0x7f_u8).map(char::from).collect();
        for name in [ascii.as_str(), " \u{b}Ada@X.com\u{1f} ", ""] {
            let ascii = name_key(&format!("{name}x"));
            let others = name_key(&format!("{name}\u{e9}"));
            assert_eq!(ascii.strip_suffix('x'), others.strip_suffix('\u{e9}'));
        }
    }
}
