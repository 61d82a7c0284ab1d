//! One event as evidence: its text as it is hashed, and what it says.

use serde::Deserialize;
use serde_json::Value;

use crate::ledger::EventBody;

/// An event, read back from its text.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::audit) struct ReplayEvent {
    pub(in crate::audit) seq: Option<u64>,
    pub(in crate::audit) at: String,
    pub(in crate::audit) run: Option<String>,
    pub(in crate::audit) line: Option<u64>,
    /// The word of its kind, also of one that this version does not know.
    pub(in crate::audit) kind: String,
    pub(in crate::audit) body: EventBody<'static>,
}

/// The members of the text. One that is not known here, or is there twice, makes it no event.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventMembers {
    seq: Option<u64>,
    at: String,
    run: Option<String>,
    line: Option<u64>,
    kind: String,
    body: Value,
}

impl ReplayEvent {
    /// Reads the text of an event.
    ///
    /// # Errors
    /// It is no event, or its body is none of its kind.
    pub(in crate::audit) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let members: EventMembers = serde_json::from_str(text)?;
        Ok(Self {
            body: EventBody::read(&members.kind, members.body)?,
            seq: members.seq,
            at: members.at,
            run: members.run,
            line: members.line,
            kind: members.kind,
        })
    }
}

/// One line of `events.jsonl`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) struct LinkedText {
    /// The hash that is stated; `None` for an event from before there were chains.
    pub(in crate::audit) hash: Option<String>,
    /// Whether the text is masked, so that the hash is that of another.
    pub(in crate::audit) masked: bool,
    /// The text that is hashed, or the masked one.
    pub(in crate::audit) text: String,
}

impl LinkedText {
    /// Takes a line without its line feed apart; `None` if it is none.
    pub(in crate::audit) fn parse(line: &str) -> Option<Self> {
        let (hash, rest) = line.strip_prefix("{\"hash\":\"")?.split_once("\",")?;
        let is_hash = hash.len() == 64
            && hash
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !hash.is_empty() && !is_hash {
            return None;
        }
        let unmasked = rest.strip_prefix("\"masked\":true,");
        Some(Self {
            hash: is_hash.then(|| hash.to_owned()),
            masked: unmasked.is_some(),
            text: format!("{{{}", unmasked.unwrap_or(rest)),
        })
    }
}
