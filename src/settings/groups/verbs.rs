//! Settings that one verb or a few verbs read by themselves. A settings file may have them, and they are no part
//! of a profile.

use std::path::PathBuf;

use crate::progress::ProgressMode;
use crate::settings::declare::{Facts, KEPT, SWITCH, Scope, choice, settings_group};

/// The facts of a switch that one verb has.
const VERB_SWITCH: Facts = Facts {
    scope: Scope::Verb,
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
        progress: ProgressMode = ProgressMode::default() => Facts {
            value: "HOW",
            example: "auto",
            scope: Scope::Verb,
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
        log_file: PathBuf => Facts {
            value: "FILE",
            example: "offboard.log",
            scope: Scope::Verb,
            is_global: true,
            ..KEPT
        };
    }
}
