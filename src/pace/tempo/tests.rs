//! The rules, moment by moment.

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
fn is(tempo: &Tempo, now: Instant, limit: f64) {
    let found = tempo.limit(now).unwrap();
    assert!((found - limit).abs() < 1e-6, "{found} is not {limit}");
    let period = tempo.period(now).unwrap().as_secs_f64();
    assert!((period * limit - 1.0).abs() < 1e-6, "{period}");
}

#[test]
fn a_storm_of_429s_halves_once_and_the_floor_holds() {
    let (mut tempo, mut now) = (eight(), Instant::now());
    is(&tempo, now, 8.0);
    for expected in [4.0, 2.0, 1.0, 0.5, 0.4, 0.4] {
        for _ in 0..10 {
            tempo.throttled(now, S * 3, 8.0);
            now += S / 10;
        }
        is(&tempo, now, expected);
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
    is(&tempo, now, 1.0);
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
        is(&tempo, now, 4.0 + f64::from(steps) * 0.4);
    }
    now += S * 600;
    is(&tempo, now, 7.6);
    tempo.served(now);
    assert_eq!(tempo.period(now), Some(S / 8));
    assert!(!tempo.is_lowered(now));
    tempo.served(now + S * 600);
    is(&tempo, now + S * 600, 8.0);
}

#[test]
fn answers_that_come_during_the_wait_do_not_count_as_well() {
    let (mut tempo, now) = (eight(), Instant::now());
    tempo.throttled(now, S * 10, 8.0);
    tempo.served(now + S * 9);
    // A late one of the same storm asks for more.
    tempo.throttled(now + S * 9, S * 10, 8.0);
    tempo.served(now + S * 20);
    is(&tempo, now, 4.0);
    tempo.served(now + S * 21);
    is(&tempo, now, 4.4);
}

#[test]
fn without_a_setting_a_limit_is_made_up_and_ends_again() {
    let (mut tempo, mut now) = (Tempo::new(None), Instant::now());
    assert_eq!((tempo.limit(now), tempo.period(now)), (None, None));
    tempo.throttled(now, S, 300.0);
    is(&tempo, now, 150.0);
    now += S * 2;
    tempo.throttled(now, S, 900.0);
    is(&tempo, now, 75.0);
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
    is(&tempo, now, 8.0);
    tempo.ration(now, left(75, 10), 8.0, u64::MAX);
    is(&tempo, now, 8.0);
    tempo.ration(now, left(100, 50), 8.0, u64::MAX);
    is(&tempo, now, 2.0);
    tempo.ration(now, left(98, 50), 2.0, u64::MAX);
    is(&tempo, now, 2.0);
    tempo.ration(now, left(60, 40), 2.0, u64::MAX);
    is(&tempo, now, 1.5);
    is(&tempo, now + S * 39, 1.5);
    assert!(tempo.is_lowered(now + S * 39));
    is(&tempo, now + S * 40, 8.0);
    assert!(!tempo.is_lowered(now + S * 40));
    tempo.ration(now, left(600, 60), 2.0, u64::MAX);
    is(&tempo, now, 8.0);
    assert!(!tempo.is_lowered(now));
    tempo.ration(now, left(0, 0), 2.0, u64::MAX);
    is(&tempo, now, 8.0);
}

#[test]
fn a_hint_slows_no_further_than_a_request_in_five_minutes() {
    let (mut tempo, now) = (eight(), Instant::now());
    for remaining in [0, 1, 3] {
        tempo.ration(now, left(remaining, 86_400), 8.0, u64::MAX);
        is(&tempo, now, 1.0 / 300.0);
    }
}

#[test]
fn without_a_setting_a_hint_counts_once_it_is_tighter_than_what_is_sent() {
    let (mut tempo, now) = (Tempo::new(None), Instant::now());
    tempo.ration(now, left(600, 60), 5.0, u64::MAX);
    assert_eq!(tempo.limit(now), None);
    tempo.ration(now, left(600, 60), 200.0, u64::MAX);
    is(&tempo, now, 10.0);
    // Once the limit is kept, the rate of what is sent no longer shows whether a hint is tighter.
    tempo.ration(now, left(600, 50), 10.0, u64::MAX);
    is(&tempo, now, 12.0);
    assert_eq!(tempo.limit(now + S * 50), None);
}

#[test]
fn the_lower_of_both_counts_and_a_429_halves_what_is_in_force() {
    let (mut tempo, now) = (eight(), Instant::now());
    tempo.ration(now, left(20, 10), 8.0, u64::MAX);
    tempo.throttled(now, S, 2.0);
    is(&tempo, now, 1.0);
    is(&tempo, now + S * 11, 1.0);
    tempo.ration(now + S, left(5, 10), 1.0, u64::MAX);
    is(&tempo, now + S, 0.5);
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
        is(&tempo, now, limit);
    }
}
