//! Whether the chain holds: each event follows from the one before, from the first to the head.

use crate::audit::event::{Event, Link};
use crate::audit::fault::{Fault, Faults};
use crate::domain::{NO_HASH, link};

/// The kinds of event that may begin a chain.
const HEADERS: [&str; 2] = ["job_loaded", "chain_begun"];

/// A chain that is gone through, event by event.
#[derive(Debug)]
pub(super) struct ChainCheck {
    /// The file or table that the events come from.
    file: &'static str,
    /// A hash from outside that must be one of the chain.
    sought: Option<String>,
    sought_at: Option<u64>,
    head: Option<String>,
    /// Events in the chain.
    pub(super) events: u64,
    /// Events before it.
    pub(super) unchained: u64,
    /// Events whose texts are masked.
    pub(super) masked: u64,
}

impl ChainCheck {
    pub(super) fn new(file: &'static str, sought: Option<&str>) -> Self {
        Self {
            file,
            sought: sought.map(str::to_ascii_lowercase),
            sought_at: None,
            head: None,
            events: 0,
            unchained: 0,
            masked: 0,
        }
    }

    /// The hash of the last event so far.
    pub(super) fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// Whether a hash from outside was given.
    pub(super) fn was_compared(&self) -> bool {
        self.sought.is_some()
    }

    /// Takes the next event, which stands on this line.
    pub(super) fn push(&mut self, line: u64, linked: &Link, event: &Event, faults: &mut Faults) {
        let fault = |what: &str| Fault::of(self.file, what).line(line).event(event.seq);
        let Some(stated) = &linked.hash else {
            self.unchained += 1;
            if self.head.is_some() {
                faults.push(fault("an event without a hash inside of the chain"));
            } else if event.seq.is_some() {
                faults.push(fault("an event without a hash has a place in the chain"));
            }
            return;
        };
        if self.head.is_none() && !HEADERS.contains(&event.kind.as_str()) {
            let begins = "the chain does not begin with the event that names the job";
            faults.push(fault(begins).but(HEADERS.join("` or `"), &event.kind));
        }
        let place = self.events + 1;
        if event.seq != Some(place) {
            let found = event.seq.map_or("none".to_owned(), |seq| seq.to_string());
            let what =
                "the place in the chain is not the next one: events were dropped, added or moved";
            faults.push(fault(what).but(place, found));
        }
        if linked.masked {
            self.masked += 1;
        } else {
            let before = self.head.as_deref().unwrap_or(NO_HASH);
            let hash = link(before, &linked.text);
            if hash != *stated {
                let what = "the hash does not follow from the text and the event before";
                faults.push(fault(what).but(hash, stated));
            }
        }
        if event.kind == HEADERS[1] && event.number("events_before") != Some(self.unchained) {
            let said = event.number("events_before").unwrap_or_default();
            let what = "the number of events before the chain";
            faults.push(fault(what).but(said, self.unchained));
        }
        self.events = event.seq.unwrap_or(place);
        if self.sought.as_ref() == Some(stated) {
            self.sought_at = Some(self.events);
        }
        self.head = Some(stated.clone());
    }

    /// Compares the end with what is known of it.
    pub(super) fn finish(&mut self, end: Option<&End>, faults: &mut Faults) -> Option<String> {
        if let Some(end) = end {
            let place = |field: &'static str| move || End::place(field);
            let what = |head: Option<&str>| head.unwrap_or("none").to_owned();
            faults.compare(
                place("chain.head"),
                &what(self.head()),
                &what(end.head.as_deref()),
            );
            for (field, counted, stated) in [
                ("chain.events", self.events + self.unchained, end.events),
                ("chain.unchained", self.unchained, end.unchained),
                ("chain.masked", self.masked, end.masked),
            ] {
                faults.compare(place(field), &counted.to_string(), &stated.to_string());
            }
        }
        let sought = self.sought.as_ref()?;
        let Some(at) = self.sought_at else {
            let what = "the head that was kept elsewhere is none of this chain: the end was cut off, \
                        or the chain was written anew";
            let found = self.head().unwrap_or("none");
            faults.push(Fault::of(self.file, what).but(sought, found));
            return None;
        };
        let more = self.events - at;
        Some(match more {
            0 => "the head is the one that was kept elsewhere".to_owned(),
            _ => {
                format!("the head that was kept elsewhere is event {at}: {more} events came later")
            }
        })
    }
}

/// The end of a chain, as a manifest states it.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) head: Option<String>,
    pub(super) events: u64,
    pub(super) unchained: u64,
    pub(super) masked: u64,
}

impl End {
    fn place(field: &str) -> Fault {
        Fault::of(
            "manifest.json",
            "the chain does not end as the manifest states",
        )
        .field(field)
    }
}
