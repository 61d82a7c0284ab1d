//! Puts records in the order of their roster lines, in memory that does not grow with their number.
//!
//! Records are sorted in memory up to a limit. Beyond it each sorted part goes to a temporary file, and the parts
//! are merged. Records of the same line keep the order in which they came.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use crate::audit::replay::packed::Packed;

/// The bytes that are sorted in memory.
const IN_MEMORY: usize = 2 << 20;
/// The least that is read at once of a part.
const LEAST_READ: usize = 4 << 10;

/// The records that were passed so far.
#[derive(Debug)]
pub(super) struct LineSorter {
    /// The bytes that are kept in memory.
    most: usize,
    bytes: Vec<u8>,
    /// The line of each record, and where its bytes are.
    places: Vec<(u64, Range<usize>)>,
    file: Option<File>,
    /// Where the sorted parts are in the file.
    parts: Vec<Range<u64>>,
}

impl LineSorter {
    /// A sorter without records.
    pub(super) fn new() -> Self {
        Self::of(IN_MEMORY)
    }

    /// A sorter that keeps this many bytes in memory.
    fn of(most: usize) -> Self {
        Self {
            most,
            bytes: Vec::new(),
            places: Vec::new(),
            file: None,
            parts: Vec::new(),
        }
    }

    /// Adds a record of a line.
    ///
    /// # Errors
    /// The temporary file cannot be written.
    pub(super) fn push(&mut self, line: u64, record: &impl Packed) -> io::Result<()> {
        let start = self.bytes.len();
        record.pack(&mut self.bytes);
        self.places.push((line, start..self.bytes.len()));
        let size = self.bytes.len() + self.places.len() * size_of::<(u64, Range<usize>)>();
        if size >= self.most {
            self.spill()?;
        }
        Ok(())
    }

    /// Writes what is in memory as one more sorted part.
    fn spill(&mut self) -> io::Result<()> {
        self.places.sort_by_key(|(line, _)| *line);
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let start = file.stream_position()?;
        let mut writer = BufWriter::with_capacity(1 << 16, &mut *file);
        let mut head = Vec::new();
        for (line, place) in self.places.drain(..) {
            head.clear();
            line.pack(&mut head);
            (place.len() as u64).pack(&mut head);
            writer.write_all(&head)?;
            writer.write_all(&self.bytes[place])?;
        }
        writer.flush()?;
        drop(writer);
        self.parts.push(start..file.stream_position()?);
        self.bytes.clear();
        Ok(())
    }

    /// The records in order.
    ///
    /// # Errors
    /// The temporary file cannot be written or read.
    pub(super) fn finish(mut self) -> io::Result<SortedRecords> {
        if !self.parts.is_empty() {
            self.spill()?;
            self.bytes = Vec::new();
        }
        self.places.sort_by_key(|(line, _)| *line);
        let ahead = self.most / self.parts.len().max(1);
        let mut parts: Vec<_> = self.parts.into_iter().map(SortedPart::new).collect();
        let mut next = BinaryHeap::new();
        for (index, part) in parts.iter_mut().enumerate() {
            part.ahead = ahead.max(LEAST_READ);
            next.extend(
                part.advance(self.file.as_ref())?
                    .map(|line| Reverse((line, index))),
            );
        }
        Ok(SortedRecords {
            bytes: self.bytes,
            places: self.places.into_iter(),
            file: self.file,
            parts,
            next,
            record: Vec::new(),
        })
    }
}

/// Records in the order of their lines.
#[derive(Debug)]
pub(super) struct SortedRecords {
    /// The records, where all of them fit in memory.
    bytes: Vec<u8>,
    places: std::vec::IntoIter<(u64, Range<usize>)>,
    /// The parts in the file, otherwise.
    file: Option<File>,
    parts: Vec<SortedPart>,
    /// The line of the first record that is left of each part, and the part. Of the same line the earlier part
    /// comes first.
    next: BinaryHeap<Reverse<(u64, usize)>>,
    /// The last record.
    record: Vec<u8>,
}

impl SortedRecords {
    /// The next record and its line; `None` at the end.
    ///
    /// # Errors
    /// The temporary file cannot be read, or holds something else.
    pub(super) fn next<T: Packed>(&mut self) -> io::Result<Option<(u64, T)>> {
        if let Some((line, place)) = self.places.next() {
            return Ok(Some((line, read(&self.bytes[place])?)));
        }
        let Some(mut first) = self.next.peek_mut() else {
            return Ok(None);
        };
        let Reverse((line, index)) = *first;
        let part = &mut self.parts[index];
        std::mem::swap(&mut self.record, &mut part.record);
        match part.advance(self.file.as_ref())? {
            Some(line) => *first = Reverse((line, index)),
            None => drop(PeekMut::pop(first)),
        }
        Ok(Some((line, read(&self.record)?)))
    }
}

/// A sorted part of the file that is read from its begin to its end.
#[derive(Debug)]
struct SortedPart {
    /// What is not read yet.
    left: Range<u64>,
    /// How many bytes are read at once.
    ahead: usize,
    /// What is read and not taken yet begins at this place.
    buffer: Vec<u8>,
    start: usize,
    /// The record that was taken last.
    record: Vec<u8>,
}

impl SortedPart {
    fn new(left: Range<u64>) -> Self {
        Self {
            left,
            ahead: 0,
            buffer: Vec::new(),
            start: 0,
            record: Vec::new(),
        }
    }

    /// Takes the next record, and returns its line; `None` at the end.
    fn advance(&mut self, file: Option<&File>) -> io::Result<Option<u64>> {
        loop {
            let mut bytes = &self.buffer[self.start..];
            if let Some(line) = u64::unpack(&mut bytes)
                && let Some(length) = u64::unpack(&mut bytes)
                && let Ok(length) = usize::try_from(length)
                && let Some(record) = bytes.get(..length)
            {
                self.record.clear();
                self.record.extend_from_slice(record);
                self.start = self.buffer.len() - bytes.len() + length;
                return Ok(Some(line));
            }
            if self.left.is_empty() {
                let is_whole = self.start == self.buffer.len();
                return is_whole.then_some(None).ok_or_else(unreadable);
            }
            self.read(file)?;
        }
    }

    /// Reads more of the file.
    fn read(&mut self, file: Option<&File>) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let left = self.left.end - self.left.start;
        let more = usize::try_from(left).unwrap_or(usize::MAX).min(self.ahead);
        let known = self.buffer.len();
        self.buffer.resize(known + more, 0);
        let mut file = file.ok_or_else(unreadable)?;
        file.seek(SeekFrom::Start(self.left.start))?;
        file.read_exact(&mut self.buffer[known..])?;
        self.left.start += more as u64;
        Ok(())
    }
}

/// A record from its bytes.
pub(super) fn read<T: Packed>(mut bytes: &[u8]) -> io::Result<T> {
    let record = T::unpack(&mut bytes).filter(|_| bytes.is_empty());
    record.ok_or_else(unreadable)
}

/// The temporary file does not hold what was written to it.
pub(super) fn unreadable() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        "a temporary file holds something else than was written to it",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sort(passed: &[(u64, String)], most: usize) -> (Vec<(u64, String)>, usize) {
        let mut sorter = LineSorter::of(most);
        for (line, text) in passed {
            sorter.push(*line, text).unwrap();
        }
        let parts = sorter.parts.len();
        let mut records = sorter.finish().unwrap();
        let mut found = Vec::new();
        while let Some(record) = records.next().unwrap() {
            found.push(record);
        }
        (found, parts)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

        #[test]
        fn records_come_in_the_order_of_lines_and_then_as_they_were_passed(
            records in proptest::collection::vec((0_u64..9, "[a-z]{0,30}"), 0..80),
            most in 1_usize..2000,
        ) {
            let mut expected = records.clone();
            expected.sort_by_key(|(line, _)| *line);
            prop_assert_eq!(sort(&records, most).0, expected);
        }
    }

    #[test]
    fn what_is_in_memory_is_limited() {
        let record = |index: u64| (index * 7919 % 10_007, "x".repeat(90));
        let records: Vec<_> = (0..10_007).map(record).collect();
        let (found, parts) = sort(&records, 20_000);
        let mut expected = records;
        expected.sort_by_key(|(line, _)| *line);
        assert_eq!(found, expected);
        assert!(parts > 40, "{parts}");
        let mut sorter = LineSorter::of(20_000);
        for (line, text) in &found {
            sorter.push(*line, text).unwrap();
            assert!(sorter.bytes.len() < 20_000 && sorter.places.len() < 900);
        }
    }
}
