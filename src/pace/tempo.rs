//! The tempo: how far the pace is below the setting, and when it rises again. It is a pure rule: time and answers
//! come in as arguments.
//!
//! Two things lower it. A 429 halves it, and it rises again by a twentieth of the setting for every two seconds
//! in which answers come: so a limit that is shared with other clients is found, and approached again in small
//! steps. An allowance that is less than what is still to be sent, and would not last until its reset, lowers it
//! so that the remaining requests are spread over the time until then; that ends with the reset.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{self, Allowance};
use crate::pace::hold::instant_after;

/// The floor after 429s, and the step upwards, are the setting divided by this. For 8/s the floor is 24 a
/// minute: slow enough for any server, and fast enough to notice when the server takes more again.
const PARTS: f64 = 20.0;

/// Time between two steps upwards: from half the setting to the whole takes 20 s. Against a limit below
/// the setting this costs about two refusals in a hundred requests. Against a server that refuses at random,
/// the tempo does not stay at the floor.
const STEP_EVERY: Duration = Duration::from_secs(2);

/// 429s within this time count as one, even if the wait that they ask for is shorter: they answer requests that
/// were in flight together.
const STORM: Duration = Duration::from_secs(1);

/// If a new ration differs from the old one by less than this part, the old one stays: each answer brings a
/// slightly different one, and each new bucket begins empty.
const MARGIN: f64 = 0.1;

/// A shorter time between two requests is none.
const SHORTEST: Duration = Duration::from_nanos(1);

/// Limits are in requests per second.
#[derive(Debug)]
pub(super) struct Tempo {
    /// The time between two requests by the setting; `None` without a limit.
    setting: Option<Duration>,
    slowed: Option<Slowed>,
    ration: Option<Ration>,
    /// Until when further 429s count as the same event.
    storm_until: Option<Instant>,
}

/// After a 429.
#[derive(Debug, Clone, Copy)]
struct Slowed {
    limit: f64,
    /// The limit that it rises to: the setting, or without one the rate of the last seconds.
    top: f64,
    /// When the last 429 or the last step upwards was.
    well_since: Instant,
}

/// The limit while little of an allowance remains.
#[derive(Debug, Clone, Copy)]
struct Ration {
    limit: f64,
    until: Instant,
}

impl Tempo {
    pub(super) fn new(setting: Option<Duration>) -> Self {
        Self {
            setting,
            slowed: None,
            ration: None,
            storm_until: None,
        }
    }

    /// A 429 has come, and all requests wait for `wait`. `recent` is the rate of the last seconds.
    pub(super) fn throttled(&mut self, now: Instant, wait: Duration, recent: f64) {
        let is_news = self.storm_until.is_none_or(|until| until <= now);
        // An answer that arrives while all requests wait answers a request that was sent before. Only the first
        // 429 lasts for a whole second at least: otherwise the storm might never end.
        let quiet = if is_news { wait.max(STORM) } else { wait };
        let until = instant_after(now, quiet).max(self.storm_until.unwrap_or(now));
        self.storm_until = Some(until);
        if is_news {
            let known = self.slowed.map(|slowed| slowed.top);
            // Without a setting the limit is derived; one request a second is slow enough for any server.
            let top = known
                .or_else(|| self.setting.map(per_second))
                .unwrap_or_else(|| recent.max(1.0));
            let before = self.limit(now).unwrap_or(top).min(top);
            self.slowed = Some(Slowed {
                limit: (before / 2.0).max(top / PARTS),
                top,
                well_since: until,
            });
        } else if let Some(slowed) = &mut self.slowed {
            slowed.well_since = until;
        }
    }

    /// An answer has come that is no 429.
    pub(super) fn served(&mut self, now: Instant) {
        let Some(slowed) = &mut self.slowed else {
            return;
        };
        if now.saturating_duration_since(slowed.well_since) < STEP_EVERY {
            return;
        }
        let step = slowed.top / PARTS;
        slowed.limit += step;
        slowed.well_since = now;
        if slowed.limit > slowed.top - step / 2.0 {
            self.slowed = None;
        }
    }

    /// An answer reports what remains. `recent` is the rate of the last seconds, and `expected` the number of
    /// requests that are still to be sent. If enough remains for them, nothing is spread.
    pub(super) fn ration(
        &mut self,
        now: Instant,
        allowance: Allowance,
        recent: f64,
        expected: u64,
    ) {
        if allowance.remaining >= expected {
            self.ration = None;
            return;
        }
        if allowance.resets_in.is_zero() {
            return;
        }
        let until = instant_after(now, allowance.resets_in);
        // Also if some requests remain, no hint makes a request wait longer than this.
        let slowest = 1.0 / Allowance::LONGEST_RESET.as_secs_f64();
        let remaining = u32::try_from(allowance.remaining).unwrap_or(u32::MAX);
        let limit = (f64::from(remaining) / allowance.resets_in.as_secs_f64()).max(slowest);
        let other = self.limit_without_ration();
        match self.ration.filter(|ration| ration.until > now) {
            Some(_) if other.is_some_and(|other| limit >= other) => self.ration = None,
            Some(old) => {
                let near = (limit - old.limit).abs() <= old.limit * MARGIN;
                let limit = if near { old.limit } else { limit };
                self.ration = Some(Ration { limit, until });
            }
            // Without a limit of our own, the ration counts if the rate of the last seconds would use it up.
            None if limit < other.unwrap_or(recent) * (1.0 - MARGIN) => {
                self.ration = Some(Ration { limit, until });
            }
            None => self.ration = None,
        }
    }

    /// How far it is lowered after 429s.
    pub(super) fn slowed(&self) -> Option<domain::Slowed> {
        let slowed = self.slowed?;
        let period = |limit: f64| Duration::try_from_secs_f64(1.0 / limit).ok();
        Some(domain::Slowed {
            period: period(slowed.limit)?,
            full: period(slowed.top)?,
        })
    }

    /// Takes over how far another tempo was lowered. For `rested` nobody has sent anything since: in this time it
    /// rises as it does while answers come.
    pub(super) fn take_over(&mut self, now: Instant, kept: domain::Slowed, rested: Duration) {
        let full = self.setting.unwrap_or(kept.full).max(SHORTEST);
        let top = per_second(full);
        let before = per_second(kept.period.max(SHORTEST)).min(top);
        let steps = (rested.as_secs_f64() / STEP_EVERY.as_secs_f64()).floor();
        let limit = (before + steps * top / PARTS).max(top / PARTS);
        self.slowed = (limit <= top - top / PARTS / 2.0).then_some(Slowed {
            limit,
            top,
            well_since: now,
        });
    }

    /// The limit in force; `None` if there is none.
    pub(super) fn limit(&self, now: Instant) -> Option<f64> {
        let ration = self.ration_in_force(now);
        let limits = self.limit_without_ration().into_iter().chain(ration);
        limits.reduce(f64::min)
    }

    /// Whether the limit in force is below the setting.
    pub(super) fn is_lowered(&self, now: Instant) -> bool {
        self.slowed.is_some() || self.ration_in_force(now).is_some()
    }

    /// The time between two requests; `None` without a limit.
    pub(super) fn period(&self, now: Instant) -> Option<Duration> {
        if self.is_lowered(now) {
            let period = |limit| Duration::try_from_secs_f64(1.0 / limit);
            let lowered = self.limit(now).and_then(|limit| period(limit).ok());
            // Rounding must not make it faster than the setting.
            lowered.max(self.setting)
        } else {
            self.setting
        }
    }

    fn limit_without_ration(&self) -> Option<f64> {
        let slowed = self.slowed.map(|slowed| slowed.limit);
        slowed.or_else(|| self.setting.map(per_second))
    }

    fn ration_in_force(&self, now: Instant) -> Option<f64> {
        let ration = self.ration.filter(|ration| ration.until > now)?;
        Some(ration.limit)
    }
}

fn per_second(period: Duration) -> f64 {
    1.0 / period.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn eight() -> Tempo {
        Tempo::new(Some(S / 8))
    }

    fn left(remaining: u64, seconds: u32) -> Allowance {
        Allowance {
            remaining,
            resets_in: S * seconds,
        }
    }

    #[track_caller]
    fn assert_limit(tempo: &Tempo, now: Instant, limit: f64) {
        let found = tempo.limit(now).unwrap();
        assert!((found - limit).abs() < 1e-6, "{found} is not {limit}");
        let period = tempo.period(now).unwrap().as_secs_f64();
        assert!((period * limit - 1.0).abs() < 1e-6, "{period}");
    }

    #[test]
    fn a_storm_of_429s_halves_once_and_the_floor_holds() {
        let (mut tempo, mut now) = (eight(), Instant::now());
        assert_limit(&tempo, now, 8.0);
        for expected in [4.0, 2.0, 1.0, 0.5, 0.4, 0.4] {
            for _ in 0..10 {
                tempo.throttled(now, S * 3, 8.0);
                now += S / 10;
            }
            assert_limit(&tempo, now, expected);
            assert!(tempo.is_lowered(now));
            now += S * 3;
        }
    }

    #[test]
    fn a_lasting_storm_with_short_waits_halves_every_second() {
        let (mut tempo, mut now) = (eight(), Instant::now());
        for _ in 0..25 {
            tempo.throttled(now, S / 100, 8.0);
            now += S / 10;
        }
        assert_limit(&tempo, now, 1.0);
    }

    #[test]
    fn it_rises_by_small_steps_only_while_answers_come_and_never_above_the_setting() {
        let (mut tempo, mut now) = (eight(), Instant::now());
        tempo.throttled(now, S * 10, 8.0);
        now += S * 10;
        for steps in 1..=9_u32 {
            for _ in 0..20 {
                now += S / 10;
                tempo.served(now);
            }
            assert_limit(&tempo, now, 4.0 + f64::from(steps) * 0.4);
        }
        now += S * 600;
        assert_limit(&tempo, now, 7.6);
        tempo.served(now);
        assert_eq!(tempo.period(now), Some(S / 8));
        assert!(!tempo.is_lowered(now));
        tempo.served(now + S * 600);
        assert_limit(&tempo, now + S * 600, 8.0);
    }

    #[test]
    fn answers_that_come_during_the_wait_do_not_count_as_well() {
        let (mut tempo, now) = (eight(), Instant::now());
        tempo.throttled(now, S * 10, 8.0);
        tempo.served(now + S * 9);
        // A late one of the same storm asks for more.
        tempo.throttled(now + S * 9, S * 10, 8.0);
        tempo.served(now + S * 20);
        assert_limit(&tempo, now, 4.0);
        tempo.served(now + S * 21);
        assert_limit(&tempo, now, 4.4);
    }

    #[test]
    fn without_a_setting_a_limit_is_made_up_and_ends_again() {
        let (mut tempo, mut now) = (Tempo::new(None), Instant::now());
        assert_eq!((tempo.limit(now), tempo.period(now)), (None, None));
        tempo.throttled(now, S, 300.0);
        assert_limit(&tempo, now, 150.0);
        now += S * 2;
        tempo.throttled(now, S, 900.0);
        assert_limit(&tempo, now, 75.0);
        now += S;
        for _ in 0..15 {
            assert!(tempo.is_lowered(now));
            now += STEP_EVERY;
            tempo.served(now);
        }
        assert_eq!((tempo.limit(now), tempo.period(now)), (None, None));
        assert!(!tempo.is_lowered(now));
    }

    #[test]
    fn what_remains_lasts_until_the_reset() {
        let (mut tempo, now) = (eight(), Instant::now());
        tempo.ration(now, left(600, 60), 8.0, u64::MAX);
        assert_limit(&tempo, now, 8.0);
        tempo.ration(now, left(75, 10), 8.0, u64::MAX);
        assert_limit(&tempo, now, 8.0);
        tempo.ration(now, left(100, 50), 8.0, u64::MAX);
        assert_limit(&tempo, now, 2.0);
        tempo.ration(now, left(98, 50), 2.0, u64::MAX);
        assert_limit(&tempo, now, 2.0);
        tempo.ration(now, left(60, 40), 2.0, u64::MAX);
        assert_limit(&tempo, now, 1.5);
        assert_limit(&tempo, now + S * 39, 1.5);
        assert!(tempo.is_lowered(now + S * 39));
        assert_limit(&tempo, now + S * 40, 8.0);
        assert!(!tempo.is_lowered(now + S * 40));
        tempo.ration(now, left(600, 60), 2.0, u64::MAX);
        assert_limit(&tempo, now, 8.0);
        assert!(!tempo.is_lowered(now));
        tempo.ration(now, left(0, 0), 2.0, u64::MAX);
        assert_limit(&tempo, now, 8.0);
    }

    #[test]
    fn a_hint_slows_no_further_than_a_request_in_five_minutes() {
        let (mut tempo, now) = (eight(), Instant::now());
        for remaining in [0, 1, 3] {
            tempo.ration(now, left(remaining, 86_400), 8.0, u64::MAX);
            assert_limit(&tempo, now, 1.0 / 300.0);
        }
    }

    #[test]
    fn without_a_setting_a_hint_counts_once_it_is_tighter_than_what_is_sent() {
        let (mut tempo, now) = (Tempo::new(None), Instant::now());
        tempo.ration(now, left(600, 60), 5.0, u64::MAX);
        assert_eq!(tempo.limit(now), None);
        tempo.ration(now, left(600, 60), 200.0, u64::MAX);
        assert_limit(&tempo, now, 10.0);
        // Once the limit is kept, the rate of what is sent no longer shows whether a hint is tighter.
        tempo.ration(now, left(600, 50), 10.0, u64::MAX);
        assert_limit(&tempo, now, 12.0);
        assert_eq!(tempo.limit(now + S * 50), None);
    }

    #[test]
    fn the_lower_of_both_counts_and_a_429_halves_what_is_in_force() {
        let (mut tempo, now) = (eight(), Instant::now());
        tempo.ration(now, left(20, 10), 8.0, u64::MAX);
        tempo.throttled(now, S, 2.0);
        assert_limit(&tempo, now, 1.0);
        assert_limit(&tempo, now + S * 11, 1.0);
        tempo.ration(now + S, left(5, 10), 1.0, u64::MAX);
        assert_limit(&tempo, now + S, 0.5);
    }

    #[test]
    fn what_is_enough_for_all_that_is_to_be_sent_slows_nothing() {
        let (mut tempo, now) = (eight(), Instant::now());
        for (remaining, expected, limit) in [
            (12_000, 60, 8.0),
            (60, 60, 8.0),
            (59, 60, 59.0 / 8_000.0),
            (12_000, 12_001, 12_000.0 / 8_000.0),
            // The job needs less than it seemed to.
            (11_990, 100, 8.0),
        ] {
            tempo.ration(now, left(remaining, 8_000), 8.0, expected);
            assert_limit(&tempo, now, limit);
        }
    }

    #[test]
    fn p6_a_tempo_that_was_lowered_is_taken_over_and_rises_while_nobody_sends() {
        let now = Instant::now();
        let mut first = eight();
        first.throttled(now, S, 8.0);
        first.throttled(now + S * 2, S, 4.0);
        let kept = first.slowed().unwrap();
        assert_eq!(kept.period, S / 2);
        for (rested, limit) in [(0, 2.0), (1, 2.0), (2, 2.4), (20, 6.0), (28, 7.6)] {
            let mut next = eight();
            next.take_over(now, kept, S * rested);
            assert_limit(&next, now, limit);
            assert_eq!(next.slowed().is_some(), limit < 8.0);
        }
        for rested in [30, 3600] {
            let mut next = eight();
            next.take_over(now, kept, S * rested);
            assert_eq!(next.slowed(), None);
        }
        // The setting has changed: it bounds the pace, and the pace rises to it.
        let mut slower = Tempo::new(Some(S));
        slower.take_over(now, kept, Duration::ZERO);
        assert_limit(&slower, now, 1.0);
        let mut without = Tempo::new(None);
        without.take_over(now, kept, Duration::ZERO);
        assert_limit(&without, now, 2.0);
        without.served(now + S * 2);
        assert_limit(&without, now, 2.4);
    }
}
