//! The rails: what keeps a job from beginning, and users from being written.

use std::path::PathBuf;
use std::time::Duration;

use crate::domain::{Rails, Share};
use crate::settings::declare::{
    KEPT, NamedUser, ProtectPatterns, SWITCH, SettingFacts, settings_group, text,
};
use crate::settings::values::Span;

settings_group! {
    /// What keeps a job from beginning, and users from being written.
    RailSettings, "Rails" under "Rails" {
        /// The number of users that a job may write.
        cap: u64 = Rails::default().cap => SettingFacts { value: "N", example: "500", ..KEPT };
        /// The part of the tenant's active users that a job may write.
        #[serde(with = "text")]
        cap_share: Share = Rails::default().cap_share => SettingFacts {
            value: "P%",
            example: "20%",
            ..KEPT
        };
        /// Never write these users: an id, a name, a domain (`@example.com`), or a pattern with `*`; repeat it for
        /// more. The patterns of the variable and of the settings file are added.
        protect: ProtectPatterns => SettingFacts {
            value: "PATTERN",
            example: "[\"@board.example.com\"]",
            ..KEPT
        };
        /// Never write the users that this file names, a pattern on each line; repeat it for more. The files of the
        /// variable and of the settings file are added.
        protect_file: Vec<PathBuf> => SettingFacts {
            value: "FILE",
            example: "[\"protected.txt\"]",
            ..KEPT
        };
        /// The id of the account that signs in, which is never written.
        #[serde(rename = "self")]
        self_id: NamedUser => SettingFacts {
            value: "ID",
            key: "self",
            example: "8a8b00000000000000000000000000a1",
            otherwise: "as the provider reports it",
            ..KEPT
        };
        // The default is long enough to read a plan and agree to it, and too short for much to change.
        /// How old a plan may be when its run begins.
        plan_ttl: Span = Span(Duration::from_hours(1)) => SettingFacts {
            value: "TIME",
            example: "1h",
            ..KEPT
        };
        /// Write this number of users first and read them again; continue only if all are as wanted.
        canary: u64 => SettingFacts { value: "N", example: "5", ..KEPT };
        /// Write also the lines whose id and whose address are of two people.
        allow_mismatch: bool = false => SWITCH;
    }
}
