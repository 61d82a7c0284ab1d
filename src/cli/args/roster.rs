//! How a roster is read, for every verb that reads one.

use std::num::NonZeroU64;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::roster::TextEncoding;
use crate::settings::Layer;

/// What is not found in the roster by itself.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReadingArgs {
    /// The roster's column of user ids: its name, or `#3` for the third [default: found by itself].
    #[arg(
        long,
        help_heading = "Roster",
        value_name = "COLUMN",
        env = "OFFBOARD_ID_COLUMN"
    )]
    id_column: Option<String>,

    /// The roster's column of e-mail addresses [default: found by itself].
    #[arg(
        long,
        help_heading = "Roster",
        value_name = "COLUMN",
        env = "OFFBOARD_EMAIL_COLUMN"
    )]
    email_column: Option<String>,

    /// The roster's encoding, such as `windows-1252` [default: UTF-8, or UTF-16 by its first bytes].
    #[arg(
        long,
        help_heading = "Roster",
        value_name = "ENCODING",
        env = "OFFBOARD_ENCODING"
    )]
    encoding: Option<TextEncoding>,

    /// The line on which the roster's header begins [default: found by itself].
    #[arg(
        long,
        help_heading = "Roster",
        value_name = "N",
        env = "OFFBOARD_HEADER_LINE"
    )]
    header_line: Option<NonZeroU64>,

    /// The roster has no header: its first line is a user.
    #[arg(
        long,
        help_heading = "Roster",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        env = "OFFBOARD_NO_HEADER",
        value_parser = BoolishValueParser::new()
    )]
    no_header: Option<bool>,

    /// Take ids and names as they stand: with blanks inside, quotes or brackets around them, or addresses as ids.
    #[arg(
        long,
        help_heading = "Roster",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        env = "OFFBOARD_ALLOW_UNUSUAL_IDS",
        value_parser = BoolishValueParser::new()
    )]
    allow_unusual_ids: Option<bool>,
}

impl ReadingArgs {
    /// Puts what was typed into a layer.
    pub(crate) fn into_layer(self, layer: &mut Layer) {
        layer.id_column = self.id_column;
        layer.email_column = self.email_column;
        layer.encoding = self.encoding;
        layer.header_line = self.header_line;
        layer.no_header = self.no_header;
        layer.allow_unusual_ids = self.allow_unusual_ids;
    }
}
