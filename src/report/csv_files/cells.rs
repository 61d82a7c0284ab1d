//! Cells of CSV files: every cell is in quotes, and no spreadsheet runs one as a formula.

use std::borrow::Cow;
use std::io::{self, Write};

/// Characters that begin a formula, in both widths.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The mark of UTF-8 at the beginning of a file.
const BOM: &str = "\u{feff}";

/// The text as a cell that stays text in every spreadsheet. A text that would begin a formula, also after blanks,
/// gets an apostrophe in front. A text that has apostrophes before the beginning of a formula gets one more, so
/// that [`cell_text`] can restore it.
fn safe(text: &str) -> Cow<'_, str> {
    if is_formula(text.trim_start_matches('\'')) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Restores the text of a cell that [`Rows`] has written.
pub(crate) fn cell_text(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// Whether a cell that this version or an earlier one has written holds this text.
pub(crate) fn cell_shows(cell: &str, wanted: &str) -> bool {
    cell == wanted || cell.strip_prefix('\'') == Some(wanted)
}

fn is_formula(text: &str) -> bool {
    // Nearly all cells begin so, or are empty.
    if text
        .as_bytes()
        .first()
        .is_none_or(u8::is_ascii_alphanumeric)
    {
        return false;
    }
    let is_blank =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}' | '\u{feff}');
    // Some programs strip a tab or the end of a line at the beginning before they look for a formula.
    text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(is_blank).starts_with(FORMULA)
}

/// Writes rows of CSV. Each cell is safe from formulas. It is in quotes, so that a program that expects another
/// delimiter than the comma does not split it.
#[derive(Debug)]
pub(crate) struct Rows<W: Write>(csv::Writer<W>);

impl<W: Write> Rows<W> {
    /// Writes rows to this file, which begins with the mark of UTF-8 (BOM) if `bom` is set. Excel reads a file
    /// without it in the encoding of the machine.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn begin(mut file: W, bom: bool) -> io::Result<Self> {
        if bom {
            file.write_all(BOM.as_bytes())?;
        }
        Ok(Self::new(file))
    }

    /// Writes rows to this file.
    pub(crate) fn new(file: W) -> Self {
        let mut builder = csv::WriterBuilder::new();
        builder.flexible(true).quote_style(csv::QuoteStyle::Always);
        Self(builder.from_writer(file))
    }

    /// Writes the next row.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write<T: AsRef<str>>(
        &mut self,
        cells: impl IntoIterator<Item = T>,
    ) -> io::Result<()> {
        for cell in cells {
            self.0.write_field(safe(cell.as_ref()).as_bytes())?;
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    /// Flushes the rows and returns the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_become_text_and_text_stays() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("\n=1", "'\n=1"),
            ("\r\n=1", "'\r\n=1"),
            ("  =1", "'  =1"),
            ("\u{a0}\u{3000}=1", "'\u{a0}\u{3000}=1"),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("\u{b}-1", "'\u{b}-1"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
            ("'s", "'s"),
            ("  x", "  x"),
            ("Łukasz; «x»", "Łukasz; «x»"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(safe(text), cell);
            assert_eq!(cell_text(cell), text);
            assert!(cell_shows(cell, text) && !cell_shows(cell, "x"));
        }
    }

    #[test]
    fn the_mark_of_utf_8_is_the_beginning_of_the_file() {
        for (bom, text) in [(true, "\u{feff}\"a\"\n"), (false, "\"a\"\n")] {
            let mut rows = Rows::begin(Vec::new(), bom).unwrap();
            rows.write(["a"]).unwrap();
            assert_eq!(rows.finish().unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn every_cell_is_in_quotes() {
        let mut rows = Rows::new(Vec::new());
        rows.write(["7", "Ada;=1+1", "", "a\"b", "\n=1"]).unwrap();
        rows.write(["8"]).unwrap();
        let text = String::from_utf8(rows.finish().unwrap()).unwrap();
        assert_eq!(
            text,
            "\"7\",\"Ada;=1+1\",\"\",\"a\"\"b\",\"'\n=1\"\n\"8\"\n"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn each_text_is_restored_and_no_cell_begins_a_formula(text in "['=+\\-@\t\r\n ;a]{0,6}|\\PC{0,6}") {
            let cell = safe(&text);
            prop_assert_eq!(cell_text(&cell), text.as_str());
            let first = cell.trim_start().chars().next();
            prop_assert!(!first.is_some_and(|c| "=+-@".contains(c)), "{}", cell);
        }
    }
}
