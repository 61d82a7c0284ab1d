//! Decides whether a request falls into the outage.
//!
//! It counts requests to find the one with which the outage begins. Time is a parameter.

use tokio::time::Instant;

use crate::sandbox::fault::fault_settings::{OutageAnswer, OutageStart, PlannedOutage};

/// The state of the one outage that a sandbox may have.
#[derive(Debug)]
pub(crate) struct Window {
    outage: Option<PlannedOutage>,
    began: Option<Instant>,
    requests: u64,
}

impl Window {
    /// A window for a sandbox that starts at `start`.
    pub(crate) fn new(outage: Option<PlannedOutage>, start: Instant) -> Self {
        let began = outage.and_then(|outage| match outage.start {
            OutageStart::After(wait) => Some(start + wait),
            OutageStart::AtRequest(_) => None,
        });
        Self {
            outage,
            began,
            requests: 0,
        }
    }

    /// Counts one request, and returns how it is answered if it falls into the outage.
    pub(crate) fn meet(&mut self, now: Instant) -> Option<OutageAnswer> {
        let outage = self.outage?;
        self.requests += 1;
        if let OutageStart::AtRequest(number) = outage.start
            && self.requests >= number
        {
            self.began.get_or_insert(now);
        }
        let began = self.began?;
        (now >= began && now < began + outage.lasts).then_some(outage.answer)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn opens_by_time() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let outage = PlannedOutage {
            start: OutageStart::After(Duration::from_millis(50)),
            lasts: Duration::from_millis(100),
            answer: OutageAnswer::Reset,
        };
        let mut window = Window::new(Some(outage), start);
        assert_eq!(window.meet(at(49)), None);
        assert_eq!(window.meet(at(50)), Some(OutageAnswer::Reset));
        assert_eq!(window.meet(at(149)), Some(OutageAnswer::Reset));
        assert_eq!(window.meet(at(150)), None);
    }

    #[test]
    fn opens_by_count_and_only_once() {
        let start = Instant::now();
        let outage = PlannedOutage {
            start: OutageStart::AtRequest(2),
            lasts: Duration::from_secs(1),
            answer: OutageAnswer::Unavailable,
        };
        let mut window = Window::new(Some(outage), start);
        assert_eq!(window.meet(start), None);
        assert_eq!(window.meet(start), Some(OutageAnswer::Unavailable));
        assert_eq!(window.meet(start + Duration::from_secs(1)), None);
        assert_eq!(window.meet(start + Duration::from_secs(2)), None);
    }
}
