//! The chart of answer times: how many answers took how long.

use std::time::Duration;

use askama::Template;

use crate::ledger::AnswerTimes;
use crate::report::chart::axis::{real, round_numbers};
use crate::report::figures::{count, length};

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

/// Where the bins begin, in ms. They grow, so that the chart shows both milliseconds and minutes.
const EDGES: [u64; 14] = [
    0, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000,
];

/// Sorts answers into bins, from the first that holds any to the last.
pub(in crate::report) fn bins(times: &[AnswerTimes]) -> Vec<Bin> {
    let mut bins: Vec<_> = EDGES
        .iter()
        .enumerate()
        .map(|(index, from)| Bin {
            from: *from,
            until: EDGES.get(index + 1).copied(),
            answers: 0,
        })
        .collect();
    for time in times {
        let elapsed = u64::try_from(time.elapsed.as_millis()).unwrap_or(u64::MAX);
        let index = EDGES.partition_point(|edge| *edge <= elapsed) - 1;
        bins[index].answers += time.answers;
    }
    let holds_any = |bin: &Bin| bin.answers > 0;
    let first = bins.iter().position(holds_any).unwrap_or(0);
    let end = bins.iter().rposition(holds_any).map_or(0, |last| last + 1);
    bins.drain(first.min(end)..end).collect()
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
        16.0 + LETTER * real(count(most).len() as u64),
        f64::from(width) - 12.0,
    );
    let step = (right - left) / real(bins.len().max(1) as u64);
    let height_of = |answers: u64| BOTTOM - (BOTTOM - TOP) * real(answers) / real(most);
    let bars = bins.iter().enumerate().map(|(index, bin)| {
        let top = height_of(bin.answers);
        let label = count(bin.answers);
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
            count(all),
            bins.len()
        ),
        levels: levels.iter().map(|n| (height_of(*n), count(*n))).collect(),
        bars: bars.collect(),
        edges: edges(bins, left, step),
    };
    drawing.render().unwrap_or_default()
}

/// The positions and times at which bins meet. Every second one is left out if there is no room for all.
fn edges(bins: &[Bin], left: f64, step: f64) -> Vec<(f64, String)> {
    let every = if step < 48.0 { 2 } else { 1 };
    bins.iter()
        .enumerate()
        .skip(1)
        .step_by(every)
        .map(|(index, bin)| {
            let text = length(Duration::from_millis(bin.from));
            (left + step * real(index as u64), text)
        })
        .collect()
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
        let times = times(&[(19, 1), (20, 2), (49, 3), (50, 4), (700, 5), (90_000, 6)]);
        let bins = bins(&times);
        let found: Vec<_> = bins.iter().map(|bin| (bin.range(), bin.answers)).collect();
        assert_eq!(found.len(), 12);
        assert_eq!(found[0], ("10 ms to 20 ms".to_owned(), 1));
        assert_eq!(found[1], ("20 ms to 50 ms".to_owned(), 5));
        assert_eq!(found[2].1, 4);
        assert_eq!(found[11], ("50 s and more".to_owned(), 6));
        assert_eq!(bins.iter().map(|bin| bin.answers).sum::<u64>(), 21);
        assert_eq!(super::bins(&[]), []);
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
        let bins = bins(&times(&[(19, 120), (20, 900), (60, 80), (300, 4)]));
        insta::assert_snapshot!("answers_wide", draw(&bins, "a", 920));
        assert!(!draw(&[], "a", 340).contains("NaN"));
    }
}
