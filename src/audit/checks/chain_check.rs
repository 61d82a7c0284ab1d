//! Whether the chain holds: each event follows from the one before, from the first to the head.

use crate::audit::audit_fault::{AuditFault, AuditFaults};
use crate::audit::replay::{LinkedText, ReplayEvent};
use crate::domain::{NO_HASH, link};
use crate::ledger::EventBody;

/// A chain that is gone through, event by event.
#[derive(Debug)]
pub(in crate::audit) struct ChainCheck {
    /// The file or table that the events come from.
    file: &'static str,
    /// A hash from outside that must be one of the chain.
    sought: Option<String>,
    sought_at: Option<u64>,
    head: Option<String>,
    /// Events in the chain.
    pub(in crate::audit) events: u64,
    /// Events before it.
    pub(in crate::audit) unchained: u64,
    /// Events whose texts are masked.
    pub(in crate::audit) masked: u64,
}

impl ChainCheck {
    pub(in crate::audit) fn new(file: &'static str, sought: Option<&str>) -> Self {
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
    pub(in crate::audit) fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// Whether a hash from outside was given.
    pub(in crate::audit) fn was_compared(&self) -> bool {
        self.sought.is_some()
    }

    /// Takes the next event, which is on this line.
    pub(in crate::audit) fn push(
        &mut self,
        line: u64,
        linked: &LinkedText,
        event: &ReplayEvent,
        faults: &mut AuditFaults,
    ) {
        let fault = |what: &str| AuditFault::of(self.file, what).line(line).event(event.seq);
        let Some(stated) = &linked.hash else {
            self.unchained += 1;
            if self.head.is_some() {
                faults.push(fault("an event without a hash inside of the chain"));
            } else if event.seq.is_some() {
                faults.push(fault("an event without a hash has a place in the chain"));
            }
            return;
        };
        if self.head.is_none() && !event.body.begins_chain() {
            let begins = "the chain does not begin with the event that names the job";
            faults.push(fault(begins).but("job_loaded` or `chain_begun", &event.kind));
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
        if let EventBody::ChainBegun { events_before, .. } = event.body
            && events_before != self.unchained
        {
            let what = "the number of events before the chain";
            faults.push(fault(what).but(events_before, self.unchained));
        }
        self.events = event.seq.unwrap_or(place);
        if self.sought.as_ref() == Some(stated) {
            self.sought_at = Some(self.events);
        }
        self.head = Some(stated.clone());
    }

    /// Compares the end with what is known of it.
    pub(in crate::audit) fn finish(
        &mut self,
        end: Option<&StatedEnd>,
        faults: &mut AuditFaults,
    ) -> Option<String> {
        if let Some(end) = end {
            let place = |field: &'static str| move || StatedEnd::place(field);
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
            faults.push(AuditFault::of(self.file, what).but(sought, found));
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
pub(in crate::audit) struct StatedEnd {
    pub(in crate::audit) head: Option<String>,
    pub(in crate::audit) events: u64,
    pub(in crate::audit) unchained: u64,
    pub(in crate::audit) masked: u64,
}

impl StatedEnd {
    fn place(field: &str) -> AuditFault {
        AuditFault::of(
            "manifest.json",
            "the chain does not end as the manifest states",
        )
        .field(field)
    }
}
