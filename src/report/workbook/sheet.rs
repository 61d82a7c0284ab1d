//! One sheet: a header that stays in view, a filter for each column, and cells that keep their type.

use rust_xlsxwriter::{Format, FormatAlign, IgnoreError, Workbook, Worksheet, XlsxError};

use crate::domain::{NamedZone, Timestamp};

/// The most characters that Excel takes in a cell, in UTF-16 code units.
const LONGEST_TEXT: usize = 32_767;

/// The end of a text that is longer.
const CUT: &str = " … (cut here; report.csv has the whole text)";

/// 1970-01-01 in the days that Excel counts.
const EPOCH: f64 = 25_569.0;

/// How a column is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SheetColumn {
    /// The text of the header.
    pub(super) name: String,
    /// The width, in characters.
    pub(super) width: f64,
}

/// A sheet that is written from top to bottom. Rows that are complete are in a temporary file, not in memory.
pub(super) struct Sheet {
    worksheet: Worksheet,
    /// The number of rows so far, with the header.
    pub(super) rows: u32,
    columns: u16,
    time: Format,
    words: Format,
}

impl Sheet {
    /// Begins a sheet with its header.
    pub(super) fn begin(
        workbook: &mut Workbook,
        name: &str,
        columns: &[SheetColumn],
    ) -> Result<Self, XlsxError> {
        let mut worksheet = workbook.new_worksheet_with_constant_memory()?;
        worksheet.set_name(name)?;
        worksheet.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        let mut count = 0;
        for column in columns {
            worksheet.set_column_width(count, column.width)?;
            worksheet.write_string_with_format(0, count, cut(&column.name), &bold)?;
            count += 1;
        }
        Ok(Self {
            worksheet,
            rows: 1,
            columns: count,
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000"),
            words: Format::new().set_align(FormatAlign::Top),
        })
    }

    /// Writes a text into the next row. It stays text, whatever it looks like.
    pub(super) fn text(&mut self, column: u16, text: &str) -> Result<(), XlsxError> {
        if !text.is_empty() {
            let (row, format) = (self.rows, &self.words);
            self.worksheet
                .write_string_with_format(row, column, cut(text), format)?;
        }
        Ok(())
    }

    /// Writes a number into the next row.
    pub(super) fn number(&mut self, column: u16, number: Option<u64>) -> Result<(), XlsxError> {
        if let Some(number) = number {
            let number = real(i64::try_from(number).unwrap_or(i64::MAX));
            self.worksheet
                .write_number_with_format(self.rows, column, number, &self.words)?;
        }
        Ok(())
    }

    /// Writes yes or no into the next row.
    pub(super) fn flag(&mut self, column: u16, flag: Option<bool>) -> Result<(), XlsxError> {
        if let Some(flag) = flag {
            let format = &self.words;
            self.worksheet
                .write_boolean_with_format(self.rows, column, flag, format)?;
        }
        Ok(())
    }

    /// Writes a moment into the next row: a date with the time of day, as the clocks of the zone show it. Excel
    /// has no dates with a zone, so the header of the column has to name it.
    pub(super) fn time(
        &mut self,
        column: u16,
        time: Option<Timestamp>,
        zone: Option<&NamedZone>,
    ) -> Result<(), XlsxError> {
        if let Some(time) = time {
            let ahead = zone.map_or(0, |zone| zone.setting_at(time).ahead);
            let shown = time.as_millis().saturating_add(i64::from(ahead) * 1000);
            let days = EPOCH + real(shown) / 86_400_000.0;
            self.worksheet
                .write_number_with_format(self.rows, column, days, &self.time)?;
        }
        Ok(())
    }

    /// Ends the row.
    pub(super) fn end_row(&mut self) {
        self.rows += 1;
    }

    /// Ends the sheet and adds it to the workbook.
    pub(super) fn finish(mut self, workbook: &mut Workbook) -> Result<(), XlsxError> {
        let (row, column) = (self.rows - 1, self.columns.saturating_sub(1));
        self.worksheet.autofilter(0, 0, row, column)?;
        // An id of digits is text on purpose.
        let ignored = IgnoreError::NumberStoredAsText;
        self.worksheet
            .ignore_error_range(0, 0, row, column, ignored)?;
        workbook.push_worksheet(self.worksheet);
        Ok(())
    }
}

/// A number as Excel stores it. Counts and times are exact up to 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "a workbook holds floating-point numbers only"
)]
fn real(number: i64) -> f64 {
    number as f64
}

/// The text, or its beginning if it is longer than a cell may be.
fn cut(text: &str) -> String {
    if text.len() <= LONGEST_TEXT || text.encode_utf16().count() <= LONGEST_TEXT {
        return text.to_owned();
    }
    let mut room = LONGEST_TEXT - CUT.encode_utf16().count();
    let fits = |c: &char| {
        let enough = c.len_utf16() <= room;
        room = room.saturating_sub(c.len_utf16());
        enough
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push_str(CUT);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_for_a_cell_ends_with_a_word_about_it() {
        assert_eq!(cut("Ada"), "Ada");
        let longest = "ä".repeat(LONGEST_TEXT);
        assert_eq!(cut(&longest), longest);
        for letter in ["ä", "👩"] {
            let shown = cut(&letter.repeat(LONGEST_TEXT + 1));
            assert!(shown.ends_with(CUT) && shown.starts_with(letter));
            let length = shown.encode_utf16().count();
            assert!(length <= LONGEST_TEXT && length > LONGEST_TEXT - 3);
        }
    }
}
