//! Which profile and which ledger a command uses.

use std::path::PathBuf;

use crate::settings::declare::{Facts, KEPT, ProfileName, Scope, Trust, settings_group};
use crate::settings::sources::is_built_in;

settings_group! {
    /// Which profile and which ledger a command uses.
    FileSettings, "Profile and ledger" {
        /// How the provider behaves: a built-in profile, or a file.
        profile: ProfileName = ProfileName("anaplan".to_owned()) => Facts {
            value: "NAME|FILE",
            example: "anaplan",
            trust: Trust::NamedIf(|value| !value.as_str().is_some_and(is_built_in)),
            scope: Scope::Choice,
            ..KEPT
        };
        /// The ledger file.
        ledger: PathBuf = "offboard.db".into() => Facts {
            value: "FILE",
            example: "offboard.db",
            ..KEPT
        };
    }
}
