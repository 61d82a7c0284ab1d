//! The hash chain over the events of a job (P9): which bytes are hashed.
//!
//! An event's *text* is one line of JSON with these members in this order and no spaces between them:
//!
//! ```text
//! {"seq":7,"at":"2030-01-31T18:00:00.000Z","run":"0193…","line":2,"kind":"settled","body":{…}}
//! ```
//!
//! `seq` counts the events of the job from 1. `run` is `null` if the event concerns no run, `line` if it
//! concerns no line. `body` is the stored text, unchanged. The event's *hash* is SHA-256, as 64 lower-case
//! hexadecimal digits, over three things: the hash of the event before (64 zeros for the first), a line
//! feed, then the text with a line feed at its end. So `printf '%s\n%s\n' "$before" "$text" | sha256sum`
//! repeats it.
//!
//! The first event of a chain names the job, the roster's digest, the change, the target and the
//! program's version, so that no chain can be taken for that of another job. Events that were stored by a
//! version without chains have neither `seq` nor hash. They come before the first event of the chain,
//! which then says how many they are.

use std::fmt::Write;

use aws_lc_rs::digest::{Context, SHA256};

use crate::domain::Timestamp;

/// The hash that is used as the one before the first event of a chain.
pub(crate) const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One event, as the parts from which its text is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventParts<'a> {
    /// Its number in the chain, from 1; `None` for an event that was stored by a version without chains.
    pub seq: Option<u64>,
    /// When it happened.
    pub at: Timestamp,
    /// The id of the run, if the event concerns one.
    pub run: Option<&'a str>,
    /// The roster line, if the event concerns one.
    pub line: Option<u64>,
    /// The kind of the event, such as `settled`.
    pub kind: &'a str,
    /// The stored text of the event: a JSON object.
    pub body: &'a str,
}

impl EventParts<'_> {
    /// The text that is hashed, without a line feed at its end.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(160 + self.body.len());
        text.push_str("{\"seq\":");
        number(&mut text, self.seq);
        // Writing to a `String` cannot fail.
        let _ = write!(text, ",\"at\":\"{}\",\"run\":", self.at);
        match self.run {
            Some(run) => {
                let _ = write!(text, "\"{run}\"");
            }
            None => text.push_str("null"),
        }
        text.push_str(",\"line\":");
        number(&mut text, self.line);
        for piece in [",\"kind\":\"", self.kind, "\",\"body\":", self.body, "}"] {
            text.push_str(piece);
        }
        text
    }
}

fn number(text: &mut String, number: Option<u64>) {
    match number {
        Some(number) => {
            let _ = write!(text, "{number}");
        }
        None => text.push_str("null"),
    }
}

/// The hash of an event, computed over the hash of the event before and the event's own text.
pub(crate) fn link(before: &str, text: &str) -> String {
    let mut context = Context::new(&SHA256);
    context.update(before.as_bytes());
    context.update(b"\n");
    context.update(text.as_bytes());
    context.update(b"\n");
    hex(context.finish().as_ref())
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p9_the_bytes_that_are_hashed_never_change() {
        let event = EventParts {
            seq: Some(7),
            at: Timestamp::from_millis(1_571_088_565_713),
            run: Some("0193af"),
            line: None,
            kind: "run_ended",
            body: r#"{"ending":"finished"}"#,
        };
        let text = event.text();
        assert_eq!(
            text,
            "{\"seq\":7,\"at\":\"2019-10-14T21:29:25.713Z\",\"run\":\"0193af\",\"line\":null,\
             \"kind\":\"run_ended\",\"body\":{\"ending\":\"finished\"}}"
        );
        // By `printf '%s\n%s\n' … | sha256sum`.
        assert_eq!(
            link(NO_HASH, &text),
            "988fdc033bce2f29d71138dd951e638ec8ba6bcc01ff723c1f1be164dd73bb09"
        );
        let first = EventParts {
            seq: None,
            line: Some(2),
            run: None,
            ..event
        };
        assert!(first.text().starts_with("{\"seq\":null,"));
        assert!(first.text().contains("\"run\":null,\"line\":2,"));
    }
}
