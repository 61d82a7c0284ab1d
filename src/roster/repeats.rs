//! Finds the lines that name the same user as an earlier line, in memory that does not grow with the file.
//!
//! A digest of each user is sorted together with its line number: in memory up to a limit, beyond that in temporary
//! files that are merged. It works on digests and line numbers only.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

/// How many entries are sorted in memory.
const IN_MEMORY: usize = 1 << 16;
const DIGEST: usize = 16;

type Entry = ([u8; DIGEST], u64);

/// The users that were passed so far.
#[derive(Debug)]
pub(super) struct Repeats {
    most: usize,
    entries: Vec<Entry>,
    sorted: Vec<BufReader<std::fs::File>>,
}

/// The repeated lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RepeatsFound {
    /// How many lines name the same user as an earlier line.
    pub(super) count: u64,
    /// The first of these lines, each with the line that named the user first.
    pub(super) first: Vec<(u64, u64)>,
}

impl Repeats {
    pub(super) fn new() -> Self {
        Self::of(IN_MEMORY)
    }

    fn of(most: usize) -> Self {
        Self {
            most,
            entries: Vec::new(),
            sorted: Vec::new(),
        }
    }

    /// Adds the user of a line. An error means that no temporary file can be written.
    pub(super) fn push(&mut self, digest: [u8; DIGEST], line: u64) -> io::Result<()> {
        self.entries.push((digest, line));
        if self.entries.len() >= self.most {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.entries.sort_unstable();
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for (digest, line) in self.entries.drain(..) {
            file.write_all(&digest)?;
            file.write_all(&line.to_le_bytes())?;
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.sorted.push(BufReader::new(file));
        Ok(())
    }

    /// Counts the repeated lines, and lists the first `listed` of them in the order of lines.
    pub(super) fn finish(mut self, listed: usize) -> io::Result<RepeatsFound> {
        self.entries.sort_unstable();
        let mut left = std::mem::take(&mut self.entries).into_iter();
        let mut next: BinaryHeap<Reverse<(Entry, Option<usize>)>> = BinaryHeap::new();
        for index in 0..self.sorted.len() {
            next.extend(read(&mut self.sorted[index])?.map(|entry| Reverse((entry, Some(index)))));
        }
        next.extend(left.next().map(|entry| Reverse((entry, None))));
        let mut found = RepeatsFound::default();
        let mut kept = BinaryHeap::new();
        let mut user: Option<Entry> = None;
        while let Some(Reverse((entry, from))) = next.pop() {
            let following = match from {
                Some(index) => read(&mut self.sorted[index])?,
                None => left.next(),
            };
            next.extend(following.map(|entry| Reverse((entry, from))));
            match user {
                Some((digest, first)) if digest == entry.0 => {
                    found.count += 1;
                    kept.push((entry.1, first));
                    if kept.len() > listed {
                        kept.pop();
                    }
                }
                _ => user = Some(entry),
            }
        }
        found.first = kept.into_sorted_vec();
        Ok(found)
    }
}

fn read(file: &mut BufReader<std::fs::File>) -> io::Result<Option<Entry>> {
    let (mut digest, mut line) = ([0; DIGEST], [0; 8]);
    match file.read_exact(&mut digest) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    file.read_exact(&mut line)?;
    Ok(Some((digest, u64::from_le_bytes(line))))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

        #[test]
        fn repeats_are_those_that_a_map_finds(
            users in proptest::collection::vec(0_u8..12, 0..60),
            most in 1_usize..20,
            listed in 0_usize..8,
        ) {
            let (mut repeats, mut first) = (Repeats::of(most), HashMap::new());
            let mut expected = Vec::new();
            for (index, user) in users.into_iter().enumerate() {
                let line = index as u64 + 2;
                repeats.push([user; DIGEST], line).unwrap();
                let earlier = *first.entry(user).or_insert(line);
                if earlier != line {
                    expected.push((line, earlier));
                }
            }
            let found = repeats.finish(listed).unwrap();
            prop_assert_eq!(found.count, expected.len() as u64);
            expected.truncate(listed);
            prop_assert_eq!(found.first, expected);
        }
    }
}
