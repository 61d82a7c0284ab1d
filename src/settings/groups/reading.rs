//! How a roster is read.

use std::num::NonZeroU64;

use crate::domain::IdRule;
use crate::roster::{HeaderAt, RosterOptions, TextEncoding};
use crate::settings::declare::{KEPT, SWITCH, SettingFacts, settings_group, text};
use crate::settings::{Layer, SettingsError};

settings_group! {
    /// How a roster is read, where the program cannot find it out from the roster.
    ReadingSettings, "The roster" under "Roster" {
        /// The roster's column of user ids: its name, or `#3` for the third.
        id_column: String => SettingFacts {
            value: "COLUMN",
            example: "User ID",
            otherwise: "found by its name",
            ..KEPT
        };
        /// The roster's column of e-mail addresses.
        email_column: String => SettingFacts {
            value: "COLUMN",
            example: "#2",
            otherwise: "found by its name",
            ..KEPT
        };
        /// The roster's encoding, such as `windows-1252`.
        #[serde(with = "text")]
        encoding: TextEncoding => SettingFacts {
            value: "ENCODING",
            example: "windows-1252",
            otherwise: "UTF-8, or UTF-16 by its first bytes",
            ..KEPT
        };
        /// The line on which the roster's header begins.
        header_line: NonZeroU64 => SettingFacts {
            value: "N",
            example: "4",
            otherwise: "the first line that looks like a header",
            ..KEPT
        };
        /// The roster has no header: its first line is a user.
        no_header: bool = false => SWITCH;
        /// Take ids and names as they are: with blanks inside, quotes or brackets around them, or addresses
        /// as ids.
        allow_unusual_ids: bool = false => SWITCH;
    }
}

impl ReadingSettings {
    /// Leaves out what a stronger source contradicts: one setting says where the header is, another that there is
    /// none.
    pub(in crate::settings) fn give_way(&mut self, upper: &Self) {
        if upper.no_header == Some(true) {
            self.header_line = None;
        }
        if upper.header_line.is_some() {
            self.no_header = None;
        }
    }
}

impl Layer {
    /// How a roster is read by these settings, which include those of a profile.
    ///
    /// # Errors
    /// `SettingsError::Contrary` if they say both where the header is, and that there is none.
    pub fn roster_options(&self) -> Result<RosterOptions, SettingsError> {
        let reading = &self.reading;
        let header = match (reading.header_line, reading.no_header()) {
            (Some(_), true) => {
                return Err(SettingsError::Contrary {
                    one: "--header-line",
                    other: "--no-header",
                });
            }
            (Some(line), false) => HeaderAt::Line(line),
            (None, true) => HeaderAt::Absent,
            (None, false) => HeaderAt::Found,
        };
        let ids = self.provider.scim.as_ref().map(|dialect| dialect.ids);
        Ok(RosterOptions {
            id_column: reading.id_column.clone(),
            email_column: reading.email_column.clone(),
            ids_ignore_case: ids.unwrap_or_default() == IdRule::IgnoreCase,
            encoding: reading.encoding,
            header,
            unusual_ids: reading.allow_unusual_ids(),
        })
    }
}
