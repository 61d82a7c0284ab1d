//! Which profile and which ledger a command uses, and how single verbs work. A profile has none of these settings
//! but the ledger.

use std::path::PathBuf;

use crate::progress::ProgressMode;
use crate::settings::declare::{
    KEPT, ProfileName, SWITCH, SettingFacts, SettingScope, Trust, choice, settings_group,
};
use crate::settings::sources::is_built_in;

settings_group! {
    /// Which profile and which ledger a command uses.
    FileSettings, "Profile and ledger" {
        /// How the provider behaves: a built-in profile, or a file.
        profile: ProfileName = ProfileName("anaplan".to_owned()) => SettingFacts {
            value: "NAME|FILE",
            example: "anaplan",
            trust: Trust::NamedIf(|value| !value.as_str().is_some_and(is_built_in)),
            scope: SettingScope::Choice,
            ..KEPT
        };
        /// The ledger file.
        ledger: PathBuf = "offboard.db".into() => SettingFacts {
            value: "FILE",
            example: "offboard.db",
            ..KEPT
        };
    }
}

/// The facts of a switch that one verb has.
const VERB_SWITCH: SettingFacts = SettingFacts {
    scope: SettingScope::Verb,
    ..SWITCH
};

settings_group! {
    /// Whether a roster may have bad lines.
    StrictSettings, "Single verbs" {
        /// Refuse a roster with any bad line.
        strict: bool = false => VERB_SWITCH;
    }
}

settings_group! {
    /// Whether users are looked up before the first write.
    LookUpSettings, "Single verbs" {
        /// Look up no user beforehand: each user is read right before the write, which takes twice the
        /// requests.
        no_lookup: bool = false => VERB_SWITCH;
    }
}

settings_group! {
    /// How progress is shown.
    ProgressSettings, "Single verbs" {
        /// How to show progress.
        #[serde(with = "choice")]
        progress: ProgressMode = ProgressMode::default() => SettingFacts {
            value: "HOW",
            example: "auto",
            scope: SettingScope::Verb,
            ..KEPT
        };
    }
}

settings_group! {
    /// Whether reports mask names.
    RedactSettings, "Single verbs" {
        /// Mask names and addresses in reports; ids stay.
        redact: bool = false => VERB_SWITCH;
    }
}

settings_group! {
    /// Where the log goes.
    LogSettings, "Single verbs" {
        /// Append the log to this file, instead of writing it to standard error.
        log_file: PathBuf => SettingFacts {
            value: "FILE",
            example: "offboard.log",
            scope: SettingScope::Verb,
            is_global: true,
            ..KEPT
        };
    }
}
