//! Until when a runner may send requests to a target. One runner works on a target at a time, so that there is one
//! pace for each tenant.

use std::time::{Duration, Instant};

use crate::domain::Timestamp;

/// The term of a lease, as its holder knows it: never longer than the ledger grants it.
///
/// It has an end by each of two clocks, and it is over with the first of them. The clock that only goes forward may
/// stand still while the machine sleeps; the clock of the day may be set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeaseTerm(Option<(Instant, Timestamp)>);

impl LeaseTerm {
    /// The term of a lease of this length that was asked for at this moment, by both clocks. The ledger counts from a
    /// later moment, at which the request has come to it.
    pub(crate) fn asked_at(now: Instant, today: Timestamp, length: Duration) -> Self {
        let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        let by_day = Timestamp::from_millis(today.as_millis().saturating_add(millis));
        Self(now.checked_add(length).map(|until| (until, by_day)))
    }

    /// The lease was lost: another runner may hold it.
    pub(crate) const LOST: Self = Self(None);

    /// How long the lease lasts, by the clock that only goes forward.
    pub(crate) fn left(self, now: Instant) -> Duration {
        self.0.map_or(Duration::ZERO, |(until, _)| {
            until.saturating_duration_since(now)
        })
    }

    /// Whether the lease lasts for at least this time from now on.
    pub(crate) fn outlasts(self, now: Instant, today: Timestamp, time: Duration) -> bool {
        let Some((until, by_day)) = self.0 else {
            return false;
        };
        let left = by_day.as_millis().saturating_sub(today.as_millis());
        let left = u64::try_from(left).map(Duration::from_millis);
        until.saturating_duration_since(now) >= time && left.is_ok_and(|left| left >= time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p6_a_lease_is_over_by_whichever_clock_comes_first() {
        let (now, today) = (
            tokio::time::Instant::now().into_std(),
            Timestamp::from_millis(1_000_000),
        );
        let after = |seconds: u64| now + Duration::from_secs(seconds);
        let day_after = |seconds: i64| Timestamp::from_millis(1_000_000 + 1000 * seconds);
        let term = LeaseTerm::asked_at(now, today, Duration::from_mins(1));
        let need = Duration::from_secs(30);
        assert!(term.outlasts(now, today, need));
        assert!(term.outlasts(after(30), day_after(30), need));
        // The machine has slept: only the clock of the day has gone on.
        assert!(!term.outlasts(after(1), day_after(31), need));
        // The clock of the day was set back.
        assert!(!term.outlasts(after(31), day_after(-999), need));
        assert!(!term.outlasts(after(90), day_after(90), Duration::ZERO));
        assert!(!LeaseTerm::LOST.outlasts(now, today, Duration::ZERO));
    }
}
