//! The change that a job makes to its users.

use std::fmt;
use std::str::FromStr;

use crate::domain::{Goal, Membership};

/// What happens to a user's workspaces (SCIM `entitlements`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// The user keeps all workspaces.
    Keep,
    /// The user loses all workspaces.
    RemoveAll,
    /// The user loses the workspaces with these ids and keeps all others.
    RemoveFrom(Vec<String>),
}

/// The change that a job makes to each of its users. It is never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Remove { disable: bool, access: Access },
    Restore,
    Delete,
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Neither disabling nor removing access was asked for.
    #[error(
        "nothing is asked for: give `--disable`, `--remove-access` or `--from-workspace ID`, or several"
    )]
    Nothing,
    /// The text of a workspace's id has a character that no id has.
    #[error("`{0}` is not an id of a workspace")]
    Workspace(String),
    /// A stored change that this version of the program does not know.
    #[error("unknown change `{0}`")]
    Unknown(String),
}

impl Change {
    /// Disables sign-in (`active` becomes false), removes workspaces, or both. Named workspaces are sorted,
    /// and repeated ids are dropped, so that the same set makes the same change.
    ///
    /// # Errors
    /// `ChangeError::Nothing` if neither is asked for. There is no default, since only disabling can be
    /// undone in full. `ChangeError::Workspace` if an id has blanks, commas, quotes or control
    /// characters.
    pub fn new(disable: bool, access: Access) -> Result<Self, ChangeError> {
        let access = match access {
            Access::RemoveFrom(ids) => Access::RemoveFrom(in_order(ids)?),
            other => other,
        };
        let nothing = match &access {
            Access::Keep => true,
            Access::RemoveAll => false,
            Access::RemoveFrom(ids) => ids.is_empty(),
        };
        if !disable && nothing {
            return Err(ChangeError::Nothing);
        }
        Ok(Self(Kind::Remove { disable, access }))
    }

    /// Gives back what another job took. Each user has a goal of its own.
    pub fn restore() -> Self {
        Self(Kind::Restore)
    }

    /// Deletes the users. This cannot be undone.
    pub fn delete() -> Self {
        Self(Kind::Delete)
    }

    /// Whether the change deletes users.
    pub fn deletes(&self) -> bool {
        self.0 == Kind::Delete
    }

    /// Whether the change gives something back, instead of taking something.
    pub fn restores(&self) -> bool {
        self.0 == Kind::Restore
    }

    /// Whether the change sets `active` to false.
    pub fn disables(&self) -> bool {
        matches!(self.0, Kind::Remove { disable: true, .. })
    }

    /// What happens to the workspaces. [`Access::Keep`] for a change that restores or deletes.
    pub fn access(&self) -> &Access {
        match &self.0 {
            Kind::Remove { access, .. } => access,
            Kind::Restore | Kind::Delete => &Access::Keep,
        }
    }

    /// The goal of all users; `None` if each user has a goal of its own.
    pub fn goal(&self) -> Option<Goal> {
        let (disable, access) = match &self.0 {
            Kind::Remove { disable, access } => (*disable, access),
            Kind::Restore => return None,
            Kind::Delete => (false, &Access::Keep),
        };
        Some(Goal {
            active: disable.then_some(false),
            workspaces: match access {
                Access::Keep => None,
                Access::RemoveAll => Some(Membership::Exactly(Vec::new())),
                Access::RemoveFrom(ids) => Some(Membership::Without(ids.clone())),
            },
            only_from: None,
            in_parts: false,
            is_unknown: false,
            gone: self.deletes(),
        })
    }
}

fn in_order(mut ids: Vec<String>) -> Result<Vec<String>, ChangeError> {
    for id in &ids {
        if id.is_empty()
            || id.contains(|c: char| c.is_whitespace() || c.is_control() || ",+:\"".contains(c))
        {
            return Err(ChangeError::Workspace(id.escape_debug().to_string()));
        }
    }
    // Two spellings may name one workspace; only the provider's rule for ids can say so.
    ids.sort();
    ids.dedup();
    Ok(ids)
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (disable, access) = match &self.0 {
            Kind::Remove { disable, access } => (disable, access),
            Kind::Restore => return f.write_str("restore"),
            Kind::Delete => return f.write_str("delete"),
        };
        if *disable {
            f.write_str("disable")?;
        }
        let and = if *disable { "+" } else { "" };
        match access {
            Access::Keep => Ok(()),
            Access::RemoveAll => write!(f, "{and}remove-access"),
            Access::RemoveFrom(ids) => write!(f, "{and}from-workspace:{}", ids.join(",")),
        }
    }
}

impl FromStr for Change {
    type Err = ChangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "restore" => return Ok(Self::restore()),
            "delete" => return Ok(Self::delete()),
            _ => {}
        }
        let unknown = || ChangeError::Unknown(text.to_owned());
        let (disable, rest) = match text.strip_prefix("disable") {
            Some("") => (true, ""),
            Some(rest) => match rest.strip_prefix('+') {
                Some(access) if !access.is_empty() => (true, access),
                _ => return Err(unknown()),
            },
            None => (false, text),
        };
        let access = match (rest, rest.strip_prefix("from-workspace:")) {
            ("", _) => Access::Keep,
            ("remove-access", _) => Access::RemoveAll,
            (_, Some(ids)) => Access::RemoveFrom(ids.split(',').map(str::to_owned).collect()),
            _ => return Err(unknown()),
        };
        Self::new(disable, access).map_err(|_| unknown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(ids: &[&str]) -> Access {
        Access::RemoveFrom(ids.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_change_reads_back_from_its_text() {
        for (disable, access, text) in [
            (true, Access::Keep, "disable"),
            (false, Access::RemoveAll, "remove-access"),
            (true, Access::RemoveAll, "disable+remove-access"),
            (false, from(&["w2", "w1", "w2"]), "from-workspace:w1,w2"),
            (true, from(&["w1"]), "disable+from-workspace:w1"),
        ] {
            let change = Change::new(disable, access).unwrap();
            assert_eq!(change.to_string(), text);
            assert_eq!(text.parse(), Ok(change));
        }
        assert_eq!("restore".parse(), Ok(Change::restore()));
        assert_eq!("delete".parse(), Ok(Change::delete()));
        assert_eq!(Change::delete().to_string(), "delete");
        for nothing in [Access::Keep, from(&[])] {
            assert_eq!(Change::new(false, nothing), Err(ChangeError::Nothing));
        }
        for text in [
            "",
            "enable",
            "disable+",
            "disableremove-access",
            "from-workspace:",
        ] {
            assert!(text.parse::<Change>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_an_id_is_refused() {
        for id in ["", "a b", "a,b", "a\"", "a\n"] {
            let refused = Change::new(true, from(&["w", id]));
            assert!(matches!(refused, Err(ChangeError::Workspace(_))), "{id:?}");
        }
    }
}
