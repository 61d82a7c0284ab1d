//! The one check before a write: may this command write this user, by what was last seen of the user?
//!
//! Every write passes this check: when a plan is made, and again when an intent is made, for every verb,
//! also after a kill. It knows nothing of plans, ledgers or engines.

use std::fmt;

use crate::domain::user::NameMatch;
use crate::domain::{Actor, IdRule, KnownNames, Outcome, ProtectList, Reason};

/// What the present command checks before it writes a user.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// How the provider compares ids.
    pub ids: IdRule,
    /// Users that are never written.
    pub protected: ProtectList,
    /// The account that signs in.
    pub actor: Actor,
    /// Whether a line is accepted whose id and address are those of two different users.
    pub allow_mismatch: bool,
}

/// Why a user may not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Barred {
    /// It is the account that signs in.
    ActingAccount,
    /// This pattern of the protect list covers the user.
    Protected(String),
    /// The line's id and its address are those of two different users.
    Mismatch {
        /// What the roster says.
        roster: String,
        /// What the provider shows for the id.
        shown: String,
    },
    /// Names or addresses that the check needs were not shown. A list may leave them out, so the user has
    /// to be read alone.
    Unread,
    /// The provider has shown the user's addresses but never the user name, which therefore cannot be
    /// compared with the roster, the protect list and the acting account.
    Unnamed,
}

impl Door {
    /// Checks whether this user may be written now. `id` is the user's id as the provider spells it, if it
    /// is known.
    ///
    /// # Errors
    /// [`Barred`]: why the user may not be written.
    pub fn may_write(&self, id: Option<&str>, known: &KnownNames) -> Result<(), Barred> {
        self.is_protected(id, known)?;
        match known.match_names() {
            NameMatch::Differs(roster, shown) if !self.allow_mismatch => {
                return Err(Barred::Mismatch {
                    roster: roster.to_owned(),
                    shown: shown.to_owned(),
                });
            }
            NameMatch::Unknown if !self.allow_mismatch => known.is_named()?,
            _ => {}
        }
        if self.needs_names() {
            known.is_named()?;
        }
        Ok(())
    }

    /// Checks whether the user is known to be protected: by the list, or as the acting account.
    ///
    /// # Errors
    /// [`Barred`]: why the user is protected.
    pub fn is_protected(&self, id: Option<&str>, known: &KnownNames) -> Result<(), Barred> {
        let names = || self.names(id, known);
        if self.actor.is(self.ids, id, names()) {
            return Err(Barred::ActingAccount);
        }
        match self.protected.covers(self.ids, id, names()) {
            Some(pattern) => Err(Barred::Protected(pattern.to_owned())),
            None => Ok(()),
        }
    }

    /// Removes from `unmet` the patterns that cover this user.
    pub fn leave_out_met(&self, unmet: &mut ProtectList, id: Option<&str>, known: &KnownNames) {
        unmet.leave_out_met(self.ids, id, self.names(id, known));
    }

    /// The names of a user. The roster's cell with the id is not one of them, since names are compared
    /// without case and ids may be compared with it.
    fn names<'a>(
        &self,
        id: Option<&'a str>,
        known: &'a KnownNames,
    ) -> impl Iterator<Item = &'a str> {
        let ids = self.ids;
        let is_id = move |name: &str| id.is_some_and(|id| ids.is_same(id, name));
        known.names().filter(move |name| !is_id(name))
    }

    /// Whether the check needs all names of a user. It does if there is a protect list, or if the acting
    /// account is known by names only.
    fn needs_names(&self) -> bool {
        !self.protected.is_empty() || (self.actor.ids.is_empty() && !self.actor.names.is_empty())
    }
}

impl Barred {
    /// Whether the reason is that names were not shown. Reading the user alone may show them.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unread | Self::Unnamed)
    }

    /// The outcome of a user that may not be written for this reason.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::ActingAccount => Outcome::Protected(Reason::ActingAccount),
            Self::Protected(_) => Outcome::Protected(Reason::ProtectList),
            Self::Mismatch { .. } => Outcome::Failed(Reason::Mismatch),
            Self::Unread | Self::Unnamed => Outcome::Failed(Reason::Unreadable),
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
            Self::Unread => f.write_str(
                "the provider has not shown all names and addresses of this user, so they cannot be \
                 compared with the roster, the protect list and the acting account",
            ),
            Self::Unnamed => f.write_str(
                "the provider does not show this user's name, so it cannot be compared with the \
                 roster, the protect list and the acting account",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(shown: &str, roster: Option<&str>) -> KnownNames {
        KnownNames {
            user_name: Some(shown.to_owned()).filter(|name| !name.is_empty()),
            addresses: Some(Vec::new()),
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
    fn p7_the_check_before_a_write_as_a_table() {
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
    fn p7_the_acting_account_is_never_written_by_id_or_by_name() {
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
        // An account that is known by its id needs no name.
        let unnamed = known("", None);
        assert_eq!(
            actor(&["id2"], &["b"]).may_write(Some("id1"), &unnamed),
            Ok(())
        );
        let barred = actor(&[], &["b"]).may_write(Some("id1"), &unnamed);
        assert_eq!(barred, Err(Barred::Unnamed));
    }

    #[test]
    fn p7_a_line_that_names_two_users_is_not_written_unless_that_is_accepted() {
        let mut door = Door::default();
        for (shown, addresses, roster, of_two) in [
            ("bob@x.com", Some(&[][..]), "ada@x.com", true),
            ("ada@x.com", None, "ADA@X.com", false),
            ("b.smith", Some(&[]), "ada@x.com", false),
            ("b.smith", Some(&["bob@x.com"]), "ada@x.com", true),
            ("b.smith", Some(&["Ada@x.com"]), "ada@x.com", false),
            ("ada.new@x.com", Some(&["ada@x.com"]), "ada@x.com", false),
            ("bsmith", None, "asmith", true),
            ("bsmith@x.com", None, "asmith", false),
            ("", Some(&["bob@x.com"]), "ada@x.com", true),
            // A name that is not shown may be another one.
            ("", Some(&["bob@x.com"]), "asmith", true),
            ("", Some(&[]), "ada@x.com", true),
            ("", Some(&["ada@x.com"]), "ada@x.com", false),
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

    /// A list may leave addresses and names out: only a user that was read alone is known to have none.
    #[test]
    fn p7_the_user_is_read_alone_only_if_the_names_not_shown_could_decide() {
        let by_name = Actor {
            names: vec!["me@x.com".to_owned()],
            ..Actor::default()
        };
        let by_id = Actor {
            ids: vec!["id2".to_owned()],
            ..by_name.clone()
        };
        let of = |actor: &Actor| Door {
            actor: actor.clone(),
            ..Door::default()
        };
        let list = door(&["ceo@x.com"]);
        let (acting, identified) = (of(&by_name), of(&by_id));
        let bare = Door::default();
        for (door, shown, roster, expected) in [
            (&list, "ada@x.com", None, Err(Barred::Unread)),
            (&list, "", None, Err(Barred::Unread)),
            (&acting, "ada@x.com", None, Err(Barred::Unread)),
            (&identified, "ada@x.com", None, Ok(())),
            (&bare, "", None, Ok(())),
            (&bare, "", Some("ada@x.com"), Err(Barred::Unread)),
            (&bare, "", Some("asmith"), Err(Barred::Unread)),
            (&bare, "b.smith", Some("ada@x.com"), Err(Barred::Unread)),
            (&bare, "bob@x.com", Some("ada@x.com"), Err(Barred::Unread)),
            // No further address could change the result.
            (&bare, "ada@x.com", Some("ADA@x.com"), Ok(())),
            (&bare, "b@x.com", Some("asmith"), Ok(())),
        ] {
            let known = KnownNames {
                addresses: None,
                ..known(shown, roster)
            };
            let found = door.may_write(Some("id1"), &known);
            assert_eq!(found, expected, "{shown} {roster:?}");
        }
        // The known name is enough to protect the user.
        let known = KnownNames {
            addresses: None,
            ..known("ceo@x.com", None)
        };
        let protected = Err(Barred::Protected("ceo@x.com".to_owned()));
        assert_eq!(list.may_write(Some("id1"), &known), protected);
        let accepting = Door {
            allow_mismatch: true,
            ..Door::default()
        };
        let known = KnownNames {
            addresses: None,
            ..self::known("", Some("ada@x.com"))
        };
        assert_eq!(accepting.may_write(Some("id1"), &known), Ok(()));
    }

    #[test]
    fn each_reason_has_an_outcome_and_words() {
        for (barred, outcome) in [
            (Barred::ActingAccount, "protected"),
            (Barred::Protected("@x".to_owned()), "protected"),
            (Barred::Unnamed, "failed"),
            (Barred::Unread, "failed"),
        ] {
            assert_eq!(barred.outcome().status().as_str(), outcome);
            assert!(!barred.to_string().is_empty());
        }
    }
}
