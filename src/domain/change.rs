//! What is asked for every user of a job.

use std::fmt;
use std::str::FromStr;

use crate::domain::UserState;

/// What happens to a user's workspaces (SCIM `entitlements`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// They stay.
    Keep,
    /// All of them go.
    RemoveAll,
}

/// The change that a job makes to each of its users. It always asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    disable: bool,
    access: Access,
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Neither disabling nor removing was asked for.
    #[error("nothing is asked for: give `--disable`, `--remove-access` or both")]
    Nothing,
    /// A stored change that this version does not know.
    #[error("unknown change `{0}`")]
    Unknown(String),
}

impl Change {
    /// Disables sign-in (`active` becomes false), removes workspaces, or both.
    ///
    /// # Errors
    /// [`ChangeError::Nothing`] if neither is asked for: there is no default, since only disabling
    /// can be taken back in full.
    pub fn new(disable: bool, access: Access) -> Result<Self, ChangeError> {
        if !disable && access == Access::Keep {
            return Err(ChangeError::Nothing);
        }
        Ok(Self { disable, access })
    }

    /// Whether `active` is to become false.
    pub fn disables(self) -> bool {
        self.disable
    }

    /// What happens to the workspaces.
    pub fn access(self) -> Access {
        self.access
    }

    /// Whether `state` is what this change wants. A state that does not say whether the user is
    /// active never counts as disabled.
    pub fn is_met_by(self, state: &UserState) -> bool {
        let disabled = !self.disable || state.active == Some(false);
        let removed =
            self.access == Access::Keep || state.workspaces.as_ref().is_some_and(Vec::is_empty);
        disabled && removed
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.disable, self.access) {
            (true, Access::Keep) => "disable",
            (true, Access::RemoveAll) => "disable+remove-access",
            (false, _) => "remove-access",
        })
    }
}

impl FromStr for Change {
    type Err = ChangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (disable, access) = match text {
            "disable" => (true, Access::Keep),
            "remove-access" => (false, Access::RemoveAll),
            "disable+remove-access" => (true, Access::RemoveAll),
            other => return Err(ChangeError::Unknown(other.to_owned())),
        };
        Ok(Self { disable, access })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_reads_back_from_its_text() {
        for (disable, access) in [
            (true, Access::Keep),
            (false, Access::RemoveAll),
            (true, Access::RemoveAll),
        ] {
            let change = Change::new(disable, access).unwrap();
            assert_eq!(change.to_string().parse(), Ok(change));
        }
        assert_eq!(Change::new(false, Access::Keep), Err(ChangeError::Nothing));
        assert!("enable".parse::<Change>().is_err());
    }

    #[test]
    fn a_change_is_met_only_by_what_the_state_shows() {
        let state = |active, workspaces: &[&str]| UserState {
            active,
            workspaces: Some(workspaces.iter().map(ToString::to_string).collect()),
            ..UserState::of("u1")
        };
        let both = Change::new(true, Access::RemoveAll).unwrap();
        let disable = Change::new(true, Access::Keep).unwrap();
        let remove = Change::new(false, Access::RemoveAll).unwrap();
        for (state, met) in [
            (state(Some(false), &[]), [true, true, true]),
            (state(Some(false), &["w"]), [false, true, false]),
            (state(Some(true), &[]), [false, false, true]),
            (state(None, &[]), [false, false, true]),
            (state(Some(true), &["w"]), [false, false, false]),
        ] {
            assert_eq!(
                [both, disable, remove].map(|change| change.is_met_by(&state)),
                met
            );
        }
    }
}
