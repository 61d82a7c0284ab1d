//! Formats numbers and lengths of time for reading.

use std::time::Duration;

use crate::domain::one_or_many;

/// A count with commas between the thousands.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 user`, `2,000 users`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), one_or_many(number, one, many))
}

/// A length of time in its two largest units: `3 d 4 h`, `2 min 5 s`, `1.2 s`, `80 ms`.
pub(super) fn length(time: Duration) -> String {
    let (millis, seconds) = (time.as_millis(), time.as_secs());
    let two = |large: u64, unit: &str, small: u64, sub: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {sub}"),
    };
    match seconds {
        _ if millis < 1000 => format!("{millis} ms"),
        0..10 if millis % 1000 >= 100 => format!("{seconds}.{} s", millis % 1000 / 100),
        0..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_as_people_write_them() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "user", "users"), "1 user");
        assert_eq!(counted(0, "user", "users"), "0 users");
        for (millis, text) in [
            (80, "80 ms"),
            (1000, "1 s"),
            (1260, "1.2 s"),
            (59_999, "59 s"),
            (125_000, "2 min 5 s"),
            (7_200_000, "2 h"),
            (273_600_000, "3 d 4 h"),
        ] {
            assert_eq!(length(Duration::from_millis(millis)), text);
        }
    }
}
