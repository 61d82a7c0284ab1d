//! The axes of charts: round numbers, and a time axis on which long pauses are shortened.

use std::time::Duration;

use crate::domain::Timestamp;

/// Width of a drawing on a desktop and on paper, in CSS pixels.
pub(in crate::report) const WIDE: u32 = 920;

/// Width of a drawing on a phone, in CSS pixels.
pub(in crate::report) const NARROW: u32 = 340;

/// Round numbers from 0 to at least `most`, at most six of them.
pub(in crate::report) fn round_numbers(most: u64) -> Vec<u64> {
    let most = most.max(1);
    let mut step: u64 = 1;
    for factor in [2, 5, 10].into_iter().cycle() {
        if most.div_ceil(step) <= 5 {
            break;
        }
        // 1, 2, 5, 10, 20, 50 …
        step = match factor {
            5 => step / 2 * 5,
            _ => step * 2,
        };
    }
    (0..=most.div_ceil(step)).map(|n| n * step).collect()
}

/// A count as a floating-point number, which is exact enough for a drawing.
#[expect(
    clippy::cast_precision_loss,
    reason = "a drawing shows three digits at most"
)]
pub(in crate::report) fn real(number: u64) -> f64 {
    number as f64
}

/// A stretch of time, such as that of a run or a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct Stretch {
    /// Its beginning.
    pub(in crate::report) from: Timestamp,
    /// Its end, not before the beginning.
    pub(in crate::report) until: Timestamp,
}

impl Stretch {
    /// How long it is.
    pub(in crate::report) fn length(self) -> Duration {
        self.until.since(self.from).unwrap_or_default()
    }
}

/// A stretch of time with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct TimeSpan {
    /// Its short name, which the tables of the page explain.
    pub(in crate::report) name: String,
    /// From when to when.
    pub(in crate::report) stretch: Stretch,
}

/// The position of a stretch in a drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) struct Band {
    /// The stretch of time.
    pub(in crate::report) stretch: Stretch,
    /// Left edge, in pixels.
    pub(in crate::report) left: f64,
    /// Right edge, in pixels.
    pub(in crate::report) right: f64,
}

/// A time axis from left to right. Runs are drawn to scale. Each pause between them has a fixed width, so that a
/// pause of three days does not make ten minutes of work invisible.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct FoldedTime {
    /// The stretches, in order.
    pub(in crate::report) bands: Vec<Band>,
}

/// The least width of a stretch, in pixels, so that each stretch can be seen.
const LEAST: f64 = 10.0;

impl FoldedTime {
    /// Lays stretches out between the pixels `left` and `right`, with `fold` pixels for a long pause.
    pub(in crate::report) fn new(stretches: &[Stretch], left: f64, right: f64, fold: f64) -> Self {
        let worked: f64 = stretches.iter().map(|s| s.length().as_secs_f64()).sum();
        let pauses: Vec<f64> = stretches
            .windows(2)
            .map(|pair| pair[1].from.since(pair[0].until).unwrap_or_default())
            .map(|pause| {
                if pause.as_secs_f64() > worked * 0.02 {
                    fold
                } else {
                    2.0
                }
            })
            .collect();
        // With very many runs there is no room for the least widths. All shrink by the same factor.
        let stretch_count = real(stretches.len().max(1) as u64);
        let fixed = pauses.iter().sum::<f64>() + LEAST * stretch_count;
        let shrink = (0.6 * (right - left) / fixed).min(1.0);
        let free = right - left - fixed * shrink;
        let mut at = left;
        let mut bands = Vec::with_capacity(stretches.len());
        for (index, stretch) in stretches.iter().enumerate() {
            let share = if worked > 0.0 {
                stretch.length().as_secs_f64() / worked
            } else {
                1.0 / stretch_count
            };
            let end = at + LEAST * shrink + free * share;
            bands.push(Band {
                stretch: *stretch,
                left: at,
                right: end,
            });
            at = end + pauses.get(index).copied().unwrap_or(0.0) * shrink;
        }
        Self { bands }
    }

    /// The position of a moment, in pixels. A moment within a pause is at the pause's beginning.
    pub(in crate::report) fn place(&self, at: Timestamp) -> f64 {
        let after = self.bands.partition_point(|band| band.stretch.from <= at);
        let Some(band) = after
            .checked_sub(1)
            .and_then(|index| self.bands.get(index))
            .or(self.bands.first())
        else {
            return 0.0;
        };
        let all = band.stretch.length().as_secs_f64();
        let passed = at
            .since(band.stretch.from)
            .unwrap_or_default()
            .as_secs_f64();
        let share = if all > 0.0 {
            (passed / all).min(1.0)
        } else {
            0.0
        };
        band.left + (band.right - band.left) * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(from: i64, until: i64) -> Stretch {
        Stretch {
            from: Timestamp::from_millis(from * 1000),
            until: Timestamp::from_millis(until * 1000),
        }
    }

    #[test]
    fn axes_have_round_numbers() {
        for (most, numbers) in [
            (0, vec![0, 1]),
            (3, vec![0, 1, 2, 3]),
            (7, vec![0, 2, 4, 6, 8]),
            (486, vec![0, 100, 200, 300, 400, 500]),
            (50_000, vec![0, 10_000, 20_000, 30_000, 40_000, 50_000]),
        ] {
            assert_eq!(round_numbers(most), numbers, "{most}");
        }
        for most in 1..3000 {
            let numbers = round_numbers(most);
            assert!(numbers.len() <= 6 && *numbers.last().unwrap() >= most);
        }
    }

    #[test]
    fn a_pause_of_days_does_not_flatten_minutes_of_work() {
        let three_days = 3 * 86_400;
        let stretches = [stretch(0, 100), stretch(three_days, three_days + 300)];
        let time = FoldedTime::new(&stretches, 50.0, 450.0, 40.0);
        let [first, second] = time.bands.as_slice() else {
            panic!("two stretches");
        };
        assert!((first.left - 50.0).abs() < 0.001 && (second.right - 450.0).abs() < 0.001);
        assert!((second.left - first.right - 40.0).abs() < 0.001);
        let widths = [first.right - first.left, second.right - second.left];
        assert!(
            widths[0] > 80.0 && widths[1] > 2.5 * widths[0],
            "{widths:?}"
        );
        // A moment within the pause lies where work ended.
        let inside = time.place(Timestamp::from_millis(90_000_000));
        assert!((inside - first.right).abs() < 0.001);
        let half = time.place(Timestamp::from_millis(50_000));
        assert!((half - f64::midpoint(first.left, first.right)).abs() < 0.001);
    }

    #[test]
    fn any_number_of_runs_stays_within_the_drawing() {
        for count in [1_i64, 2, 50, 500] {
            let stretches: Vec<_> = (0..count)
                .map(|n| stretch(n * 1000, n * 1000 + n % 3))
                .collect();
            let time = FoldedTime::new(&stretches, 10.0, 300.0, 40.0);
            assert!(time.bands.iter().all(|band| band.left < band.right));
            let last = time.bands.last().unwrap().right;
            assert!((last - 300.0).abs() < 0.01, "{count}: {last}");
        }
    }
}
