//! The chart of a job's progress: users with an outcome over the time of the runs, with pauses, waits and
//! failures.

use askama::Template;

use crate::domain::{Timestamp, counted, grouped};
use crate::ledger::ProgressPoint;
use crate::report::chart::axis::{FoldedTime, TimeSpan, real, round_numbers};
use crate::report::figures::length;
use crate::report::zoned_times::ZonedTimes;

/// The data of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct ProgressChart {
    /// The runs, in order.
    pub(in crate::report) runs: Vec<TimeSpan>,
    /// The stretches in which no user got an outcome, in order.
    pub(in crate::report) waits: Vec<TimeSpan>,
    /// The users that got their final outcome, in order of time.
    pub(in crate::report) steps: Vec<ProgressPoint>,
    /// All users: the height of the drawing.
    pub(in crate::report) users: u64,
}

/// The shapes of the drawing, in pixels.
#[derive(Template)]
#[template(path = "progress.svg", config = "src/report/askama.toml")]
struct Drawing {
    id: &'static str,
    width: u32,
    height: u32,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    title: String,
    description: String,
    levels: Vec<(f64, String)>,
    bands: Vec<Shape>,
    pauses: Vec<Shape>,
    waits: Vec<Shape>,
    curves: Vec<String>,
    areas: Vec<String>,
    failures: Vec<f64>,
    times: Vec<(f64, &'static str, String)>,
}

struct Shape {
    left: f64,
    width: f64,
    label: Option<String>,
}

impl Shape {
    fn middle(&self) -> f64 {
        self.left + self.width / 2.0
    }
}

const HEIGHT: u32 = 300;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 252.0;
/// About the width of a letter of the drawing's text.
const LETTER: f64 = 6.6;

/// Draws the chart, `width` pixels wide. `id` must be different for each drawing of a page.
pub(in crate::report) fn draw(
    chart: &ProgressChart,
    clock: &ZonedTimes,
    id: &'static str,
    width: u32,
) -> String {
    let levels = round_numbers(chart.users);
    let most = levels.last().copied().unwrap_or(1);
    let (left, right) = (
        16.0 + LETTER * real(grouped(most).len() as u64),
        f64::from(width) - 12.0,
    );
    let stretches: Vec<_> = chart.runs.iter().map(|run| run.stretch).collect();
    let fold = if width < 500 { 38.0 } else { 56.0 };
    let time = FoldedTime::new(&stretches, left, right, fold);
    let height_of = |users: u64| BOTTOM - (BOTTOM - TOP) * real(users) / real(most);
    let (curves, areas) = curves(chart, &time, &height_of);
    let drawing = Drawing {
        id,
        width,
        height: HEIGHT,
        left,
        right,
        top: TOP,
        bottom: BOTTOM,
        title: "Users with an outcome, over the time of the runs".to_owned(),
        description: describe(chart),
        levels: levels
            .iter()
            .map(|n| (height_of(*n), grouped(*n)))
            .collect(),
        bands: bands(chart, &time),
        pauses: pauses(&time),
        waits: waits(chart, &time),
        curves,
        areas,
        failures: failures(chart, &time),
        times: times(&time, clock, right),
    };
    drawing.render().unwrap_or_default()
}

fn describe(chart: &ProgressChart) -> String {
    let done: u64 = chart.steps.iter().map(|step| step.users).sum();
    let failed: u64 = chart.steps.iter().map(|step| step.failed).sum();
    format!(
        "{} of {} had an outcome after {}, {} of them failed or in doubt; {} marked. The tables below hold the same in numbers.",
        grouped(done),
        counted(chart.users, "user", "users"),
        counted(chart.runs.len() as u64, "run", "runs"),
        grouped(failed),
        counted(chart.waits.len() as u64, "wait is", "waits are"),
    )
}

fn fitting(label: &str, width: f64) -> Option<String> {
    (real(label.chars().count() as u64) * LETTER <= width).then(|| label.to_owned())
}

fn bands(chart: &ProgressChart, time: &FoldedTime) -> Vec<Shape> {
    let mut free_from = f64::MIN;
    let shapes = time.bands.iter().zip(&chart.runs);
    shapes
        .map(|(band, run)| {
            let middle = f64::midpoint(band.left, band.right);
            Shape {
                left: band.left,
                width: band.right - band.left,
                label: unless_taken(&run.name, middle, &mut free_from),
            }
        })
        .collect()
}

fn pauses(time: &FoldedTime) -> Vec<Shape> {
    let pairs = time.bands.windows(2);
    pairs
        .map(|pair| {
            let pause = pair[1].stretch.from.since(pair[0].stretch.until);
            let width = pair[1].left - pair[0].right;
            Shape {
                left: pair[0].right,
                width,
                label: fitting(&length(pause.unwrap_or_default()), width + 4.0),
            }
        })
        .collect()
}

fn waits(chart: &ProgressChart, time: &FoldedTime) -> Vec<Shape> {
    let mut free_from = f64::MIN;
    let waits = chart.waits.iter();
    waits
        .map(|wait| {
            let left = time.place(wait.stretch.from);
            let width = (time.place(wait.stretch.until) - left).max(3.0);
            Shape {
                left,
                width,
                label: unless_taken(&wait.name, left + width / 2.0, &mut free_from),
            }
        })
        .collect()
}

/// The label, unless it would overlap the one before it, which ends at `free_from`.
fn unless_taken(label: &str, middle: f64, free_from: &mut f64) -> Option<String> {
    let reach = LETTER * real(label.chars().count() as u64);
    if middle - reach / 2.0 <= *free_from {
        return None;
    }
    *free_from = middle + reach / 2.0 + 4.0;
    Some(label.to_owned())
}

/// A line and the area below it for each run. Between two runs there is neither.
fn curves(
    chart: &ProgressChart,
    time: &FoldedTime,
    height_of: &impl Fn(u64) -> f64,
) -> (Vec<String>, Vec<String>) {
    let mut steps = chart.steps.iter().peekable();
    let (mut lines, mut areas) = (Vec::new(), Vec::new());
    let mut sum = 0;
    for (index, band) in time.bands.iter().enumerate() {
        let mut points = vec![(band.left, height_of(sum))];
        let next = time.bands.get(index + 1).map(|next| next.stretch.from);
        while let Some(step) = steps.next_if(|step| next.is_none_or(|next| step.at < next)) {
            sum += step.users;
            points.push((time.place(step.at), height_of(sum)));
        }
        points.push((band.right, height_of(sum)));
        let path: Vec<_> = points
            .iter()
            .map(|(x, y)| format!("{x:.1} {y:.1}"))
            .collect();
        let line = format!("M{}", path.join("L"));
        areas.push(format!(
            "{line}L{:.1} {BOTTOM:.1}L{:.1} {BOTTOM:.1}Z",
            band.right, band.left
        ));
        lines.push(line);
    }
    (lines, areas)
}

/// The positions at which users failed. Marks that would overlap are drawn as one.
fn failures(chart: &ProgressChart, time: &FoldedTime) -> Vec<f64> {
    let mut marks: Vec<f64> = Vec::new();
    for step in chart.steps.iter().filter(|step| step.failed > 0) {
        let at = time.place(step.at);
        if marks.last().is_none_or(|last| at - last > 8.0) {
            marks.push(at);
        }
    }
    marks
}

/// The labels with the time of day at the beginning of runs and at the end of the last one, as far as there is
/// room.
fn times(time: &FoldedTime, clock: &ZonedTimes, right: f64) -> Vec<(f64, &'static str, String)> {
    let (Some(first), Some(last)) = (time.bands.first(), time.bands.last()) else {
        return Vec::new();
    };
    let worked: u64 = time
        .bands
        .iter()
        .map(|b| b.stretch.length().as_secs())
        .sum();
    let label = |at: Timestamp| clock.time_of_day(at, worked < 600);
    let end = label(last.stretch.until);
    let mut labels = vec![(first.left, "start", label(first.stretch.from))];
    let mut free_from = first.left + LETTER * real(end.len() as u64 + 2);
    let free_until = right - LETTER * real(end.len() as u64 + 2);
    for band in &time.bands[1..] {
        let reach = LETTER * real(end.len() as u64 + 2);
        if band.left > free_from && band.left + reach < free_until {
            labels.push((band.left, "start", label(band.stretch.from)));
            free_from = band.left + reach;
        }
    }
    if free_from < free_until + LETTER {
        labels.push((last.right, "end", end));
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::axis::Stretch;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_571_088_565_000 + seconds * 1000)
    }

    fn stretch(from: i64, until: i64) -> Stretch {
        Stretch {
            from: at(from),
            until: at(until),
        }
    }

    pub(super) fn chart() -> ProgressChart {
        let step = |seconds, users, failed| ProgressPoint {
            at: at(seconds),
            users,
            failed,
        };
        ProgressChart {
            runs: vec![
                TimeSpan {
                    name: "R1".into(),
                    stretch: stretch(0, 60),
                },
                TimeSpan {
                    name: "R<2>".into(),
                    stretch: stretch(260_000, 260_120),
                },
            ],
            waits: vec![TimeSpan {
                name: "O1".into(),
                stretch: stretch(260_050, 260_080),
            }],
            steps: vec![
                step(10, 20, 0),
                step(50, 10, 1),
                step(260_040, 40, 0),
                step(260_110, 30, 2),
            ],
            users: 100,
        }
    }

    #[test]
    fn runs_pauses_waits_and_failures_are_drawn() {
        insta::assert_snapshot!(
            "progress_wide",
            draw(&chart(), &ZonedTimes::default(), "p", 920)
        );
        let narrow = draw(&chart(), &ZonedTimes::default(), "p", 340);
        assert!(narrow.contains("viewBox=\"0 0 340 300\""));
        // Three days lie between the runs.
        for drawing in [&draw(&chart(), &ZonedTimes::default(), "p", 920), &narrow] {
            assert!(drawing.contains("3 d"), "{drawing}");
            assert!(!drawing.contains("<2>"), "{drawing}");
        }
    }

    #[test]
    fn a_job_without_a_run_is_an_empty_drawing() {
        let empty = ProgressChart {
            runs: Vec::new(),
            waits: Vec::new(),
            steps: Vec::new(),
            users: 0,
        };
        let drawing = draw(&empty, &ZonedTimes::default(), "p", 340);
        assert!(drawing.contains("0 of 0 users") && !drawing.contains("NaN"));
    }
}
