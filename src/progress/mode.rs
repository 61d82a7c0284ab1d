//! Which kind of progress is shown.

use crate::screen;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ProgressMode {
    /// A bar on a terminal that can draw one, lines elsewhere (`CI` is set, or `TERM` is not).
    #[default]
    Auto,
    /// A bar.
    Bar,
    /// A line every ten seconds.
    Lines,
    /// A JSON object for each event, one on a line.
    Json,
    /// Nothing.
    Off,
}

impl ProgressMode {
    /// The mode that fits standard error as it is now: never `Auto`.
    pub(super) fn shown(self) -> Self {
        match self {
            Self::Auto if screen::can_draw() => Self::Bar,
            Self::Auto => Self::Lines,
            other => other,
        }
    }
}
