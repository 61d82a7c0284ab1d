//! The columns of an export.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::UserState;

/// One column of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Column {
    /// The provider's id of the user.
    UserId,
    /// The name with which the user signs in.
    UserName,
    /// The name that is displayed.
    DisplayName,
    /// Whether the user may sign in; empty if the provider does not show it.
    Active,
    /// Ids of the user's workspaces, with a space between; empty if there are none.
    Workspaces,
}

/// The name of an unknown column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no column `{0}`: choose among user_id, user_name, display_name, active, workspaces"
)]
pub(crate) struct UnknownColumn(String);

impl Column {
    /// All columns, in their order.
    pub(crate) const ALL: [Self; 5] = [
        Self::UserId,
        Self::UserName,
        Self::DisplayName,
        Self::Active,
        Self::Workspaces,
    ];

    /// The word for the command line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::UserName => "user_name",
            Self::DisplayName => "display_name",
            Self::Active => "active",
            Self::Workspaces => "workspaces",
        }
    }

    /// The name in the header. A job finds the id column of its roster by the name `User ID`.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::UserId => "User ID",
            other => other.as_str(),
        }
    }

    pub(super) fn cell(self, user: &UserState) -> Cow<'_, str> {
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default().into();
        match self {
            Self::UserId => Cow::Borrowed(&user.id),
            Self::UserName => text(&user.user_name),
            Self::DisplayName => text(&user.display_name),
            Self::Active => match user.active {
                Some(true) => "true".into(),
                Some(false) => "false".into(),
                None => "".into(),
            },
            Self::Workspaces => {
                let workspaces = user.workspaces.as_deref().unwrap_or_default();
                workspaces.join(" ").into()
            }
        }
    }
}

impl FromStr for Column {
    type Err = UnknownColumn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = text.trim();
        let found = Self::ALL
            .into_iter()
            .find(|column| column.as_str() == wanted);
        found.ok_or_else(|| UnknownColumn(text.to_owned()))
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
