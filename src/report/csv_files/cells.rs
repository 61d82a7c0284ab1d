//! Tables as this program writes them: every cell is quoted, and none is run as a formula.

use std::borrow::Cow;
use std::io::{self, Write};

/// Signs that begin a formula, in both widths.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The text as a cell that stays text in every spreadsheet: an apostrophe goes before whatever would
/// begin a formula, blanks before its sign included. A text that has apostrophes before such a
/// beginning gets one more, so that [`cell_text`] finds the text again.
fn safe(text: &str) -> Cow<'_, str> {
    if is_formula(text.trim_start_matches('\'')) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text of a cell that `safe` has made.
pub fn cell_text(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// Whether a cell, of this version or an earlier one, shows this text.
pub fn cell_shows(cell: &str, wanted: &str) -> bool {
    cell == wanted || cell.strip_prefix('\'') == Some(wanted)
}

fn is_formula(text: &str) -> bool {
    let is_blank =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}' | '\u{feff}');
    // What a tab or the end of a line begins is taken apart by some readers before it is looked at.
    text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(is_blank).starts_with(FORMULA)
}

/// Writes rows: each cell safe, and in quotes, so that no sign within it can end it where another sign
/// than the comma is expected between cells.
#[derive(Debug)]
pub struct Rows<W: Write>(csv::Writer<W>);

impl<W: Write> Rows<W> {
    /// Rows to this file.
    pub fn new(file: W) -> Self {
        let mut builder = csv::WriterBuilder::new();
        builder.flexible(true).quote_style(csv::QuoteStyle::Always);
        Self(builder.from_writer(file))
    }

    /// The next row.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) -> io::Result<()> {
        for cell in cells {
            self.0.write_field(safe(cell.as_ref()).as_bytes())?;
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    /// Hands on what is written, and gives the file back.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(self) -> io::Result<W> {
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
        fn each_text_is_found_again_and_no_cell_begins_a_formula(text in "['=+\\-@\t\r\n ;a]{0,6}|\\PC{0,6}") {
            let cell = safe(&text);
            prop_assert_eq!(cell_text(&cell), text.as_str());
            let first = cell.trim_start().chars().next();
            prop_assert!(!first.is_some_and(|c| "=+-@".contains(c)), "{}", cell);
        }
    }
}
