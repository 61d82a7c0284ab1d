//! Where records begin, in physical lines, and which quote is still open.
//!
//! The csv crate counts lines wrongly after blank ones and takes the end of the file for the end of a quote. This
//! machine follows the same dialect byte by byte (a quote opens only at a field's start, `""` inside stands for one,
//! text after the closing quote goes on unquoted) and notes what the crate does not tell. It sits in the stream under
//! the crate, so that each record's mark is there before the record is. It knows no fields and no encodings.

use std::collections::VecDeque;
use std::io::{self, Read};

/// The most bytes of one record: an open quote must not swallow a file of any size.
pub(in crate::roster) const RECORD_LIMIT: u64 = 1 << 20;

/// What is known of a record besides its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster) struct RecordMark {
    /// The physical line on which the record begins, from 1.
    pub(in crate::roster) line: u64,
    /// How many bytes the record has, without its line end.
    pub(in crate::roster) bytes: u64,
    /// The line of the quote that was open when the record, or the input, came to its end.
    pub(in crate::roster) open_quote: Option<u64>,
}

impl RecordMark {
    /// Whether the record is beyond the limit.
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

/// The state machine over decoded bytes.
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
    /// A machine for text that begins on this line, from 1.
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

    /// Takes one byte; gives a mark where it ends a record.
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
        // A line feed after a carriage return belongs to the line end that was already counted.
        if is_line_end(byte) && !(byte == b'\n' && self.after_return) {
            self.line += 1;
        }
        self.after_return = byte == b'\r';
        mark
    }

    /// The record that is under way, if there is one.
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

/// A stream that is scanned as it passes.
#[derive(Debug)]
pub(in crate::roster) struct Scanned<R> {
    inner: R,
    scanner: Scanner,
    marks: VecDeque<RecordMark>,
    ended: bool,
}

impl<R> Scanned<R> {
    /// A stream that begins on this line, from 1.
    pub(in crate::roster) fn new(inner: R, delimiter: u8, line: u64) -> Self {
        Self {
            inner,
            scanner: Scanner::new(delimiter, line),
            marks: VecDeque::new(),
            ended: false,
        }
    }

    /// The mark of the next record, in the order in which the records stand.
    pub(in crate::roster) fn take_mark(&mut self) -> Option<RecordMark> {
        self.marks.pop_front()
    }

    /// The record because of which the stream refuses to go on.
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
