//! One event as evidence: its text as it is hashed, and what it says.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::ledger::{BodyOf, EventBody};

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
        if let Ok(event) = serde_json::from_str(text) {
            return Ok(event);
        }
        // What is wrong is said in the words of this reader. It takes more texts, too: the members may have any
        // order, and the last of several members of a body counts.
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

impl<'de> Deserialize<'de> for ReplayEvent {
    /// Reads an event whose members are in the order in which they are written, so that the kind is known
    /// before the body is read.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

/// Builds an event from its members.
struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = ReplayEvent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<ReplayEvent, A::Error> {
        let seq = member(&mut members, "seq")?;
        let at = member(&mut members, "at")?;
        let run = member(&mut members, "run")?;
        let line = member(&mut members, "line")?;
        let kind: String = member(&mut members, "kind")?;
        name(&mut members, Some("body"))?;
        let body = members.next_value_seed(BodyOf(&kind))?;
        name(&mut members, None)?;
        Ok(ReplayEvent {
            seq,
            at,
            run,
            line,
            kind,
            body,
        })
    }
}

/// Reads the next member, which must be the one with this name.
fn member<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    members: &mut A,
    expected: &str,
) -> Result<T, A::Error> {
    name(members, Some(expected))?;
    members.next_value()
}

/// Reads the name of the next member, which must be this one. `None` stands for the end.
fn name<'de, A: MapAccess<'de>>(members: &mut A, expected: Option<&str>) -> Result<(), A::Error> {
    if members.next_key::<&str>()? == expected {
        Ok(())
    } else {
        Err(A::Error::custom("the members are others"))
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
