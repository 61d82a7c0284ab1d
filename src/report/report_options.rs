//! How the files of a report are written, as far as the person who asks for it decides.

use crate::domain::NamedZone;
use crate::report::mask::Privacy;
use crate::report::zoned_times::ZonedTimes;

/// How the files of a report are written.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// Whether names and addresses are shown.
    pub privacy: Privacy,
    /// The time zone in which people read times, beside UTC.
    pub zone: Option<NamedZone>,
    /// Whether the CSV files begin with the mark of UTF-8 (BOM). Without it, Excel reads them in another encoding.
    pub bom: bool,
}

impl ReportOptions {
    /// Times in UTC, and CSV files that spreadsheets open by a double click.
    pub fn new(privacy: Privacy) -> Self {
        Self {
            privacy,
            zone: None,
            bom: true,
        }
    }

    /// The times that people read.
    pub(super) fn times(&self) -> ZonedTimes {
        ZonedTimes::new(self.zone.clone())
    }
}
