//! An event on its way into the ledger.

use crate::domain::{Entry, Line, Timestamp};
use crate::ledger::record::EventBody;

/// The events that a batch of facts is.
#[derive(Debug, Default)]
pub(in crate::ledger) struct FactEvents {
    pub(in crate::ledger) events: Vec<NewEvent>,
    /// For each fact the index of its event.
    pub(in crate::ledger) places: Vec<usize>,
}

/// One event on its way into the ledger.
#[derive(Debug)]
pub(in crate::ledger) struct NewEvent {
    pub(in crate::ledger) line: Option<u64>,
    pub(in crate::ledger) at: Timestamp,
    /// Whether a chain may begin with it.
    pub(in crate::ledger) begins_chain: bool,
    /// `{"kind":"…","body":{…}}`: the two stored columns, in the text that serde makes of an event.
    tagged: String,
}

impl NewEvent {
    const KIND: &'static str = "{\"kind\":\"";
    const BODY: &'static str = "\",\"body\":";

    /// An event of a line, or of the whole job.
    pub(in crate::ledger) fn new(line: Option<Line>, at: Timestamp, body: &EventBody<'_>) -> Self {
        Self {
            line: line.map(|line| line.0),
            at,
            begins_chain: body.begins_chain(),
            tagged: serde_json::to_string(body).expect("a body of plain values is JSON"),
        }
    }

    /// The events that facts are, in their order.
    pub(in crate::ledger) fn of(entries: &[Entry]) -> FactEvents {
        let mut all = FactEvents::default();
        let mut left = entries;
        while let Some((body, taken)) = EventBody::of_first(left) {
            all.places
                .resize(all.places.len() + taken, all.events.len());
            all.events
                .push(Self::new(Some(left[0].line), left[0].at, &body));
            left = &left[taken..];
        }
        all
    }

    /// The word of its kind.
    pub(in crate::ledger) fn kind(&self) -> &str {
        self.parts().0
    }

    /// What it says: a JSON object.
    pub(in crate::ledger) fn body(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        // No word of a kind holds a quotation mark, so that the first place found is the right one.
        let parts = self.tagged[Self::KIND.len()..].split_once(Self::BODY);
        let (kind, body) = parts.expect("serde writes the kind first, then the body");
        (kind, &body[..body.len() - 1])
    }
}
