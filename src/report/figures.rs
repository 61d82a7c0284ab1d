//! Formats numbers and lengths of time for reading.

use std::time::Duration;

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
