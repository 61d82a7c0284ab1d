//! How a roster is written: its encoding and its delimiter, judged from its beginning.
//!
//! What comes out is UTF-8 by intention, not by proof: bytes of a file that claims nothing else pass unchanged, so
//! that one bad cell costs one line. No column names are known here; whether a header is a good one is asked.

use std::io::{self, Cursor, Read};

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;

/// How many raw bytes the encoding is judged from.
const RAW_HEAD: usize = 4096;
/// How much text the delimiter is judged from.
const TEXT_HEAD: usize = 64 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";
const DELIMITERS: [u8; 3] = *b",;\t";

/// The decoded stream: its beginning, and what follows.
pub(super) struct Text {
    pub(super) encoding: &'static str,
    pub(super) head: Vec<u8>,
    pub(super) rest: Box<dyn Read + Send>,
}

impl Text {
    /// Decodes a stream of raw bytes in the encoding that its first bytes show.
    pub(super) fn decode(mut raw: impl Read + Send + 'static) -> io::Result<Self> {
        let first = read_head(&mut raw, RAW_HEAD)?;
        let encoding = encoding(&first);
        let mut rest = DecodeReaderBytesBuilder::new()
            .encoding(encoding)
            .bom_sniffing(false)
            .build(Cursor::new(first).chain(raw));
        let mut head = read_head(&mut rest, TEXT_HEAD)?;
        // The csv crate drops a byte order mark of its own accord, which the scanner must not have seen.
        while head.starts_with(BOM) {
            head.drain(..BOM.len());
        }
        Ok(Self {
            encoding: encoding.map_or("UTF-8", Encoding::name),
            head,
            rest: Box::new(rest),
        })
    }

    /// Whether the first line that is not blank is free of bytes that only binary data has.
    pub(super) fn begins_as_text(&self) -> bool {
        let lines = self.head.split(|byte| matches!(byte, b'\n' | b'\r'));
        lines
            .into_iter()
            .find(|line| !line.is_empty())
            .is_none_or(is_text)
    }

    /// The delimiter under which the header is a good one, or else gives the most fields.
    pub(super) fn delimiter(&self, is_good: impl Fn(&[String]) -> bool) -> u8 {
        let mut best = (false, 0, DELIMITERS[0]);
        for delimiter in DELIMITERS {
            let header = first_record(&self.head, delimiter);
            let (good, width) = (is_good(&header), header.len());
            if (good, width) > (best.0, best.1) {
                best = (good, width, delimiter);
            }
        }
        best.2
    }
}

/// Whether bytes hold no control characters besides those of a text file.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r'))
}

/// The cells of a header, trimmed; what is not UTF-8 is replaced.
pub(super) fn header_names(record: &ByteRecord) -> Vec<String> {
    record
        .iter()
        .map(|cell| String::from_utf8_lossy(cell).trim().to_owned())
        .collect()
}

fn first_record(head: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(head);
    let mut record = ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => header_names(&record),
        _ => Vec::new(),
    }
}

/// The encoding, if the text is not UTF-8 already. Without a mark, UTF-16 shows by its NUL bytes: in names and ids,
/// most characters have one, and always on the same side.
fn encoding(first: &[u8]) -> Option<&'static Encoding> {
    if first.starts_with(b"\xff\xfe") {
        return Some(UTF_16LE);
    }
    if first.starts_with(b"\xfe\xff") {
        return Some(UTF_16BE);
    }
    let pairs = first.chunks_exact(2);
    let count = pairs.len();
    let (mut high, mut low) = (0, 0);
    for pair in pairs {
        high += usize::from(pair[0] == 0);
        low += usize::from(pair[1] == 0);
    }
    match (high, low) {
        (0, low) if low > count / 2 => Some(UTF_16LE),
        (high, 0) if high > count / 2 => Some(UTF_16BE),
        _ => None,
    }
}

fn read_head(input: &mut impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut head = vec![0; most];
    let mut filled = 0;
    while filled < most {
        match input.read(&mut head[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    head.truncate(filled);
    Ok(head)
}
