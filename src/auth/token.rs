//! The rules about a token's life.
//!
//! Pure functions: the clocks come in as numbers.

use std::time::Duration;

/// The life of a token whose own account of it cannot be right (Anaplan, Authentication API: 35
/// minutes).
const USUAL_LIFE: Duration = Duration::from_mins(35);

/// No token lives longer: an end beyond this is a mistake in units or clocks.
const LONGEST_LIFE_MS: i64 = 24 * 3600 * 1000;

/// The longest life of a token that is counted with, whichever service or setting names it. A token
/// that lives longer is renewed earlier; a moment this far ahead still fits every clock.
pub(super) const LONGEST_LIFE: Duration = Duration::from_hours(366 * 24);

/// How long before its end, at the latest, a token is renewed: a request that leaves with it must
/// still be judged with it, and a sign-in service that fails must have time to come back.
const MARGIN: Duration = Duration::from_mins(5);

/// A `Date` header says whole seconds only, and the answer took its time.
const DATE_GRAIN_MS: i64 = 2000;

/// How long a token still lives, on our own clock.
///
/// Its end is a time on the server's clock. If the answer's `Date` shows that ours differs, the
/// `Date` is what the end is compared with; if both agree as far as whole seconds can tell, ours is
/// the finer one.
pub(super) fn remaining_life(
    expires_at_ms: Option<i64>,
    server_ms: Option<i64>,
    our_ms: i64,
) -> Duration {
    let now = match server_ms {
        Some(server) if (our_ms.saturating_sub(server)).abs() > DATE_GRAIN_MS => server,
        _ => our_ms,
    };
    let left = expires_at_ms.map(|end| end.saturating_sub(now));
    match left {
        Some(left @ 1..=LONGEST_LIFE_MS) => Duration::from_millis(left.unsigned_abs()),
        odd => {
            tracing::warn!(
                said_ms = odd,
                assumed_s = USUAL_LIFE.as_secs(),
                "the token's end makes no sense; its usual life is assumed"
            );
            USUAL_LIFE
        }
    }
}

/// How long after its arrival a token that lives for `life` is due for renewal: after 80 % of it,
/// and at the latest five minutes before its end unless it is short-lived.
pub(super) fn renewal_due(life: Duration) -> Duration {
    let most = life.mul_f64(0.8);
    if life <= MARGIN * 2 {
        return most;
    }
    most.min(life.saturating_sub(MARGIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_571_086_465_000;
    const MINUTE: u64 = 60_000;

    #[test]
    fn a_life_is_measured_on_the_clock_that_set_its_end() {
        let end = |minutes: i64| Some(NOW + minutes * 60_000);
        for (expires, server, ours, expected) in [
            (end(35), None, NOW, 35 * MINUTE),
            // Our clock is an hour fast, then an hour slow.
            (end(35), Some(NOW), NOW + 3_600_000, 35 * MINUTE),
            (end(35), Some(NOW), NOW - 3_600_000, 35 * MINUTE),
            // Within the header's grain our own clock is finer.
            (Some(NOW + 1_500), Some(NOW), NOW + 900, 600),
            (Some(NOW + 1_500), Some(NOW), NOW + 2_100, 1_500),
            // Nonsense.
            (None, None, NOW, 35 * MINUTE),
            (end(0), None, NOW, 35 * MINUTE),
            (end(-5), None, NOW, 35 * MINUTE),
            (end(24 * 60), None, NOW, 24 * 60 * MINUTE),
            (end(24 * 60 + 1), None, NOW, 35 * MINUTE),
            (Some(NOW / 1000), None, NOW, 35 * MINUTE),
            (Some(i64::MAX), Some(i64::MIN), NOW, 35 * MINUTE),
        ] {
            let found = remaining_life(expires, server, ours);
            assert_eq!(
                found,
                Duration::from_millis(expected),
                "{expires:?} {server:?} {ours}"
            );
        }
    }

    #[test]
    fn a_renewal_is_due_well_before_the_end() {
        for (life, expected) in [
            (0, 0),
            (500, 400),
            (10 * MINUTE, 8 * MINUTE),
            (11 * MINUTE, 6 * MINUTE),
            (20 * MINUTE, 15 * MINUTE),
            (25 * MINUTE, 20 * MINUTE),
            (35 * MINUTE, 28 * MINUTE),
        ] {
            let found = renewal_due(Duration::from_millis(life));
            assert_eq!(found, Duration::from_millis(expected), "{life}");
        }
    }
}
