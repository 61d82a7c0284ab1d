//! The roster as a stream of lines.
//!
//! Puts the parts together: digest under decoder under scanner under csv. It owns the pairing of records and marks,
//! and the rule that after an error nothing more comes. It decides nothing about a single line.

use std::fmt;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::dialect::{self, Text};
use super::error::{RosterError, RosterErrorKind};
use super::header::{Columns, RosterOptions};
use super::judge;
use super::line::{Key, Line};
use super::scan::{Mark, RECORD_LIMIT, Scanned};
use super::source::{self, Digest, Digested, Tally};

const BUFFER: usize = 64 * 1024;

/// An open roster; an iterator over its lines, which ends for good after the first error.
pub struct Roster {
    path: PathBuf,
    records: Records,
    tally: Tally,
    encoding: &'static str,
    delimiter: u8,
    header: Vec<String>,
    columns: Columns,
    count: u64,
    end: Option<Result<(), RosterError>>,
}

impl Roster {
    /// Opens a regular file and reads its header.
    ///
    /// # Errors
    ///
    /// Anything that makes the file unusable up to its first line; the rest shows while reading.
    pub fn open(path: impl AsRef<Path>, options: &RosterOptions) -> Result<Self, RosterError> {
        let path = path.as_ref();
        let file = source::open_regular(path).map_err(|kind| RosterError::new(path, None, kind))?;
        Self::from_reader(path, file, options)
    }

    /// Reads from any stream; the path only serves to name it.
    pub(super) fn from_reader(
        path: &Path,
        input: impl Read + Send + 'static,
        options: &RosterOptions,
    ) -> Result<Self, RosterError> {
        let fail = |line, kind| RosterError::new(path, line, kind);
        let (digested, tally) = Digested::new(input);
        let text = Text::decode(digested).map_err(|error| fail(None, error.into()))?;
        if !text.begins_as_text() {
            return Err(fail(None, RosterErrorKind::NotText));
        }
        let is_text = dialect::is_text(&text.head);
        let delimiter = text.delimiter(|header| Columns::find(header, options).is_ok());
        let encoding = text.encoding;
        let mut records = Records::new(text, delimiter);
        let line = records
            .read()
            .map_err(|(line, kind)| fail(line, kind))?
            .ok_or_else(|| fail(None, RosterErrorKind::Empty))?;
        let header = header(&records.record).map_err(|kind| match kind {
            // A picture may happen to begin with a line of letters.
            RosterErrorKind::HeaderNotUtf8 if !is_text => fail(None, RosterErrorKind::NotText),
            kind => fail(Some(line), kind),
        })?;
        let columns = Columns::find(&header, options).map_err(|kind| fail(Some(line), kind))?;
        Ok(Self {
            path: path.to_owned(),
            records,
            tally,
            encoding,
            delimiter,
            header,
            columns,
            count: 0,
            end: None,
        })
    }

    /// The names of the columns, trimmed; a name may be empty.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The encoding that the first bytes show: `UTF-8`, `UTF-16LE` or `UTF-16BE`.
    pub fn encoding(&self) -> &'static str {
        self.encoding
    }

    /// The sign between two cells.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// What names the users of this roster: the id or, where there is no such column, the e-mail address.
    pub fn key(&self) -> Key {
        self.columns.key
    }

    /// The index of the column that names the users.
    pub fn key_index(&self) -> usize {
        self.columns.key_index
    }

    /// The index of the e-mail column, where there is one: found by name or, as in a model's export, as a first
    /// column without a name.
    pub fn email_index(&self) -> Option<usize> {
        self.columns.email_index.or(self.columns.label_index)
    }

    /// Reads what is left, and gives the digest of the whole file.
    ///
    /// # Errors
    ///
    /// The error that ended the lines, also if it was seen before.
    pub fn finish(mut self) -> Result<Digest, RosterError> {
        self.by_ref().for_each(drop);
        match self.end {
            Some(Err(error)) => Err(error),
            _ => Ok(self.tally.digest(self.count)),
        }
    }

    fn read(&mut self) -> Result<Option<Line>, (Option<u64>, RosterErrorKind)> {
        let Some(number) = self.records.read()? else {
            return match self.count {
                0 => Err((None, RosterErrorKind::HeaderOnly)),
                _ => Ok(None),
            };
        };
        self.count += 1;
        let record = &self.records.record;
        Ok(Some(judge::read(
            number,
            record,
            self.header.len(),
            &self.columns,
        )))
    }
}

impl Iterator for Roster {
    type Item = Result<Line, RosterError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.end.is_some() {
            return None;
        }
        match self.read() {
            Ok(Some(line)) => Some(Ok(line)),
            Ok(None) => {
                self.end = Some(Ok(()));
                None
            }
            Err((line, kind)) => {
                let error = RosterError::new(&self.path, line, kind);
                self.end = Some(Err(error.clone()));
                Some(Err(error))
            }
        }
    }
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roster")
            .field("path", &self.path)
            .field("header", &self.header)
            .field("columns", &self.columns)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

fn header(record: &ByteRecord) -> Result<Vec<String>, RosterErrorKind> {
    if !dialect::is_text(record.as_slice()) {
        return Err(RosterErrorKind::NotText);
    }
    // Each cell by itself: pieces of a character must not make a whole one across two cells.
    if record.iter().any(|cell| std::str::from_utf8(cell).is_err()) {
        return Err(RosterErrorKind::HeaderNotUtf8);
    }
    Ok(dialect::header_names(record))
}

/// Records and where each begins.
struct Records {
    csv: Reader<Scanned<Box<dyn Read + Send>>>,
    record: ByteRecord,
}

impl Records {
    fn new(text: Text, delimiter: u8) -> Self {
        let stream: Box<dyn Read + Send> = Box::new(Cursor::new(text.head).chain(text.rest));
        let csv = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(BUFFER)
            .from_reader(Scanned::new(stream, delimiter));
        Self {
            csv,
            record: ByteRecord::new(),
        }
    }

    /// Reads the next record and gives the line on which it begins.
    fn read(&mut self) -> Result<Option<u64>, (Option<u64>, RosterErrorKind)> {
        match self.csv.read_byte_record(&mut self.record) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let mark = self.csv.get_mut().take_mark();
                let mark = mark.expect("the scanner sees a record's end before csv does");
                if mark.is_too_long() {
                    return Err(too_long(mark));
                }
                match mark.open_quote {
                    Some(line) => Err((Some(line), RosterErrorKind::UnclosedQuote)),
                    None => Ok(Some(mark.line)),
                }
            }
            Err(error) => Err(match self.csv.get_ref().too_long() {
                Some(mark) => too_long(mark),
                None => (None, std::io::Error::from(error).into()),
            }),
        }
    }
}

fn too_long(mark: Mark) -> (Option<u64>, RosterErrorKind) {
    let kind = RosterErrorKind::RecordTooLong {
        limit: RECORD_LIMIT,
        quote: mark.open_quote,
    };
    (Some(mark.line), kind)
}
