//! Finds the lines that name the same user as an earlier line, in memory that does not grow with the file.
//!
//! The keys of the users are sorted together with their line numbers: in memory up to a limit, beyond that in temporary
//! files that are merged. Whole keys are compared, not digests of them, so that two users are never taken for one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

/// How many bytes of keys and places are sorted in memory.
const IN_MEMORY: usize = 3 << 19;

/// The users that were passed so far.
#[derive(Debug)]
pub(super) struct Repeats {
    most: usize,
    /// The keys that are in memory, one after the other.
    keys: Vec<u8>,
    places: Vec<Place>,
    sorted: Vec<BufReader<File>>,
}

/// Where the key of a user is in memory, and which line named the user.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
    line: u64,
}

/// A user with the line that named it: ordered by key, then by line.
type Named = (Vec<u8>, u64);

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
            keys: Vec::new(),
            places: Vec::new(),
            sorted: Vec::new(),
        }
    }

    /// Adds the user of a line: two users are the same if their keys are. An error means that no temporary file can be
    /// written.
    pub(super) fn push(&mut self, key: &str, line: u64) -> io::Result<()> {
        let start = self.keys.len();
        self.keys.extend_from_slice(key.as_bytes());
        let end = self.keys.len();
        self.places.push(Place { start, end, line });
        if end + self.places.len() * size_of::<Place>() >= self.most {
            self.spill()?;
        }
        Ok(())
    }

    /// Sorts the users that are in memory.
    fn sort(&mut self) {
        let keys = &self.keys;
        let named = |place: &Place| (&keys[place.start..place.end], place.line);
        self.places.sort_unstable_by(|a, b| named(a).cmp(&named(b)));
    }

    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for place in self.places.drain(..) {
            let key = &self.keys[place.start..place.end];
            file.write_all(&(key.len() as u64).to_le_bytes())?;
            file.write_all(key)?;
            file.write_all(&place.line.to_le_bytes())?;
        }
        self.keys.clear();
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.sorted.push(BufReader::new(file));
        Ok(())
    }

    /// Counts the repeated lines, and lists the first `listed` of them in the order of lines.
    pub(super) fn finish(mut self, listed: usize) -> io::Result<RepeatsFound> {
        self.sort();
        let keys = self.keys;
        let left = self.places.into_iter();
        let mut left = left.map(|place| (keys[place.start..place.end].to_vec(), place.line));
        let mut next: BinaryHeap<Reverse<(Named, Option<usize>)>> = BinaryHeap::new();
        for (index, file) in self.sorted.iter_mut().enumerate() {
            next.extend(read(file)?.map(|named| Reverse((named, Some(index)))));
        }
        next.extend(left.next().map(|named| Reverse((named, None))));
        let mut found = RepeatsFound::default();
        let mut kept = BinaryHeap::new();
        let mut user: Option<Named> = None;
        while let Some(Reverse((named, from))) = next.pop() {
            let following = match from {
                Some(index) => read(&mut self.sorted[index])?,
                None => left.next(),
            };
            next.extend(following.map(|named| Reverse((named, from))));
            match &user {
                Some((key, first)) if *key == named.0 => {
                    found.count += 1;
                    kept.push((named.1, *first));
                    if kept.len() > listed {
                        kept.pop();
                    }
                }
                _ => user = Some(named),
            }
        }
        found.first = kept.into_sorted_vec();
        Ok(found)
    }
}

/// The next user of a temporary file; `None` at its end.
fn read(file: &mut BufReader<File>) -> io::Result<Option<Named>> {
    let Some(length) = number(file)? else {
        return Ok(None);
    };
    let length = usize::try_from(length).map_err(io::Error::other)?;
    let mut key = vec![0; length];
    file.read_exact(&mut key)?;
    let line = number(file)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(Some((key, line)))
}

fn number(file: &mut BufReader<File>) -> io::Result<Option<u64>> {
    let mut bytes = [0; 8];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(u64::from_le_bytes(bytes))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
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
            users in proptest::collection::vec("[ab]{0,3}", 0..60),
            most in 1_usize..400,
            listed in 0_usize..8,
        ) {
            let (mut repeats, mut first) = (Repeats::of(most), HashMap::new());
            let mut expected = Vec::new();
            for (index, user) in users.into_iter().enumerate() {
                let line = index as u64 + 2;
                repeats.push(&user, line).unwrap();
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
