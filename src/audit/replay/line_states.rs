//! The states of all lines, in the order of the lines, each replayed from its events alone.
//!
//! The events of a job come in the order of its chain, and a line's state needs those of one line. So they are
//! sorted by line first ([`LineSorter`]), and only one line's state is in memory at a time. The states then go to
//! a temporary file: in memory while they are few. Files of the evidence are compared with them in the order of
//! their rows, which is that of the lines unless someone has changed it.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use crate::audit::replay::LineState;
use crate::audit::replay::line_event::LineEvent;
use crate::audit::replay::line_sorter::{LineSorter, read, unreadable};
use crate::audit::replay::packed::Packed;
use crate::domain::IdRule;

/// The lines of a block: a bit of `u64` for each.
const LINES: u64 = u64::BITS as u64;
/// The bytes of states that are in memory before they go to a file.
const IN_MEMORY: usize = 1 << 20;

/// The states of all lines that have events.
#[derive(Debug)]
pub(in crate::audit) struct LineStates {
    file: SpooledTempFile,
    /// The end of the file.
    end: u64,
    blocks: Vec<LineBlock>,
    reading: BlockReader,
    /// How many lines have events.
    pub(in crate::audit) count: u64,
    /// How many lines have each outcome.
    pub(in crate::audit) outcomes: BTreeMap<&'static str, u64>,
    /// How many lines have each finding of a verification.
    pub(in crate::audit) findings: BTreeMap<&'static str, u64>,
}

/// A few states that are read together.
#[derive(Debug)]
struct LineBlock {
    first_line: u64,
    /// Where its states begin in the file.
    start: u64,
    /// The lines that a write may have changed, less those that were taken out: a bit for each.
    changed: u64,
}

/// The block whose states are read, one after the other.
#[derive(Debug, Default)]
struct BlockReader {
    /// Which block; `None` before the first.
    block: Option<usize>,
    bytes: Vec<u8>,
    /// Where the next state begins, and its place in the block.
    start: usize,
    bit: u64,
    /// The line of the state that was read last.
    last_line: Option<u64>,
}

/// A line's place among all lines that have events.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) struct LinePlace {
    block: usize,
    bit: u64,
}

impl LineStates {
    /// Replays the events of each line. `discards` is how many plans of the job were discarded.
    pub(super) fn replay(events: LineSorter, discards: u64, ids: IdRule) -> io::Result<Self> {
        let mut this = Self {
            file: SpooledTempFile::new(IN_MEMORY),
            end: 0,
            blocks: Vec::new(),
            reading: BlockReader::default(),
            count: 0,
            outcomes: BTreeMap::new(),
            findings: BTreeMap::new(),
        };
        let mut events = events.finish()?;
        let (mut block, mut record) = (Vec::new(), Vec::new());
        let mut next = events.next::<LineEvent>()?;
        while let Some((line, first)) = next {
            let mut replay = LineReplay {
                state: LineState::default(),
                discards: first.discards,
            };
            replay.take(first);
            next = loop {
                match events.next()? {
                    Some((of, event)) if of == line => replay.take(event),
                    other => break other,
                }
            };
            replay.discard(discards);
            if this.count.is_multiple_of(LINES) {
                this.write(&mut block)?;
                this.blocks.push(LineBlock {
                    first_line: line,
                    start: this.end,
                    changed: 0,
                });
            }
            this.count(&replay.state, ids);
            record.clear();
            replay.state.pack(&mut record);
            line.pack(&mut block);
            (record.len() as u64).pack(&mut block);
            block.extend_from_slice(&record);
        }
        this.write(&mut block)?;
        Ok(this)
    }

    /// Writes the states of a block.
    fn write(&mut self, block: &mut Vec<u8>) -> io::Result<()> {
        self.file.write_all(block)?;
        self.end += block.len() as u64;
        block.clear();
        Ok(())
    }

    /// Counts the next line, and notes in its block whether it may be changed.
    fn count(&mut self, state: &LineState, ids: IdRule) {
        let changed = u64::from(state.may_be_changed(ids)) << (self.count % LINES);
        if let Some(block) = self.blocks.last_mut() {
            block.changed |= changed;
        }
        self.count += 1;
        let outcome = state.status.reported().as_str();
        *self.outcomes.entry(outcome).or_default() += 1;
        if let Some(verified) = &state.verified {
            *self.findings.entry(verified.finding.as_str()).or_default() += 1;
        }
    }

    /// The state of a line; `None` if it has no events. The file is read on if the lines that are asked for come
    /// in order, and searched otherwise.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub(in crate::audit) fn get(
        &mut self,
        line: u64,
    ) -> io::Result<Option<(LinePlace, LineState)>> {
        let after = self
            .blocks
            .partition_point(|block| block.first_line <= line);
        let Some(block) = after.checked_sub(1) else {
            return Ok(None);
        };
        if self.reading.block != Some(block) {
            self.open(block)?;
        }
        if self.reading.last_line.is_some_and(|last| line <= last) {
            self.reading.rewind();
        }
        while let Some((of, bit, record)) = self.reading.next(line)? {
            if of == line {
                return Ok(Some((LinePlace { block, bit }, read(record)?)));
            }
        }
        Ok(None)
    }

    /// Whether a write may have changed the user of a line. It is said once of each line.
    pub(in crate::audit) fn take_changed(&mut self, place: LinePlace) -> bool {
        let bit = 1 << place.bit;
        let block = self.blocks.get_mut(place.block);
        block.is_some_and(|block| {
            let is_changed = block.changed & bit != 0;
            block.changed &= !bit;
            is_changed
        })
    }

    /// The lines that [`LineStates::take_changed`] was not asked about, and that a write may have changed.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub(in crate::audit) fn each_changed(&mut self, mut take: impl FnMut(u64)) -> io::Result<()> {
        for block in 0..self.blocks.len() {
            let changed = self.blocks[block].changed;
            if changed == 0 {
                continue;
            }
            self.open(block)?;
            while let Some((line, bit, _)) = self.reading.next(u64::MAX)? {
                if changed >> bit & 1 == 1 {
                    take(line);
                }
            }
        }
        Ok(())
    }

    /// Reads the bytes of a block.
    fn open(&mut self, block: usize) -> io::Result<()> {
        let start = self.blocks[block].start;
        let next = self.blocks.get(block + 1);
        let end = next.map_or(self.end, |next| next.start);
        let length = usize::try_from(end - start).map_err(|_| unreadable())?;
        self.reading.block = None;
        self.reading.bytes.resize(length, 0);
        self.file.seek(SeekFrom::Start(start))?;
        self.file.read_exact(&mut self.reading.bytes)?;
        self.reading.block = Some(block);
        self.reading.rewind();
        Ok(())
    }
}

impl BlockReader {
    /// Begins again at the first state.
    fn rewind(&mut self) {
        self.start = 0;
        self.bit = 0;
        self.last_line = None;
    }

    /// The next state, as its line, its place and its bytes. `None` at the end, or if it is of a line beyond this
    /// one: then it is still the next.
    fn next(&mut self, up_to: u64) -> io::Result<Option<(u64, u64, &[u8])>> {
        let mut bytes = &self.bytes[self.start..];
        if bytes.is_empty() {
            return Ok(None);
        }
        let line = u64::unpack(&mut bytes).ok_or_else(unreadable)?;
        if line > up_to {
            return Ok(None);
        }
        let length = u64::unpack(&mut bytes).ok_or_else(unreadable)?;
        let record = usize::try_from(length).ok();
        let record = record.and_then(|length| bytes.get(..length));
        let record = record.ok_or_else(unreadable)?;
        let bit = self.bit;
        self.bit += 1;
        self.start = self.bytes.len() - bytes.len() + record.len();
        self.last_line = Some(line);
        Ok(Some((line, bit, record)))
    }
}

/// The line whose events are replayed.
#[derive(Debug)]
struct LineReplay {
    state: LineState,
    /// How many plans of the job were discarded so far. A plan that was discarded before the first event of the
    /// line does not concern it.
    discards: u64,
}

impl LineReplay {
    /// Takes the next event.
    fn take(&mut self, event: LineEvent) {
        self.discard(event.discards);
        self.state.take(event.change);
    }

    /// By now this many plans were discarded. To discard a second one after the first changes nothing.
    fn discard(&mut self, discards: u64) {
        if self.discards != discards {
            self.discards = discards;
            self.state.discard();
        }
    }
}
