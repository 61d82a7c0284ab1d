//! What holds for any bytes, and for any table that the csv crate can write.

use std::io::Read;

use csv::{QuoteStyle, ReaderBuilder, WriterBuilder};
use proptest::collection::vec;
use proptest::prelude::*;

use super::support::{open, open_with};
use crate::roster::file::{RecordMark, Scanned};
use crate::roster::roster_summary::summarize;
use crate::roster::{LineCheck, Roster, RosterOptions};

/// Bytes of which most mean something to a CSV reader.
fn lively() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        8 => proptest::sample::select(b"\"\"\",,;\t\n\n\r\r a1\0\xff\xc3\xa9".to_vec()),
        1 => any::<u8>(),
    ];
    vec(byte, 0..80)
}

fn cell() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "\"", "\n", "\r\n", "\r", ",", ";", "\t", " ", "a", "Zoë", "𝄞", "\u{feff}", "", "\"\"",
        "x@y",
    ]);
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Scans with buffers of a given size, so that each seam between two reads is met.
fn marks(bytes: &[u8], delimiter: u8, size: usize) -> Vec<RecordMark> {
    let mut scanned = Scanned::new(bytes, delimiter, 1);
    let mut buffer = vec![0; size];
    while scanned.read(&mut buffer).unwrap() > 0 {}
    std::iter::from_fn(|| scanned.take_mark()).collect()
}

fn line_ends(text: &str) -> u64 {
    let one = text.replace("\r\n", "\n").replace('\r', "\n");
    one.matches('\n').count() as u64
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn the_scanner_sees_as_many_records_as_csv(bytes in lively(), size in 1_usize..9) {
        prop_assume!(!bytes.starts_with(b"\xef\xbb\xbf"));
        for delimiter in *b",;\t" {
            let records = ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(delimiter)
                .from_reader(&bytes[..])
                .into_byte_records()
                .map(Result::unwrap)
                .count();
            prop_assert_eq!(marks(&bytes, delimiter, size).len(), records);
        }
    }

    #[test]
    fn any_bytes_after_a_header_are_accepted_or_rejected(bytes in lively(), width in 1_usize..4) {
        let header = ["id\n", "id,b\n", "id,b,c\n"][width - 1].as_bytes();
        let bytes = [header, &bytes].concat();
        // Named, since NUL bytes would let it look like UTF-16.
        let options = RosterOptions { encoding: Some("utf-8".parse().unwrap()), ..RosterOptions::default() };
        let mut roster = open_with(&bytes, &options).unwrap();
        let (mut lines, mut last) = (0, 1);
        while let Some(Ok(line)) = roster.next() {
            lines += 1;
            prop_assert!(line.number > last);
            last = line.number;
            if let LineCheck::Accepted { user_id, .. } = line.check {
                prop_assert!(!user_id.is_empty());
                let beyond = line.cells.iter().skip(width);
                prop_assert!(beyond.into_iter().all(|cell| cell.trim().is_empty()));
                prop_assert!(user_id.chars().all(|c| !c.is_whitespace() && !c.is_control()));
                prop_assert_eq!(line.cells[0].trim(), user_id);
            }
        }
        if let Ok(digest) = roster.finish() {
            prop_assert_eq!((digest.records, digest.bytes), (lines, bytes.len() as u64));
            let roster = open_with(&bytes, &options).unwrap();
            if let Ok(summary) = summarize("users.csv".as_ref(), roster, |_| Ok(())) {
                prop_assert_eq!(summary.accepted + summary.rejected, lines);
            }
        }
    }

    #[test]
    fn any_bytes_at_all_never_panic(bytes in prop_oneof![lively(), vec(any::<u8>(), 0..200)]) {
        let options = RosterOptions { id_column: Some("#1".into()), email_column: Some("#1".into()), ..RosterOptions::default() };
        for opened in [open(&bytes), open_with(&bytes, &options)] {
            if let Err(error) = opened.and_then(Roster::finish) {
                let (message, hint) = (error.to_string(), error.hint());
                prop_assert!(!message.contains(char::is_control) && hint.is_some());
            }
        }
    }

    #[test]
    fn a_written_table_comes_back_with_its_cells_and_lines(
        rows in vec((vec(cell(), 2), vec(proptest::sample::select(vec!["\n", "\r\n", "\r"]), 0..3)), 1..12),
        delimiter in proptest::sample::select(b",;\t".to_vec()),
        style in proptest::sample::select(vec![QuoteStyle::Necessary, QuoteStyle::Always]),
        end in proptest::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let mut text = format!("id{0}b{0}c{end}", char::from(delimiter));
        let mut expected = Vec::new();
        for (index, (cells, blanks)) in rows.into_iter().enumerate() {
            let mut row = vec![format!("u{index}")];
            row.extend(cells);
            let mut writer = WriterBuilder::new().delimiter(delimiter).quote_style(style).from_writer(Vec::new());
            writer.write_record(&row).unwrap();
            let written = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            // The oracle: a record begins on the line after all line ends that were written before it.
            expected.push((1 + line_ends(&text), row));
            text.push_str(written.strip_suffix('\n').unwrap());
            text.push_str(end);
            text.extend(blanks);
        }
        let lines = open(&text).unwrap().map(Result::unwrap);
        let found: Vec<_> = lines.map(|line| {
            let cells = line.cells;
            assert_eq!(line.check, LineCheck::Accepted { user_id: cells[0].clone(), user_name: None });
            (line.number, cells)
        }).collect();
        prop_assert_eq!(found, expected, "{:?}", text);
    }
}
