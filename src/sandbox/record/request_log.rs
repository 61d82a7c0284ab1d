//! Counters over all requests, and the request log.
//!
//! A [`Visit`] exists for one request and records how it ends, also if the client hangs up and the handler
//! is dropped. It knows nothing of users or of bodies.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::sandbox::fault::fault_settings::FaultKind;
use crate::sandbox::route::{Route, Verb};
use crate::sandbox::shared_state::hold;

/// Client and server read their clocks at slightly different moments: this much too early counts as on time.
const SLACK: Duration = Duration::from_millis(5);

/// One request as the server saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Milliseconds from the start of the sandbox to the arrival.
    pub at_ms: u64,
    /// The method.
    pub verb: Verb,
    /// The call; its `Display` is the path.
    pub route: Route,
    /// The status sent; `None` while the request is open, and if it got no answer.
    pub status: Option<u16>,
    /// The fault that was injected.
    pub fault: Option<FaultKind>,
    /// Set if a SCIM request arrived before the time of a `Retry-After` had passed: the milliseconds since
    /// that wait was first sent. A small value means that the request had already been sent.
    pub early_ms: Option<u64>,
}

/// Sums over all requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestTotals {
    /// Requests that arrived.
    pub requests: u64,
    /// Most requests open at the same time.
    pub peak_concurrency: u64,
    /// Answers with status 429.
    pub throttled: u64,
    /// Answers with status 429 because the request allowance was used up.
    pub out_of_permits: u64,
    /// Successful sign-ins.
    pub sign_ins: u64,
    /// Successful token refreshes.
    pub refreshes: u64,
    /// Successful logouts.
    pub logouts: u64,
}

#[derive(Debug, Default)]
struct Sheet {
    requests: Vec<LoggedRequest>,
    totals: RequestTotals,
    open: u64,
    faults: [u64; FaultKind::ALL.len()],
    closed: Option<Closed>,
}

/// A wait that clients have been asked to keep.
#[derive(Debug, Clone, Copy)]
struct Closed {
    since: Instant,
    until: Instant,
}

/// All counters of a sandbox.
#[derive(Debug)]
pub(crate) struct RequestLog {
    start: Instant,
    keep_log: bool,
    sheet: Mutex<Sheet>,
}

impl RequestLog {
    /// Times count from `start`. Without `keep_log` requests are counted, and not listed.
    pub(crate) fn new(start: Instant, keep_log: bool) -> Self {
        Self {
            start,
            keep_log,
            sheet: Mutex::default(),
        }
    }

    /// Records the arrival of a request.
    pub(crate) fn arrive(&self, verb: Verb, route: Route) -> Visit<'_> {
        let now = Instant::now();
        let mut sheet = hold(&self.sheet);
        sheet.totals.requests += 1;
        sheet.open += 1;
        sheet.totals.peak_concurrency = sheet.totals.peak_concurrency.max(sheet.open);
        let closed = sheet
            .closed
            .filter(|closed| route.is_scim() && now + SLACK < closed.until);
        let place = self.keep_log.then(|| {
            sheet.requests.push(LoggedRequest {
                at_ms: ms(now - self.start),
                verb,
                route,
                status: None,
                fault: None,
                early_ms: closed.map(|closed| ms(now.saturating_duration_since(closed.since))),
            });
            sheet.requests.len() - 1
        });
        Visit {
            tally: self,
            place,
            status: None,
            fault: None,
        }
    }

    /// Records that the server asked clients to wait for this long.
    pub(crate) fn close_for(&self, wait: Duration) {
        let now = Instant::now();
        let until = now + wait;
        let closed = &mut hold(&self.sheet).closed;
        *closed = match *closed {
            Some(open) if open.until > now => Some(Closed {
                since: open.since,
                until: open.until.max(until),
            }),
            _ => Some(Closed { since: now, until }),
        };
    }

    /// Changes the totals.
    pub(crate) fn count(&self, change: impl FnOnce(&mut RequestTotals)) {
        change(&mut hold(&self.sheet).totals);
    }

    /// The sums up to now; requests that are still open count.
    pub(crate) fn totals(&self) -> RequestTotals {
        hold(&self.sheet).totals
    }

    /// A copy of the list, in the order of arrival; empty if no list is kept.
    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        hold(&self.sheet).requests.clone()
    }

    /// How many requests met this fault.
    pub(crate) fn faults(&self, kind: FaultKind) -> u64 {
        hold(&self.sheet).faults[kind as usize]
    }

    /// Milliseconds since the start.
    pub(crate) fn now_ms(&self) -> u64 {
        ms(self.start.elapsed())
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// One request on its way through the sandbox.
#[derive(Debug)]
pub(crate) struct Visit<'a> {
    tally: &'a RequestLog,
    place: Option<usize>,
    /// The status sent.
    pub(crate) status: Option<u16>,
    /// The fault injected.
    pub(crate) fault: Option<FaultKind>,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut sheet = hold(&self.tally.sheet);
        sheet.open -= 1;
        sheet.totals.throttled += u64::from(self.status == Some(429));
        if let Some(kind) = self.fault {
            sheet.faults[kind as usize] += 1;
        }
        if let Some(request) = self.place.and_then(|place| sheet.requests.get_mut(place)) {
            request.status = self.status;
            request.fault = self.fault;
        }
    }
}
