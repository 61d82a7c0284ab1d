//! The chart of answer times: how many answers took how long.

use std::time::Duration;

use askama::Template;

use crate::domain::grouped;
use crate::ledger::AnswerTimes;
use crate::report::chart::axis::{real, round_numbers};
use crate::report::figures::length;

/// The answers whose times lie between two round numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Bin {
    /// The least time, in ms.
    from: u64,
    /// The time at which the next bin begins, in ms; `None` for the last.
    until: Option<u64>,
    /// How many answers.
    pub(in crate::report) answers: u64,
}

impl Bin {
    /// Whether it has no end: it holds all answers that were slower.
    pub(in crate::report) fn is_open(&self) -> bool {
        self.until.is_none()
    }

    /// Its range of times, in words: `100 to 200 ms`.
    pub(in crate::report) fn range(&self) -> String {
        let text = |ms| length(Duration::from_millis(ms));
        match self.until {
            Some(until) if self.from == 0 => format!("below {}", text(until)),
            Some(until) => format!("{} to {}", text(self.from), text(until)),
            None => format!("{} and more", text(self.from)),
        }
    }
}

/// The most bins of equal length.
const MOST_BINS: u64 = 20;

/// The share of the answers that the bins of equal length show. A few very slow answers would otherwise make one
/// bin of all others.
const SHOWN: f64 = 0.98;

/// Sorts answers into bins of equal length, as many as show the shape. Slower answers than nearly all are in one
/// more bin without an end.
pub(in crate::report) fn bins(times: &[AnswerTimes]) -> Vec<Bin> {
    let (Some(first), Some(most)) = (times.first(), quantile(times, SHOWN)) else {
        return Vec::new();
    };
    let (least, most) = (millis(first.elapsed), millis(most));
    let length = bin_length(least, most);
    let start = least / length * length;
    let count = (most - start) / length + 1;
    let mut bins: Vec<_> = (0..count)
        .map(|nth| Bin {
            from: start + nth * length,
            until: Some(start + (nth + 1) * length),
            answers: 0,
        })
        .collect();
    let mut slower = Bin {
        from: start + count * length,
        until: None,
        answers: 0,
    };
    for time in times {
        let nth = (millis(time.elapsed) - start) / length;
        let nth = usize::try_from(nth).unwrap_or(usize::MAX);
        bins.get_mut(nth).unwrap_or(&mut slower).answers += time.answers;
    }
    bins.extend(Some(slower).filter(|bin| bin.answers > 0));
    bins
}

/// The length of a bin, in ms: 1, 2, 5, 10 … It is not less than the precision of the times, which have two digits.
fn bin_length(least: u64, most: u64) -> u64 {
    let precision = (most / 10).max(1).ilog10();
    let finest = 10_u64.saturating_pow(precision);
    let enough = |length: &u64| *length >= finest && most / length - least / length < MOST_BINS;
    let lengths = (0..17).flat_map(|zeros| [1, 2, 5].map(|digit| digit * 10_u64.pow(zeros)));
    lengths.into_iter().find(enough).unwrap_or(u64::MAX)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The time within which this share of the answers (0 to 1) arrived; `None` if there was no answer.
pub(in crate::report) fn quantile(times: &[AnswerTimes], share: f64) -> Option<Duration> {
    let all: u64 = times.iter().map(|time| time.answers).sum();
    let wanted = share * real(all);
    let mut sum = 0;
    let time = times.iter().find(|time| {
        sum += time.answers;
        real(sum) >= wanted
    });
    time.map(|time| time.elapsed)
}

#[derive(Template)]
#[template(path = "answers.svg", config = "src/report/askama.toml")]
struct Drawing {
    id: &'static str,
    width: u32,
    height: u32,
    left: f64,
    right: f64,
    bottom: f64,
    title: String,
    description: String,
    levels: Vec<(f64, String)>,
    bars: Vec<Bar>,
    edges: Vec<(f64, String)>,
}

struct Bar {
    left: f64,
    width: f64,
    top: f64,
    height: f64,
    label: Option<String>,
}

const HEIGHT: u32 = 240;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 200.0;
const LETTER: f64 = 6.6;

/// Draws the bins, `width` pixels wide. `id` must be different for each drawing of a page.
pub(in crate::report) fn draw(bins: &[Bin], id: &'static str, width: u32) -> String {
    let highest = bins.iter().map(|bin| bin.answers).max().unwrap_or(0);
    let levels = round_numbers(highest);
    let most = levels.last().copied().unwrap_or(1);
    let (left, right) = (
        16.0 + LETTER * real(grouped(most).len() as u64),
        f64::from(width) - 12.0,
    );
    let step = (right - left) / real(bins.len().max(1) as u64);
    let height_of = |answers: u64| BOTTOM - (BOTTOM - TOP) * real(answers) / real(most);
    let bars = bins.iter().enumerate().map(|(index, bin)| {
        let top = height_of(bin.answers);
        let label = grouped(bin.answers);
        Bar {
            left: left + step * real(index as u64) + 2.0,
            width: (step - 4.0).max(1.0),
            top,
            height: BOTTOM - top,
            label: (real(label.len() as u64) * LETTER <= step).then_some(label),
        }
    });
    let all: u64 = bins.iter().map(|bin| bin.answers).sum();
    let drawing = Drawing {
        id,
        width,
        height: HEIGHT,
        left,
        right,
        bottom: BOTTOM,
        title: "How long answers took".to_owned(),
        description: format!(
            "{} answers in {} ranges of time. The table below holds the same in numbers.",
            grouped(all),
            bins.len()
        ),
        levels: levels
            .iter()
            .map(|n| (height_of(*n), grouped(*n)))
            .collect(),
        bars: bars.collect(),
        edges: edges(bins, left, step),
    };
    drawing.render().unwrap_or_default()
}

/// The room that the label of an edge needs, in pixels.
const EDGE: f64 = 52.0;

/// The positions and times at which bins meet, as many as have room.
fn edges(bins: &[Bin], left: f64, step: f64) -> Vec<(f64, String)> {
    let mut free_from = f64::MIN;
    let edges = bins.iter().enumerate().skip(1).filter_map(|(index, bin)| {
        let at = left + step * real(index as u64);
        if at < free_from {
            return None;
        }
        free_from = at + EDGE;
        Some((at, length(Duration::from_millis(bin.from))))
    });
    edges.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(times: &[(u64, u64)]) -> Vec<AnswerTimes> {
        let time = |(ms, answers): &(u64, u64)| AnswerTimes {
            elapsed: Duration::from_millis(*ms),
            answers: *answers,
        };
        times.iter().map(time).collect()
    }

    #[test]
    fn every_answer_is_in_one_bin() {
        let times = times(&[(19, 1), (20, 50), (24, 30), (27, 18), (700, 1), (90_000, 1)]);
        let bins = bins(&times);
        let found: Vec<_> = bins.iter().map(|bin| (bin.range(), bin.answers)).collect();
        assert_eq!(found.len(), 10);
        assert_eq!(found[0], ("19 ms to 20 ms".to_owned(), 1));
        assert_eq!(found[1], ("20 ms to 21 ms".to_owned(), 50));
        assert_eq!(found[2].1, 0);
        assert_eq!(found[9], ("28 ms and more".to_owned(), 2));
        assert_eq!(bins.iter().map(|bin| bin.answers).sum::<u64>(), 101);
        assert_eq!(super::bins(&[]), []);
    }

    #[test]
    fn bins_are_as_long_as_shows_the_shape() {
        for (least, most, length) in [
            (0, 0, 1),
            (3, 90, 5),
            (100, 180, 10),
            (40, 800, 50),
            (1000, 9000, 500),
            (0, 3_600_000, 200_000),
        ] {
            assert_eq!(bin_length(least, most), length, "{least} to {most}");
        }
    }

    #[test]
    fn no_range_of_times_makes_too_many_bins() {
        for least in [0, 1, 7, 99, 100, 950, 7000, 1_000_000] {
            for most in [0, 1, 5, 40, 99, 100, 333, 7000, 99_000, 3_600_000] {
                let times = times(&[(least, 1), (least + most, 99)]);
                let bins = bins(&times);
                assert!((1..=20).contains(&bins.len()), "{least} {most}: {bins:?}");
                let answers: u64 = bins.iter().map(|bin| bin.answers).sum();
                assert_eq!(answers, 100);
            }
        }
    }

    #[test]
    fn quantiles_are_times_that_were_seen() {
        let times = times(&[(10, 50), (20, 45), (900, 5)]);
        let ms = |share| quantile(&times, share).map(|time| time.as_millis());
        assert_eq!(
            (ms(0.5), ms(0.95), ms(1.0)),
            (Some(10), Some(20), Some(900))
        );
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn bins_are_drawn() {
        let bins = bins(&times(&[
            (19, 120),
            (20, 900),
            (31, 300),
            (60, 80),
            (300, 4),
        ]));
        insta::assert_snapshot!("answers_wide", draw(&bins, "a", 920));
        assert!(!draw(&[], "a", 340).contains("NaN"));
    }
}
