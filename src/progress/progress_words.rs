//! The words of progress, as pure functions: what is done, how fast, how long it takes still, what the run waits for,
//! and which user failed.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Line, Outcome, Settlement, UserId, counted, grouped, name_user, on_one_line};
use crate::engine::{Snapshot, StopMode, StopReason, Waiting};
use crate::progress::speed::{Pulse, Speed};

/// `8.0/s, 2 m left, 3 failed or in doubt; waiting 9 s: the server asks for fewer requests`.
pub(super) fn tail(snapshot: &Snapshot, pulse: &Pulse) -> String {
    let left = snapshot.users.saturating_sub(snapshot.done);
    let mut parts = speed(pulse.speed(), left);
    if let Some(limit) = snapshot.pace.limit.filter(|_| snapshot.pace.lowered) {
        parts.push(format!("limited to {} by the server", per_time(limit)));
    }
    if snapshot.trouble_now > 0 {
        parts.push(format!(
            "{} failed or in doubt",
            grouped(snapshot.trouble_now)
        ));
    }
    let mut text = parts.join(", ");
    if let Some(waiting) = snapshot.waiting {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&wait(waiting, Instant::now()));
    }
    text
}

/// `8.0/s` and `2 m left`, as far as they are known.
pub(super) fn speed(speed: Option<Speed>, left: u64) -> Vec<String> {
    let rate = speed.and_then(Speed::rate);
    let remaining = speed.and_then(|speed| speed.remaining(left));
    let rate = rate.map(|rate| format!("{rate:.1}/s"));
    let remaining = remaining.filter(|_| left > 0);
    let remaining = remaining.map(|left| format!("{} left", span(left)));
    rate.into_iter().chain(remaining).collect()
}

/// `8.0/s, 2 m left`, for a job of which so many users are left; nothing if that is not known.
pub(crate) fn speed_in_words(speed: Speed, left: u64) -> Option<String> {
    let words = self::speed(Some(speed), left);
    (!words.is_empty()).then(|| words.join(", "))
}

/// `1,234 of 5,000 users (24 %)`.
pub(super) fn head(done: u64, users: u64) -> String {
    let percent = (done * 100).checked_div(users);
    format!(
        "{} of {} users ({} %)",
        grouped(done),
        grouped(users),
        percent.unwrap_or(100)
    )
}

/// `1,234 of 5,000 users (24 %), ` and the tail.
pub(super) fn line(snapshot: &Snapshot, pulse: &Pulse) -> String {
    let mut text = head(snapshot.done, snapshot.users);
    let tail = tail(snapshot, pulse);
    if !tail.is_empty() {
        text.push_str(", ");
        text.push_str(&tail);
    }
    text
}

fn wait(waiting: Waiting, now: Instant) -> String {
    let since = waiting.since.map(|since| span(now - since));
    match (waiting.until, since) {
        (Some(until), Some(since)) => format!(
            "waiting for {} for {since}, next try in {}",
            waiting.why,
            span(until.saturating_duration_since(now))
        ),
        (None, Some(since)) => format!("waiting for {} for {since}, trying now", waiting.why),
        (Some(until), None) => {
            let left = until.saturating_duration_since(now);
            format!("waiting {}: {}", span(left), waiting.why)
        }
        (None, None) => format!("waiting: {}", waiting.why),
    }
}

/// `3.2/s`, or per minute where that would be next to nothing.
fn per_time(per_second: f64) -> String {
    if per_second < 0.1 {
        format!("{:.1}/m", per_second * 60.0)
    } else {
        format!("{per_second:.1}/s")
    }
}

/// A length of time in at most two units: `45 s`, `12 m 5 s`, `3 h 20 m`.
pub(super) fn span(span: Duration) -> String {
    // Half a second of waiting is still a second of waiting.
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, rest) => format!("{rest} s"),
        (0, minutes, 0) => format!("{minutes} m"),
        (0, minutes, rest) => format!("{minutes} m {rest} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} m"),
    }
}

/// What is printed about a user at once; `None` if the user is as wanted.
pub(super) fn trouble(
    line: Line,
    user: &UserId,
    name: Option<&str>,
    settlement: &Settlement,
) -> Option<String> {
    let what = match settlement.outcome {
        Outcome::Removed(_) | Outcome::Restored(_) | Outcome::Already => return None,
        Outcome::Protected(reason) => format!("protected ({reason})"),
        Outcome::NotFound => "not found (a wrong id, or a visiting user)".to_owned(),
        Outcome::Failed(reason) => format!("failed ({reason})"),
        Outcome::InDoubt(reason) => format!("in doubt ({reason})"),
    };
    let words = settlement.detail.as_ref().map(|words| format!(": {words}"));
    let user = name_user(None, name, Some(user.as_str())).unwrap_or_default();
    let text = format!("line {line}: {user} {what}{}", words.unwrap_or_default());
    Some(on_one_line(&text).into_owned())
}

/// The beginning of an outage.
pub(super) fn outage(why: &str) -> String {
    format!(
        "the target fails for all users ({why}): waiting until it answers; no user loses an attempt"
    )
}

/// The end of an outage.
pub(super) fn recovered(after: Duration) -> String {
    format!("the target answers again after {}", span(after))
}

/// Why a run stops early, and what happens to its requests.
pub(super) fn stopping(reason: &StopReason, mode: StopMode, in_flight: usize) -> String {
    if mode == StopMode::Abort {
        format!(
            "{reason}: abandoning {}; the next run reads these users first",
            counted(in_flight as u64, "request", "requests")
        )
    } else if in_flight == 0 {
        format!("{reason}: stopping")
    } else {
        let again = match reason {
            StopReason::Signal(_) => "; once more abandons them",
            _ => "",
        };
        format!(
            "{reason}: stopping, {} in flight may end{again}",
            counted(in_flight as u64, "request", "requests")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reason;
    use crate::engine::Signal;

    #[test]
    fn a_line_tells_done_rate_time_left_trouble_and_what_it_waits_for() {
        let mut pulse = Pulse::default();
        let mut snapshot = Snapshot {
            users: 5000,
            done: 1000,
            trouble_now: 3,
            ..Snapshot::default()
        };
        pulse.beat(&snapshot);
        snapshot.done = 1080;
        snapshot.done_now = 80;
        snapshot.elapsed = Duration::from_secs(10);
        pulse.beat(&snapshot);
        snapshot.waiting = Some(Waiting {
            why: "signing in",
            since: None,
            until: None,
        });
        assert_eq!(
            line(&snapshot, &pulse),
            "1,080 of 5,000 users (21 %), 8.0/s, 8 m 10 s left, 3 failed or in doubt; waiting: signing in"
        );
    }

    #[test]
    fn a_pace_is_told_only_while_the_server_lowers_it() {
        for (limit, lowered, text) in [
            (None, false, ""),
            (Some(8.0), false, ""),
            (Some(3.21), true, "limited to 3.2/s by the server"),
            (Some(0.05), true, "limited to 3.0/m by the server"),
        ] {
            let mut snapshot = Snapshot::default();
            snapshot.pace.limit = limit;
            snapshot.pace.lowered = lowered;
            assert_eq!(tail(&snapshot, &Pulse::default()), text);
        }
    }

    #[test]
    fn an_empty_job_has_a_line_too() {
        assert_eq!(
            line(&Snapshot::default(), &Pulse::default()),
            "0 of 0 users (100 %)"
        );
    }

    #[test]
    fn spans_have_at_most_two_units() {
        for (millis, text) in [
            (0, "0 s"),
            (500, "1 s"),
            (59_000, "59 s"),
            (60_000, "1 m"),
            (725_000, "12 m 5 s"),
            (3_600_000, "1 h"),
            (12_000_000, "3 h 20 m"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn trouble_names_line_user_reason_and_the_providers_words() {
        let settlement = Settlement {
            decided_by: None,
            outcome: Outcome::Failed(Reason::Forbidden),
            after: None,
            detail: Some("user is protected".into()),
        };
        let user = UserId::new("u1");
        for (name, words) in [
            (None, "user u1"),
            (Some("ada@example.com"), "ada@example.com (u1)"),
        ] {
            assert_eq!(
                trouble(Line(17), &user, name, &settlement).unwrap(),
                format!("line 17: {words} failed (forbidden): user is protected")
            );
        }
    }

    #[test]
    fn a_stop_says_what_happens_next() {
        let interrupt = StopReason::Signal(Signal::Interrupt);
        assert_eq!(
            stopping(&interrupt, StopMode::Drain, 6),
            "SIGINT: stopping, 6 requests in flight may end; once more abandons them"
        );
        assert_eq!(
            stopping(&interrupt, StopMode::Abort, 2),
            "SIGINT: abandoning 2 requests; the next run reads these users first"
        );
        assert_eq!(stopping(&interrupt, StopMode::Drain, 0), "SIGINT: stopping");
    }
}
