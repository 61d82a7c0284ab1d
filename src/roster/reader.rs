//! Reads a roster as a stream of records.
//!
//! It connects the parts: the file's bytes pass the digest, the decoder, the scanner and the csv crate. It pairs each
//! record with its mark, and returns nothing more after an error. It does not check a line; `line` does.

use std::fmt;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::error::{RosterError, RosterErrorKind};
use super::file::{
    Digest, Digested, RECORD_LIMIT, RecordMark, RunningDigest, Scanned, Text, is_text, open_regular,
};
use super::line::{self, Key, LineRules, Record};
use super::table::{self, Columns, Layout, RosterOptions};

const BUFFER: usize = 64 * 1024;

/// An open roster. It is an iterator over the records, which ends after the first error.
pub(crate) struct Roster {
    path: PathBuf,
    records: Records,
    tally: RunningDigest,
    encoding: &'static str,
    delimiter: u8,
    header_line: Option<u64>,
    header: Vec<String>,
    rules: LineRules,
    count: u64,
    end: Option<Result<(), RosterError>>,
}

impl Roster {
    /// Opens a regular file and reads its header.
    ///
    /// # Errors
    ///
    /// [`RosterError`]: the file cannot be opened, is not text, or has no usable header. Later errors are returned while
    /// the records are read.
    pub(crate) fn open(
        path: impl AsRef<Path>,
        options: &RosterOptions,
    ) -> Result<Self, RosterError> {
        let path = path.as_ref();
        let file = open_regular(path).map_err(|kind| RosterError::new(path, None, kind))?;
        Self::from_reader(path, file, options)
    }

    /// Reads from any stream. The path is used in messages only.
    pub(super) fn from_reader(
        path: &Path,
        input: impl Read + Send + 'static,
        options: &RosterOptions,
    ) -> Result<Self, RosterError> {
        let fail = |line, kind| RosterError::new(path, line, kind);
        let (digested, tally) = Digested::new(input);
        let asked = options.encoding.map(|encoding| encoding.0);
        let text = Text::decode(digested, asked).map_err(|kind| fail(None, kind))?;
        if !text.begins_as_text() {
            return Err(fail(None, RosterErrorKind::NotText));
        }
        let is_whole_text = is_text(&text.head);
        let layout = Layout::find(&text.head, options);
        let layout = layout.map_err(|(line, kind)| fail(Some(line), kind))?;
        let (encoding, delimiter) = (text.encoding, layout.delimiter);
        let mut records = Records::new(text, &layout);
        let (header_line, header, columns) = if let Some(columns) = layout.headless {
            (None, layout.names, columns)
        } else {
            let line = records
                .read()
                .map_err(|(line, kind)| fail(line, kind))?
                .ok_or_else(|| fail(None, RosterErrorKind::Empty))?;
            let (names, columns) = header(&records.record, options).map_err(|kind| match kind {
                // Binary data may happen to begin with a line of letters.
                RosterErrorKind::HeaderNotUtf8 if !is_whole_text => {
                    fail(None, RosterErrorKind::NotText)
                }
                kind => fail(Some(line), kind),
            })?;
            (Some(line), names, columns)
        };
        let rules = LineRules {
            width: header.len(),
            columns,
            unusual_ids: options.unusual_ids,
        };
        Ok(Self {
            path: path.to_owned(),
            records,
            tally,
            encoding,
            delimiter,
            header_line,
            header,
            rules,
            count: 0,
            end: None,
        })
    }

    /// The physical line on which the header begins, from 1; `None` if the file has none.
    pub(crate) fn header_line(&self) -> Option<u64> {
        self.header_line
    }

    /// The names of the columns, trimmed. A name may be empty. Without a header they are `column 1` and so on.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// The name of the encoding in the WHATWG standard.
    pub(crate) fn encoding(&self) -> &'static str {
        self.encoding
    }

    /// The delimiter between two cells.
    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// What names the users of this roster: the id or, without such a column, the e-mail address.
    pub(crate) fn key(&self) -> Key {
        self.rules.columns.key
    }

    /// The index of the column that names the users.
    pub(super) fn key_index(&self) -> usize {
        self.rules.columns.key_index
    }

    /// The index of the e-mail column, if there is one. It is found by its name or, as in the export of an Anaplan
    /// model, as a first column without a name.
    pub(super) fn email_index(&self) -> Option<usize> {
        self.rules
            .columns
            .email_index
            .or(self.rules.columns.label_index)
    }

    /// Whether unusual ids and names are accepted as they are.
    pub(super) fn takes_unusual_ids(&self) -> bool {
        self.rules.unusual_ids
    }

    /// Reads the rest of the file, and returns the digest of the whole file.
    ///
    /// # Errors
    ///
    /// The error that ended the iteration, even if it was returned before.
    pub(crate) fn finish(mut self) -> Result<Digest, RosterError> {
        self.by_ref().for_each(drop);
        match self.end {
            Some(Err(error)) => Err(error),
            _ => Ok(self.tally.digest(self.count)),
        }
    }

    fn read(&mut self) -> Result<Option<Record>, (Option<u64>, RosterErrorKind)> {
        let Some(number) = self.records.read()? else {
            return match self.count {
                0 if self.header_line.is_some() => Err((None, RosterErrorKind::HeaderOnly)),
                0 => Err((None, RosterErrorKind::Empty)),
                _ => Ok(None),
            };
        };
        self.count += 1;
        Ok(Some(line::read(number, &self.records.record, &self.rules)))
    }
}

impl Iterator for Roster {
    type Item = Result<Record, RosterError>;

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
            .field("rules", &self.rules)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

fn header(
    record: &ByteRecord,
    options: &RosterOptions,
) -> Result<(Vec<String>, Columns), RosterErrorKind> {
    if !is_text(record.as_slice()) {
        return Err(RosterErrorKind::NotText);
    }
    let names = table::cells(record);
    let columns = Columns::find(&names, options).map_err(|kind| {
        // Each cell is checked alone: the bytes of one character must not be split over two cells.
        let is_utf8 = record.iter().all(|cell| std::str::from_utf8(cell).is_ok());
        if is_utf8 {
            kind
        } else {
            RosterErrorKind::HeaderNotUtf8
        }
    })?;
    Ok((names, columns))
}

/// The records of the file, each with the line on which it begins.
struct Records {
    csv: Reader<Scanned<Box<dyn Read + Send>>>,
    record: ByteRecord,
}

impl Records {
    fn new(mut text: Text, layout: &Layout) -> Self {
        text.head.drain(..layout.skipped);
        let stream: Box<dyn Read + Send> = Box::new(Cursor::new(text.head).chain(text.rest));
        let csv = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(layout.delimiter)
            .buffer_capacity(BUFFER)
            .from_reader(Scanned::new(stream, layout.delimiter, layout.line));
        Self {
            csv,
            record: ByteRecord::new(),
        }
    }

    /// Reads the next record and returns the line on which it begins.
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

fn too_long(mark: RecordMark) -> (Option<u64>, RosterErrorKind) {
    let kind = RosterErrorKind::RecordTooLong {
        limit: RECORD_LIMIT,
        quote: mark.open_quote,
    };
    (Some(mark.line), kind)
}
