//! One event, taken apart: its text as it is hashed, and what it says.

use serde::Deserialize;
use serde_json::Value;

/// What the text of an event says. A member that is not known here, or is there twice, makes it no event.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    pub(super) seq: Option<u64>,
    pub(super) at: String,
    pub(super) run: Option<String>,
    pub(super) line: Option<u64>,
    pub(super) kind: String,
    pub(super) body: Value,
}

impl Event {
    /// A text of the body.
    pub(super) fn text(&self, member: &str) -> Option<&str> {
        self.body.get(member)?.as_str()
    }

    /// A number of the body.
    pub(super) fn number(&self, member: &str) -> Option<u64> {
        self.body.get(member)?.as_u64()
    }

    /// A truth of the body, as tables spell it.
    pub(super) fn flag(&self, member: &str) -> Option<bool> {
        self.body.get(member)?.as_bool()
    }

    /// A list of ids in the body, as tables spell it.
    pub(super) fn ids(&self, member: &str) -> Option<String> {
        let ids = self.body.get(member)?.as_array()?;
        let ids: Vec<_> = ids.iter().filter_map(Value::as_str).collect();
        Some(ids.join(" "))
    }
}

/// One line of `events.jsonl`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// The hash that is stated; `None` for an event from before there were chains.
    pub(super) hash: Option<String>,
    /// Whether the text is masked, so that the hash is that of another.
    pub(super) masked: bool,
    /// The text that is hashed, or the masked one.
    pub(super) text: String,
}

impl Link {
    /// Takes a line without its line feed apart; `None` if it is none.
    pub(super) fn parse(line: &str) -> Option<Self> {
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
