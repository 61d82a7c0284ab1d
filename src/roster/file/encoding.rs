//! Finds the encoding of a roster, by its first bytes or as the user names it, and decodes it to UTF-8.
//!
//! A file in UTF-8 is not decoded: its bytes pass unchanged, and may hold invalid UTF-8. So one bad cell costs at most
//! one line. `table` finds where the table begins.

use std::fmt;
use std::io::{self, Cursor, Read};
use std::str::FromStr;

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;

use crate::roster::error::RosterErrorKind;

/// How many raw bytes are examined to find the encoding.
const RAW_HEAD: usize = 4096;
/// How many bytes of text are examined to find the table.
const TEXT_HEAD: usize = 64 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// An encoding of the WHATWG standard, by any of its labels: `windows-1252`, `latin1`, `macintosh`, `shift_jis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(pub(in crate::roster) &'static Encoding);

/// The label of an unknown encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a known encoding: write for example `utf-8`, `windows-1252`, `macintosh` or `shift_jis`"
)]
pub struct UnknownEncoding(String);

impl FromStr for TextEncoding {
    type Err = UnknownEncoding;

    fn from_str(label: &str) -> Result<Self, Self::Err> {
        Encoding::for_label(label.as_bytes())
            .filter(|encoding| *encoding != REPLACEMENT)
            .map(Self)
            .ok_or_else(|| UnknownEncoding(label.to_owned()))
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// The decoded text: its beginning in memory, and the stream of the rest.
pub(in crate::roster) struct Text {
    pub(in crate::roster) encoding: &'static str,
    pub(in crate::roster) head: Vec<u8>,
    pub(in crate::roster) rest: Box<dyn Read + Send>,
}

impl Text {
    /// Decodes a stream of raw bytes in the named encoding; without one, in the encoding that its first bytes show.
    pub(in crate::roster) fn decode(
        mut raw: impl Read + Send + 'static,
        named: Option<&'static Encoding>,
    ) -> Result<Self, RosterErrorKind> {
        let first = read_head(&mut raw, RAW_HEAD)?;
        let marked = Encoding::for_bom(&first).map(|(encoding, _)| encoding);
        if let (Some(named), Some(marked)) = (named, marked)
            && named != marked
        {
            return Err(RosterErrorKind::OtherEncoding {
                named: named.name(),
                marked: marked.name(),
            });
        }
        let encoding = named.or(marked).or_else(|| utf16(&first)).unwrap_or(UTF_8);
        // UTF-8 is not decoded, so that its bad bytes can be found in the cells.
        let mut rest = DecodeReaderBytesBuilder::new()
            .encoding(Some(encoding).filter(|encoding| *encoding != UTF_8))
            .bom_sniffing(false)
            .build(Cursor::new(first).chain(raw));
        let mut head = read_head(&mut rest, TEXT_HEAD)?;
        // The csv crate skips a byte order mark by itself. It is removed here, so that the scanner does not count it.
        while head.starts_with(BOM) {
            head.drain(..BOM.len());
        }
        Ok(Self {
            encoding: encoding.name(),
            head,
            rest: Box::new(rest),
        })
    }

    /// Whether the first line that is not blank has no bytes that only binary data has.
    pub(in crate::roster) fn begins_as_text(&self) -> bool {
        let lines = self.head.split(|byte| matches!(byte, b'\n' | b'\r'));
        lines
            .into_iter()
            .find(|line| !line.is_empty())
            .is_none_or(is_text)
    }
}

/// Whether the bytes hold no control characters except those of a text file.
pub(in crate::roster) fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\n' | b'\r'))
}

/// Recognises UTF-16 without a byte order mark by its NUL bytes. In names and ids most characters have one, and always
/// on the same side.
fn utf16(first: &[u8]) -> Option<&'static Encoding> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_labels_are_known() {
        for (label, name) in [
            ("latin1", "windows-1252"),
            ("CP1252", "windows-1252"),
            ("macintosh", "macintosh"),
            ("Shift_JIS", "Shift_JIS"),
            ("utf8", "UTF-8"),
        ] {
            let encoding: TextEncoding = label.parse().unwrap();
            assert_eq!(encoding.to_string(), name);
            assert_eq!(name.parse(), Ok(encoding));
        }
        for label in ["", "klingon", "iso-2022-cn"] {
            assert!(label.parse::<TextEncoding>().is_err(), "{label}");
        }
    }
}
