//! The one door to a write: whether *this user, as last seen*, may be written now by *this command*.
//!
//! The rule is asked wherever a write is decided: when a plan is made, and again when an intent is made,
//! for every verb and after every kill. It knows nothing of plans, ledgers or engines.

use std::fmt;

use crate::domain::{Actor, IdRule, Outcome, ProtectList, Reason, UserState, name_key};

/// Who may not be written by the present command.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// How the provider compares ids.
    pub ids: IdRule,
    /// The protect list.
    pub protected: ProtectList,
    /// The account that signs in.
    pub actor: Actor,
    /// Whether a line may be written whose id and whose address are of two people.
    pub allow_mismatch: bool,
}

/// What a roster line and the ledger know of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// `userName` as the provider showed it last; `None` if it never did.
    pub user_name: Option<String>,
    /// The user's e-mail addresses as the provider showed them last; `None` if it never did.
    pub addresses: Option<Vec<String>>,
    /// The user name or address that the roster gives beside the id, if it has a column for that.
    pub roster_name: Option<String>,
    /// All cells of the roster line.
    pub cells: Vec<String>,
}

impl Known {
    /// Takes over what a newer answer shows.
    pub fn update(&mut self, shown: &UserState) {
        if shown.user_name.is_some() {
            self.user_name.clone_from(&shown.user_name);
        }
        if shown.addresses.is_some() {
            self.addresses.clone_from(&shown.addresses);
        }
    }

    /// All that the user may be called by: the provider's names, and whatever the roster says.
    fn names(&self) -> impl Iterator<Item = &str> {
        let shown = self.user_name.iter().chain(self.addresses.iter().flatten());
        let roster = self.roster_name.iter().chain(&self.cells);
        let names = shown.chain(roster).map(|name| name.trim());
        names.filter(|name| !name.is_empty())
    }

    /// The name that the provider shows, where it is another person's than the one the roster gives.
    ///
    /// An address is compared with addresses: with those that the provider shows, and with `userName` if
    /// that is one. Where nothing can be compared nothing is said.
    fn other_person(&self) -> Option<(&str, &str)> {
        let (roster, shown) = (self.roster_name.as_deref()?, self.user_name.as_deref()?);
        let is_address = |name: &str| name.contains('@');
        let addresses = self.addresses.as_deref().unwrap_or_default();
        let comparable = is_address(roster) == is_address(shown)
            || (is_address(roster) && !addresses.is_empty());
        let key = name_key(roster);
        let same = |name: &str| name_key(name) == key;
        let differs = !same(shown) && !addresses.iter().any(|address| same(address));
        (comparable && differs).then_some((roster, shown))
    }
}

/// Why a user may not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Barred {
    /// It is the account that signs in.
    ActingAccount,
    /// This pattern of the protect list covers the user.
    Protected(String),
    /// The line's id and its address belong to two people.
    Mismatch {
        /// What the roster says.
        roster: String,
        /// What the provider shows for the id.
        shown: String,
    },
    /// The provider has never shown a name, so that the names of the protect list, or the name of the
    /// acting account, cannot be compared with it.
    Unnamed,
}

impl Door {
    /// Whether this user may be written now. `id` is the user's id as the provider spells it, if known.
    ///
    /// # Errors
    /// Why not.
    pub fn may_write(&self, id: Option<&str>, known: &Known) -> Result<(), Barred> {
        self.is_protected(id, known)?;
        if !self.allow_mismatch
            && let Some((roster, shown)) = known.other_person()
        {
            return Err(Barred::Mismatch {
                roster: roster.to_owned(),
                shown: shown.to_owned(),
            });
        }
        if self.needs_names() && known.user_name.is_none() {
            return Err(Barred::Unnamed);
        }
        Ok(())
    }

    /// Whether the user is known to be protected, by the list or as the acting account.
    ///
    /// # Errors
    /// Why the user is.
    pub fn is_protected(&self, id: Option<&str>, known: &Known) -> Result<(), Barred> {
        let names = || self.names(id, known);
        if self.actor.is(self.ids, id, names()) {
            return Err(Barred::ActingAccount);
        }
        match self.protected.covers(self.ids, id, names()) {
            Some(pattern) => Err(Barred::Protected(pattern.to_owned())),
            None => Ok(()),
        }
    }

    /// Leaves out of a protect list the patterns that cover this user.
    pub fn leave_out_met(&self, unmet: &mut ProtectList, id: Option<&str>, known: &Known) {
        unmet.leave_out_met(self.ids, id, self.names(id, known));
    }

    /// The names of a user. The roster's cell with the id is none: names compare without case, and ids may
    /// not.
    fn names<'a>(&self, id: Option<&'a str>, known: &'a Known) -> impl Iterator<Item = &'a str> {
        let ids = self.ids;
        let is_id = move |name: &str| id.is_some_and(|id| ids.is_same(id, name));
        known.names().filter(move |name| !is_id(name))
    }

    /// Whether the check needs the user's name: there is a protect list, or only names of the acting
    /// account are known.
    fn needs_names(&self) -> bool {
        !self.protected.is_empty() || (self.actor.ids.is_empty() && !self.actor.names.is_empty())
    }
}

impl Barred {
    /// How a user ends who may not be written.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::ActingAccount => Outcome::Protected(Reason::ActingAccount),
            Self::Protected(_) => Outcome::Protected(Reason::ProtectList),
            Self::Mismatch { .. } => Outcome::Failed(Reason::Mismatch),
            Self::Unnamed => Outcome::Failed(Reason::Unreadable),
        }
    }
}

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ActingAccount => f.write_str("this is the account that signs in"),
            Self::Protected(pattern) => write!(f, "protected by `{pattern}`"),
            Self::Mismatch { roster, shown } => write!(
                f,
                "the roster says {roster}, and the id is that of {shown}: correct the line, or accept \
                 such lines with `--allow-mismatch`"
            ),
            Self::Unnamed => f.write_str(
                "the provider does not show this user's name, so that it cannot be compared with the \
                 protect list and the acting account",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(shown: &str, roster: Option<&str>) -> Known {
        Known {
            user_name: Some(shown.to_owned()).filter(|name| !name.is_empty()),
            addresses: None,
            roster_name: roster.map(str::to_owned),
            cells: vec!["id1".to_owned(), "Lovelace".to_owned()],
        }
    }

    fn door(patterns: &[&str]) -> Door {
        Door {
            protected: ProtectList::new(patterns.iter().copied()),
            ..Door::default()
        }
    }

    #[test]
    fn p7_the_door_as_a_table() {
        let pattern = |text: &str| Err(Barred::Protected(text.to_owned()));
        for (patterns, shown, roster, expected) in [
            (&[][..], "ada@x.com", None, Ok(())),
            (&[], "", None, Ok(())),
            (&["ceo@x.com"], "CEO@x.com", None, pattern("ceo@x.com")),
            (&["lovelace"], "ada@x.com", None, pattern("lovelace")),
            (&["id1"], "ada@x.com", None, pattern("id1")),
            (&["ceo@x.com"], "ada@x.com", None, Ok(())),
            // A user without a name cannot be compared with the list, and is not written.
            (&["ceo@x.com"], "", None, Err(Barred::Unnamed)),
            (&["ceo@x.com"], "", Some("ada@x.com"), Err(Barred::Unnamed)),
            // Protection comes before everything else.
            (
                &["@x.com"],
                "bob@x.com",
                Some("ada@x.com"),
                pattern("@x.com"),
            ),
        ] {
            let found = door(patterns).may_write(Some("id1"), &known(shown, roster));
            assert_eq!(found, expected, "{patterns:?} {shown} {roster:?}");
        }
    }

    #[test]
    fn p7_the_acting_account_is_kept_by_id_and_by_name() {
        let actor = |ids: &[&str], names: &[&str]| Door {
            actor: Actor {
                ids: ids.iter().map(ToString::to_string).collect(),
                names: names.iter().map(ToString::to_string).collect(),
            },
            ..Door::default()
        };
        let me = Err(Barred::ActingAccount);
        let ada = known("ada@x.com", None);
        assert_eq!(actor(&["id1"], &[]).may_write(Some("id1"), &ada), me);
        assert_eq!(actor(&[], &["ADA@x.com"]).may_write(Some("id1"), &ada), me);
        assert_eq!(actor(&["id2"], &["b"]).may_write(Some("id1"), &ada), Ok(()));
        // Known by its id, the account needs no name.
        let unnamed = known("", None);
        assert_eq!(
            actor(&["id2"], &["b"]).may_write(Some("id1"), &unnamed),
            Ok(())
        );
        let barred = actor(&[], &["b"]).may_write(Some("id1"), &unnamed);
        assert_eq!(barred, Err(Barred::Unnamed));
    }

    #[test]
    fn p7_a_line_of_two_people_is_not_written_unless_that_is_accepted() {
        let mut door = Door::default();
        for (shown, addresses, roster, of_two) in [
            ("bob@x.com", None, "ada@x.com", true),
            ("ada@x.com", None, "ADA@X.com", false),
            ("b.smith", None, "ada@x.com", false),
            ("b.smith", Some(&["bob@x.com"][..]), "ada@x.com", true),
            ("b.smith", Some(&["Ada@x.com"]), "ada@x.com", false),
            ("ada.new@x.com", Some(&["ada@x.com"]), "ada@x.com", false),
            ("bsmith", None, "asmith", true),
            ("bsmith@x.com", None, "asmith", false),
        ] {
            let mut known = known(shown, Some(roster));
            known.addresses = addresses.map(|all| all.iter().map(ToString::to_string).collect());
            for allow in [false, true] {
                door.allow_mismatch = allow;
                let barred = door.may_write(Some("id1"), &known).is_err();
                assert_eq!(barred, of_two && !allow, "{shown} {addresses:?} {roster}");
            }
        }
    }

    #[test]
    fn each_reason_has_an_outcome_and_words() {
        for (barred, outcome) in [
            (Barred::ActingAccount, "protected"),
            (Barred::Protected("@x".to_owned()), "protected"),
            (Barred::Unnamed, "failed"),
        ] {
            assert_eq!(barred.outcome().status().as_str(), outcome);
            assert!(!barred.to_string().is_empty());
        }
    }
}
