//! Finds the physical line on which each record begins, and quotes that are never closed.
//!
//! The csv crate counts lines wrongly after blank lines, and takes the end of the file for the end of a quote. This
//! state machine follows the same dialect byte by byte: a quote opens only at the start of a field, `""` inside stands
//! for one quote, and text after the closing quote continues unquoted. It reads the stream before the crate does, so
//! that the mark of each record is there when the crate returns the record. It knows no fields and no encodings.

use std::collections::VecDeque;
use std::io::{self, Read};

/// The most bytes of one record. Without a limit, an open quote would make the rest of the file one record.
pub(in crate::roster) const RECORD_LIMIT: u64 = 1 << 20;

/// The position and size of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster) struct RecordMark {
    /// The physical line on which the record begins, from 1.
    pub(in crate::roster) line: u64,
    /// How many bytes the record has, without the end of its line.
    pub(in crate::roster) bytes: u64,
    /// The line of the opening quote, if a quote was still open at the end of the record or of the input.
    pub(in crate::roster) open_quote: Option<u64>,
}

impl RecordMark {
    /// Whether the record is longer than the limit.
    pub(in crate::roster) fn is_too_long(self) -> bool {
        self.bytes > RECORD_LIMIT
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    FieldStart,
    Bare,
    Quoted,
    QuoteInQuoted,
}

/// The state machine. It works on decoded bytes.
#[derive(Debug)]
pub(in crate::roster) struct Scanner {
    delimiter: u8,
    state: State,
    line: u64,
    after_return: bool,
    record_line: u64,
    record_bytes: u64,
    quote_line: u64,
}

impl Scanner {
    /// Starts with text that begins on this line, from 1.
    pub(in crate::roster) fn new(delimiter: u8, line: u64) -> Self {
        Self {
            delimiter,
            state: State::Between,
            line,
            after_return: false,
            record_line: line,
            record_bytes: 0,
            quote_line: line,
        }
    }

    /// Takes one byte. Returns the mark of the record that it ends, if it ends one.
    pub(in crate::roster) fn step(&mut self, byte: u8) -> Option<RecordMark> {
        let next = match self.state {
            State::Between if is_line_end(byte) => State::Between,
            State::Between => {
                self.record_line = self.line;
                self.record_bytes = 0;
                self.at_field_start(byte)
            }
            State::FieldStart => self.at_field_start(byte),
            State::Quoted if byte == b'"' => State::QuoteInQuoted,
            State::QuoteInQuoted if byte == b'"' => State::Quoted,
            State::Quoted => State::Quoted,
            State::Bare | State::QuoteInQuoted => self.unquoted(byte),
        };
        let ended = next == State::Between && self.state != State::Between;
        let mark = ended.then(|| self.mark());
        self.record_bytes += 1;
        self.state = next;
        // A line feed after a carriage return is part of the line end that was already counted.
        if is_line_end(byte) && !(byte == b'\n' && self.after_return) {
            self.line += 1;
        }
        self.after_return = byte == b'\r';
        mark
    }

    /// The mark of the record that has begun and not ended, if there is one.
    pub(in crate::roster) fn pending(&self) -> Option<RecordMark> {
        (self.state != State::Between).then(|| self.mark())
    }

    fn at_field_start(&mut self, byte: u8) -> State {
        if byte == b'"' {
            self.quote_line = self.line;
            State::Quoted
        } else {
            self.unquoted(byte)
        }
    }

    fn unquoted(&self, byte: u8) -> State {
        if byte == self.delimiter {
            State::FieldStart
        } else if is_line_end(byte) {
            State::Between
        } else {
            State::Bare
        }
    }

    fn mark(&self) -> RecordMark {
        RecordMark {
            line: self.record_line,
            bytes: self.record_bytes,
            open_quote: (self.state == State::Quoted).then_some(self.quote_line),
        }
    }
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// A stream that runs the scanner over the bytes it reads.
#[derive(Debug)]
pub(in crate::roster) struct Scanned<R> {
    inner: R,
    scanner: Scanner,
    marks: VecDeque<RecordMark>,
    ended: bool,
}

impl<R> Scanned<R> {
    /// Wraps a stream whose text begins on this line, from 1.
    pub(in crate::roster) fn new(inner: R, delimiter: u8, line: u64) -> Self {
        Self {
            inner,
            scanner: Scanner::new(delimiter, line),
            marks: VecDeque::new(),
            ended: false,
        }
    }

    /// Takes the mark of the next record, in the order of the file.
    pub(in crate::roster) fn take_mark(&mut self) -> Option<RecordMark> {
        self.marks.pop_front()
    }

    /// The record that is longer than the limit, if there is one. The stream cannot be read further.
    pub(in crate::roster) fn too_long(&self) -> Option<RecordMark> {
        self.scanner.pending().filter(|mark| mark.is_too_long())
    }
}

impl<R: Read> Read for Scanned<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.too_long().is_some() {
            return Err(io::Error::other("the record is too long"));
        }
        let count = self.inner.read(buffer)?;
        for &byte in &buffer[..count] {
            self.marks.extend(self.scanner.step(byte));
        }
        if count == 0 && !self.ended {
            self.ended = true;
            self.marks.extend(self.scanner.pending());
        }
        Ok(count)
    }
}
