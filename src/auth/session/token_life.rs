//! How long a token is valid, and when it is renewed. These are pure functions: times are parameters.

use std::time::Duration;

/// The life that is assumed if the service names an impossible one (Anaplan, Authentication API: 35
/// minutes).
const USUAL_LIFE: Duration = Duration::from_mins(35);

/// The longest life that is accepted. A later end is a mistake in units or clocks.
const LONGEST_LIFE_MS: i64 = 24 * 3600 * 1000;

/// The longest life of a token, from any service or setting. A token that is valid for longer is renewed
/// after this time, so that its end always fits the clock.
pub(in crate::auth) const LONGEST_LIFE: Duration = Duration::from_hours(366 * 24);

/// A token is renewed at least this long before its end: it must still be valid when the server reads the
/// request, and a sign-in service that fails needs time to recover.
const MARGIN: Duration = Duration::from_mins(5);

/// A `Date` header has whole seconds only, and the answer took some time to arrive.
const DATE_GRAIN_MS: i64 = 2000;

/// How long a token is still valid, on this machine's clock.
///
/// Its end is a time on the server's clock. If the `Date` of the answer differs from this machine's clock,
/// the end is compared with that `Date`; if both agree within whole seconds, this machine's clock is used,
/// because it is more precise.
pub(in crate::auth) fn remaining_life(
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
                "the token's end is impossible; its usual life is assumed"
            );
            USUAL_LIFE
        }
    }
}

/// How long after its arrival a token is renewed: after 80 % of its life, and at least five minutes
/// before its end, unless its life is 10 minutes or less.
pub(in crate::auth) fn renewal_due(life: Duration) -> Duration {
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
            // The clock of this machine is an hour fast, then an hour slow.
            (end(35), Some(NOW), NOW + 3_600_000, 35 * MINUTE),
            (end(35), Some(NOW), NOW - 3_600_000, 35 * MINUTE),
            // Within the precision of the header this machine's clock is used.
            (Some(NOW + 1_500), Some(NOW), NOW + 900, 600),
            (Some(NOW + 1_500), Some(NOW), NOW + 2_100, 1_500),
            // Impossible ends.
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
