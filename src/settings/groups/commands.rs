//! Which profile and which ledger a command uses, and how single verbs work. A profile has none of these settings
//! but the ledger.

use std::path::PathBuf;

use crate::domain::{LedgerAddress, NamedZone, Tolerance, is_database};
use crate::progress::ProgressMode;
use crate::settings::declare::{
    KEPT, ProfileName, SECRET, SWITCH, SettingFacts, SettingScope, Trust, choice, settings_group,
    text,
};
use crate::settings::sources::is_built_in;
use crate::settings::values::{ColorMode, LogFormat};

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
        /// The ledger: a file, or a PostgreSQL database, as `postgres://USER@HOST/DATABASE`. Its password is that of
        /// PGPASSWORD, of ~/.pgpass, or of a file that `?password-file=FILE` names.
        ledger: LedgerAddress = LedgerAddress::File("offboard.db".into()) => SettingFacts {
            value: "FILE|ADDRESS",
            example: "offboard.db",
            trust: Trust::NamedIf(|value| value.as_str().is_some_and(is_database)),
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
    /// How a command ends that works on a job.
    EndSettings, "Single verbs" {
        /// Outcomes with which the command ends well all the same (exit code 0): `not_found`, `invalid`, or codes of
        /// failures such as `forbidden`, with commas between them. The report stays as it is.
        tolerate: Tolerance = Tolerance::default() => SettingFacts {
            value: "LIST",
            example: "not_found",
            scope: SettingScope::Verb,
            ..KEPT
        };
        /// Run this program when the command has ended. It gets the object of `--json` on standard input, and has 20
        /// seconds. Whatever becomes of it, the exit code stays. No shell reads the command, and a relative path is
        /// one from the current folder.
        notify_command: String => SettingFacts {
            value: "COMMAND",
            example: "./tell-the-team.sh offboarding",
            trust: Trust::Named,
            scope: SettingScope::Verb,
            ..SECRET
        };
    }
}

settings_group! {
    /// What a report shows, and how its tables are written.
    ReportSettings, "Single verbs" {
        /// Mask names and addresses in reports; ids stay.
        redact: bool = false => VERB_SWITCH;
        /// Write the CSV files of a report without the mark at their beginning (BOM) by which Excel
        /// knows that they are UTF-8. What `--format csv` prints has none, unless this is `false`.
        no_bom: bool = false => VERB_SWITCH;
        /// Show times in this time zone, too: on the page and in a workbook. The other files of a
        /// report have UTC only, because `audit` compares them.
        #[serde(with = "text")]
        time_zone: NamedZone => SettingFacts {
            value: "ZONE",
            example: "Europe/Berlin",
            otherwise: "UTC only",
            scope: SettingScope::Verb,
            ..KEPT
        };
    }
}

settings_group! {
    /// Where the log goes, and in which form.
    LogSettings, "Single verbs" {
        /// Append the log to this file, instead of writing it to standard error.
        log_file: PathBuf => SettingFacts {
            value: "FILE",
            example: "offboard.log",
            scope: SettingScope::Verb,
            is_global: true,
            ..KEPT
        };
        /// The form of the log.
        #[serde(with = "choice")]
        log_format: LogFormat = LogFormat::default() => SettingFacts {
            value: "FORMAT",
            example: "text",
            scope: SettingScope::Verb,
            is_global: true,
            ..KEPT
        };
    }
}

settings_group! {
    /// Whether what is printed has colours.
    ColorSettings, "Single verbs" {
        /// When to print colours.
        #[serde(with = "choice")]
        color: ColorMode = ColorMode::default() => SettingFacts {
            value: "WHEN",
            example: "auto",
            scope: SettingScope::Verb,
            is_global: true,
            ..KEPT
        };
    }
}
