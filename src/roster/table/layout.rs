//! Finds where the table begins in a file, and which delimiter separates its cells.
//!
//! Exports put other lines above the header: `sep=;` for a spreadsheet, titles, a version, empty cells, comments. Only
//! lines that are clearly not a header are skipped, since a user above a header would be lost without a message. A file
//! may also have no header at all; then its first user must not be taken for one. This file works on the beginning of
//! the roster, and checks no line as a user.

use std::num::NonZeroU64;
use std::ops::Range;

use csv::{ByteRecord, ReaderBuilder};

use super::column_names::{names_a_user, tidy};
use super::columns::{Columns, RosterOptions};
use super::likeness::looks_alike;
use crate::roster::error::RosterErrorKind;
use crate::roster::excerpt::excerpt;
use crate::roster::file::Scanner;

/// How many records are searched for the header.
const RECORDS: usize = 64;
/// How many cells below a header it is compared with.
const COMPARED: usize = 5;
/// How many characters of a cell an error shows.
const SHOWN: usize = 48;
/// The delimiters that are tried if the file does not name one.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Where the header is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HeaderAt {
    /// The program finds it.
    #[default]
    Found,
    /// On this physical line, from 1.
    Line(NonZeroU64),
    /// There is no header. The first line is a user.
    Absent,
}

/// Where the table begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::roster) struct Layout {
    /// The delimiter between two cells.
    pub(in crate::roster) delimiter: u8,
    /// How many bytes come before the table.
    pub(in crate::roster) skipped: usize,
    /// The physical line on which the table begins, from 1.
    pub(in crate::roster) line: u64,
    /// The columns, if the file has no header.
    pub(in crate::roster) headless: Option<Columns>,
    /// The names of the columns, if the file has no header.
    pub(in crate::roster) names: Vec<String>,
}

/// A record from the beginning of the file, split by one delimiter.
struct Sample {
    line: u64,
    bytes: Range<usize>,
    cells: Vec<String>,
}

impl Sample {
    fn cell(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", String::as_str)
    }

    fn filled(&self) -> impl Iterator<Item = &String> {
        self.cells.iter().filter(|cell| !cell.is_empty())
    }
}

impl Layout {
    /// Finds the table in the beginning of a file. If no header is found, the layout points to the record that should
    /// be one, so that the reader can report its columns.
    pub(in crate::roster) fn find(head: &[u8], options: &RosterOptions) -> Placed {
        let (named, above) = separator(head);
        let start = match options.header {
            HeaderAt::Line(line) => Start::of_line(head, line.get()),
            _ => Start {
                at: above,
                line: if above == 0 { 1 } else { 2 },
            },
        };
        let signs = match named {
            Some(sign) => vec![sign],
            None => DELIMITERS.to_vec(),
        };
        let decided_by_names = options.header != HeaderAt::Absent && !options.asks_by_number();
        let mut best: Option<(Rank, Placed)> = None;
        for delimiter in signs {
            let samples = samples(head, start, delimiter);
            let Some(first) = samples.first() else {
                return match options.header {
                    HeaderAt::Line(line) => Err((line.get(), RosterErrorKind::NoHeaderLine)),
                    // The reader reports that the file is empty.
                    HeaderAt::Found | HeaderAt::Absent => Ok(Self::at(start, delimiter)),
                };
            };
            let (fit, width, found) = match options.header {
                HeaderAt::Found => search(&samples, first, delimiter, options),
                HeaderAt::Line(line) => at_line(first, delimiter, line.get(), options),
                HeaderAt::Absent => headless(&samples, first, delimiter, options),
            };
            let usual = if decided_by_names {
                0
            } else {
                usual_width(&samples)
            };
            let rank = Rank { usual, fit, width };
            if best.as_ref().is_none_or(|(best, _)| rank > *best) {
                best = Some((rank, found));
            }
        }
        best.map_or_else(|| Ok(Self::at(start, DELIMITERS[0])), |(_, found)| found)
    }

    fn of(sample: &Sample, delimiter: u8) -> Self {
        let start = Start {
            at: sample.bytes.start,
            line: sample.line,
        };
        Self::at(start, delimiter)
    }

    fn at(start: Start, delimiter: u8) -> Self {
        Self {
            delimiter,
            skipped: start.at,
            line: start.line,
            headless: None,
            names: Vec::new(),
        }
    }
}

/// How well a delimiter fits. The delimiter with the greatest rank is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// How many cells a typical line has. Used only if the columns are not found by their names.
    usual: usize,
    /// Whether the columns are found with it.
    fit: Fit,
    /// How many cells the header has.
    width: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// No header is found with it.
    Bad,
    /// A header is found with it, and something is wrong with that header.
    Doubtful,
    /// The columns are found with it.
    Good,
}

/// Where the table begins; or what is wrong, with the line.
type Placed = Result<Layout, (u64, RosterErrorKind)>;

/// The table as split by one delimiter: how well it fits, how many columns it has, and where it begins.
type Attempt = (Fit, usize, Placed);

#[derive(Debug, Clone, Copy)]
struct Start {
    at: usize,
    line: u64,
}

impl Start {
    /// The beginning of a physical line; the end of the text if there are fewer lines.
    fn of_line(head: &[u8], line: u64) -> Self {
        let (mut at, mut now) = (0, 1);
        while now < line && at < head.len() {
            let is_pair = head[at..].starts_with(b"\r\n");
            if matches!(head[at], b'\r' | b'\n') {
                now += 1;
            }
            at += if is_pair { 2 } else { 1 };
        }
        Self { at, line: now }
    }
}

/// The delimiter that a first line such as `sep=;` names, and how many bytes that line has.
fn separator(head: &[u8]) -> (Option<u8>, usize) {
    let end = head.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let end = end.unwrap_or(head.len());
    let line = head[..end].trim_ascii_start();
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let is_separator = line.len() > 4 && line[..4].eq_ignore_ascii_case(b"sep=");
    let (Some(sign), true) = (line.get(4).copied(), is_separator) else {
        return (None, 0);
    };
    let rest = line[5..]
        .iter()
        .all(|byte| matches!(byte, b'"' | b' ' | b',' | b';' | b'\t'));
    if !sign.is_ascii() || sign.is_ascii_alphanumeric() || sign == b'"' || !rest {
        return (None, 0);
    }
    (Some(sign), Start::of_line(head, 2).at)
}

/// The first records from `start` on.
fn samples(head: &[u8], start: Start, delimiter: u8) -> Vec<Sample> {
    let mut scanner = Scanner::new(delimiter, start.line);
    let mut found = Vec::new();
    let mut begin = start.at;
    for (index, byte) in head.iter().enumerate().skip(start.at) {
        let is_between = scanner.pending().is_none();
        let ended = scanner.step(*byte);
        if is_between {
            begin = index;
        }
        if let Some(mark) = ended {
            found.push(sample(head, mark.line, begin..index, delimiter));
            if found.len() == RECORDS {
                return found;
            }
        }
    }
    if let Some(mark) = scanner.pending() {
        found.push(sample(head, mark.line, begin..head.len(), delimiter));
    }
    found
}

/// The median number of cells in a line.
fn usual_width(samples: &[Sample]) -> usize {
    let mut widths: Vec<_> = samples.iter().map(|sample| sample.cells.len()).collect();
    widths.sort_unstable();
    widths.get(widths.len() / 2).copied().unwrap_or_default()
}

fn sample(head: &[u8], line: u64, bytes: Range<usize>, delimiter: u8) -> Sample {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(&head[bytes.clone()]);
    let mut record = ByteRecord::new();
    // The reader refuses what cannot be read, and reports the line.
    let _ = reader.read_byte_record(&mut record);
    Sample {
        line,
        bytes,
        cells: cells(&record),
    }
}

/// The cells of a record, cleaned. Bytes that are not UTF-8 are replaced.
pub(in crate::roster) fn cells(record: &ByteRecord) -> Vec<String> {
    let cells = record.iter();
    cells
        .map(|cell| tidy(&String::from_utf8_lossy(cell)))
        .collect()
}

/// The header is the first record in which the columns are found, if all records above it are clearly not a header.
fn search(samples: &[Sample], first: &Sample, delimiter: u8, options: &RosterOptions) -> Attempt {
    let by_number = options.asks_by_number();
    let mut doubtful: Option<&Sample> = None;
    for (index, sample) in samples.iter().enumerate() {
        let found = Columns::find(&sample.cells, options);
        let is_skippable = is_clearly_no_header(sample, samples, by_number);
        let is_header = match &found {
            Ok(_) => !(by_number && is_skippable),
            Err(kind) => matches!(kind, RosterErrorKind::AmbiguousColumn { .. }),
        };
        if !is_header {
            if !is_skippable {
                doubtful = doubtful.or(Some(sample));
            }
            continue;
        }
        let width = sample.cells.len();
        if let Some(first) = doubtful {
            let kind = RosterErrorKind::HeaderFurtherDown { line: sample.line };
            return (Fit::Doubtful, width, Err((first.line, kind)));
        }
        return match found
            .map(|columns| refuse_user_as_header(sample, &samples[index + 1..], columns.key_index))
        {
            Ok(Ok(())) => (Fit::Good, width, Ok(Layout::of(sample, delimiter))),
            Ok(Err(error)) => (Fit::Doubtful, width, Err(error)),
            Err(kind) => (Fit::Doubtful, width, Err((sample.line, kind))),
        };
    }
    let first = doubtful.unwrap_or(first);
    let layout = Layout::of(first, delimiter);
    (Fit::Bad, first.cells.len(), Ok(layout))
}

/// Whether a record above a header can be skipped without losing a user: it has empty cells, a comment, a version, or
/// a title, which is one cell of several words. In a file of one column that the user names by its number, a cell of
/// several words may be the header.
fn is_clearly_no_header(sample: &Sample, samples: &[Sample], by_number: bool) -> bool {
    let mut filled = sample.filled();
    let Some(first) = filled.next() else {
        return true;
    };
    if sample.cell(0).starts_with('#') && sample.cell(0) != "#" {
        return true;
    }
    if filled.next().is_some() {
        return false;
    }
    let is_table = samples.iter().any(|other| other.cells.len() > 1);
    if by_number && !is_table {
        return false;
    }
    first.contains(' ') || first.starts_with("version:")
}

/// Refuses a header that looks like the users below it, or that has a known header below it.
fn refuse_user_as_header(
    header: &Sample,
    below: &[Sample],
    index: usize,
) -> Result<(), (u64, RosterErrorKind)> {
    let name = header.cell(index);
    if names_a_user(name) {
        return Ok(());
    }
    if let Some(better) = below.iter().find(|sample| names_a_user(sample.cell(index))) {
        let kind = RosterErrorKind::HeaderFurtherDown { line: better.line };
        return Err((header.line, kind));
    }
    let cells = below.iter().map(|sample| sample.cell(index));
    let alike = cells
        .filter(|cell| !cell.is_empty())
        .take(COMPARED)
        .find(|cell| looks_alike(name, cell));
    let is_address = name.contains('@').then_some(name);
    match alike.or(is_address) {
        None => Ok(()),
        Some(other) => {
            let kind = RosterErrorKind::HeaderIsUser {
                header: excerpt(name, SHOWN),
                other: excerpt(other, SHOWN),
            };
            Err((header.line, kind))
        }
    }
}

/// The header is the record on the line that the user names.
fn at_line(first: &Sample, delimiter: u8, line: u64, options: &RosterOptions) -> Attempt {
    if first.line != line {
        return (Fit::Bad, 0, Err((line, RosterErrorKind::NoHeaderLine)));
    }
    let is_good = Columns::find(&first.cells, options).is_ok();
    let fit = if is_good { Fit::Good } else { Fit::Bad };
    (fit, first.cells.len(), Ok(Layout::of(first, delimiter)))
}

/// There is no header. The user names the columns by number, or there is only one column, or one column of addresses.
fn headless(samples: &[Sample], first: &Sample, delimiter: u8, options: &RosterOptions) -> Attempt {
    let width = samples.iter().map(|sample| sample.cells.len()).max();
    let width = width.unwrap_or(1);
    let columns = if options.asks() {
        Columns::find(&first.cells, options)
    } else {
        by_content(samples, width)
    };
    match columns {
        Ok(columns) => {
            let layout = Layout {
                headless: Some(columns),
                names: (1..=width)
                    .map(|number| format!("column {number}"))
                    .collect(),
                ..Layout::of(first, delimiter)
            };
            (Fit::Good, width, Ok(layout))
        }
        Err(kind) => (Fit::Doubtful, width, Err((first.line, kind))),
    }
}

/// The columns of a table without a header: its only column, or its only column of addresses.
fn by_content(samples: &[Sample], width: usize) -> Result<Columns, RosterErrorKind> {
    let holds_addresses = |index: usize| {
        let mut cells = samples.iter().map(|sample| sample.cell(index)).peekable();
        let is_address = |cell: &str| cell.contains('@') && !cell.contains(' ');
        cells.any(is_address)
            && samples.iter().all(|sample| {
                let cell = sample.cell(index);
                cell.is_empty() || is_address(cell)
            })
    };
    let addresses: Vec<usize> = (0..width).filter(|index| holds_addresses(*index)).collect();
    match (addresses.as_slice(), width) {
        ([index], _) => Ok(Columns::by_name(*index)),
        ([], 1) => Ok(Columns::by_id(0)),
        _ => Err(RosterErrorKind::NoNames { columns: width }),
    }
}
