//! By what a user is known: the names of the roster, and those that the provider has shown. A pure rule
//! says whether both are of one person.

use crate::domain::{Barred, UserState, name_key};

/// What a roster line and the ledger know of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownNames {
    /// `userName` as the provider showed it last; `None` if it never did.
    pub user_name: Option<String>,
    /// The user's e-mail addresses as the provider showed them last. `None` if it never did: the user
    /// may have any. A whole user that is shown without addresses has none.
    pub addresses: Option<Vec<String>>,
    /// The user name or address that the roster gives beside the id, if it has a column for that.
    pub roster_name: Option<String>,
    /// All cells of the roster line.
    pub cells: Vec<String>,
}

impl KnownNames {
    /// Takes over what a newer answer shows.
    pub fn update(&mut self, shown: &UserState) {
        if shown.user_name.is_some() {
            self.user_name.clone_from(&shown.user_name);
        }
        if shown.addresses.is_some() {
            self.addresses.clone_from(&shown.addresses);
        }
    }

    /// The same, and where the provider has shown nothing, what it has shown there.
    #[must_use]
    pub fn or_shown_by(&self, other: &Self) -> Self {
        let mut this = self.clone();
        this.user_name = this.user_name.or_else(|| other.user_name.clone());
        this.addresses = this.addresses.or_else(|| other.addresses.clone());
        this
    }

    /// Whether the provider shows the same names here and there. Addresses that were not shown are no
    /// difference from none.
    pub fn has_the_names_of(&self, other: &Self) -> bool {
        let mine = self.addresses.as_deref().unwrap_or_default();
        let theirs = other.addresses.as_deref().unwrap_or_default();
        self.user_name == other.user_name && mine == theirs
    }

    /// All that the user may be called by: the provider's names, and whatever the roster says.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let shown = self.user_name.iter().chain(self.addresses.iter().flatten());
        let roster = self.roster_name.iter().chain(&self.cells);
        let names = shown.chain(roster).map(|name| name.trim());
        names.filter(|name| !name.is_empty())
    }

    /// Whether the roster's name for the user is one of the names that the provider shows.
    ///
    /// An address is compared with addresses: with those that the provider shows, and with `userName` if
    /// that is one. Where nothing can be compared nothing is said.
    pub(super) fn match_names(&self) -> Match<'_> {
        let Some(roster) = self.roster_name.as_deref() else {
            return Match::Fits;
        };
        let is_address = |name: &str| name.contains('@');
        let addresses = self.addresses.as_deref().unwrap_or_default();
        let mut shown = self.user_name.iter().chain(addresses);
        let key = name_key(roster);
        if shown.any(|name| name_key(name) == key) {
            return Match::Fits;
        }
        let Some(user_name) = self.user_name.as_deref() else {
            return Match::Unknown;
        };
        if is_address(roster) && self.addresses.is_none() {
            // The address may be one that was not shown.
            return Match::Unknown;
        }
        let is_comparable = is_address(roster) == is_address(user_name)
            || (is_address(roster) && !addresses.is_empty());
        if is_comparable {
            Match::Differs(roster, user_name)
        } else {
            Match::Fits
        }
    }

    /// Whether the provider has shown all names that the user has there.
    pub(super) fn is_named(&self) -> Result<(), Barred> {
        match (&self.addresses, &self.user_name) {
            (None, _) => Err(Barred::Unread),
            (Some(_), None) => Err(Barred::Unnamed),
            (Some(_), Some(_)) => Ok(()),
        }
    }
}

/// What a comparison of the roster's name with the provider's names says.
pub(super) enum Match<'a> {
    /// They are of one person, or nothing can be compared.
    Fits,
    /// They are of two people: the roster's name, and one that the provider shows.
    Differs(&'a str, &'a str),
    /// Names that decide were not shown.
    Unknown,
}
