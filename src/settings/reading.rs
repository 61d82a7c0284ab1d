//! How a roster is read, from all sources together.

use crate::domain::IdRule;
use crate::roster::{HeaderAt, RosterOptions};
use crate::settings::{Layer, SettingsError};

impl Layer {
    /// How a roster is read by these settings, which include those of a profile.
    pub fn roster_options(&self) -> Result<RosterOptions, SettingsError> {
        let header = match (self.header_line, self.no_header) {
            (Some(_), Some(true)) => {
                return Err(SettingsError::Contrary {
                    one: "--header-line",
                    other: "--no-header",
                });
            }
            (Some(line), _) => HeaderAt::Line(line),
            (None, Some(true)) => HeaderAt::Absent,
            (None, _) => HeaderAt::Found,
        };
        let ids = self.scim.as_ref().map(|dialect| dialect.ids);
        Ok(RosterOptions {
            id_column: self.id_column.clone(),
            email_column: self.email_column.clone(),
            ids_ignore_case: ids.unwrap_or_default() == IdRule::IgnoreCase,
            encoding: self.encoding,
            header,
            unusual_ids: self.allow_unusual_ids.unwrap_or(false),
        })
    }
}
