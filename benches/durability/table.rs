//! The results as Markdown.

use indicatif::HumanCount;

use crate::LATENCY_MS;
use crate::results::{Part, Results, Row, Sample, Spread, count};

/// The table of what each part costs.
pub(crate) fn costs(results: &Results) -> String {
    let heads = [
        "users",
        "command",
        "seconds",
        "users/s",
        "CPU seconds per 1,000",
        "peak memory",
        "requests",
        "first request, write",
        "share of the bare loop",
    ];
    let rows = results.0.iter().map(|(row, samples)| cost(*row, samples));
    markdown(&heads, rows)
}

/// One row of that table.
fn cost((is_far_away, users, part): Row, samples: &[Sample]) -> Vec<String> {
    let spread = |figure: fn(&Sample) -> f64| Spread::of(samples.iter().map(figure));
    let requests = Spread::of(
        samples
            .iter()
            .filter_map(|one| Some(count(one.seen?.requests))),
    );
    let peak = spread(|one| one.cost.peak);
    let latency = if is_far_away {
        format!(", {LATENCY_MS} ms")
    } else {
        String::new()
    };
    vec![
        format!("{}{latency}", whole(count(users))),
        part.name().to_owned(),
        cell(spread(|one| one.cost.seconds), |figure| {
            format!("{figure:.2}")
        }),
        cell(spread(Sample::rate), whole),
        cell(spread(Sample::cpu_per_thousand), |figure| {
            format!("{figure:.4}")
        }),
        peak.map_or_else(String::new, |peak| format!("{:.0} MB", peak.high)),
        requests.map_or_else(String::new, |requests| whole(requests.median)),
        firsts(part, samples),
        cell(
            Spread::of(samples.iter().filter_map(|one| one.share)),
            |figure| format!("{figure:.2}"),
        ),
    ]
}

/// When the first request and the first write have arrived, for the parts that are about this.
fn firsts(part: Part, samples: &[Sample]) -> String {
    if !matches!(part, Part::BareLoop | Part::Run | Part::Resume) {
        return String::new();
    }
    let seconds = |figures: Option<Spread>| {
        figures.map_or_else(String::new, |one| format!("{:.2} s", one.median))
    };
    let seen = || samples.iter().filter_map(|one| one.seen);
    let request = Spread::of(seen().filter_map(|one| Some(one.first_request?.as_secs_f64())));
    let write = Spread::of(seen().filter_map(|one| Some(one.first_write?.as_secs_f64())));
    format!("{}, {}", seconds(request), seconds(write))
}

/// The table of how the work grows: the exponent of users with which it does, between one size and the next.
pub(crate) fn growth(results: &Results) -> String {
    let mut sizes: Vec<usize> = results
        .0
        .keys()
        .filter(|row| !row.0)
        .map(|row| row.1)
        .collect();
    sizes.dedup();
    if sizes.len() < 2 {
        return String::new();
    }
    let mut parts: Vec<Part> = results.0.keys().map(|row| row.2).collect();
    parts.sort_unstable();
    parts.dedup();
    let mut heads = vec!["growth of the work".to_owned()];
    let steps: Vec<_> = sizes.iter().zip(sizes.iter().skip(1)).collect();
    for (few, many) in &steps {
        heads.push(format!(
            "{} to {}",
            whole(count(**few)),
            whole(count(**many))
        ));
    }
    let work = |users: usize, part: Part| {
        let samples = results.0.get(&(false, users, part))?;
        let work = Spread::of(samples.iter().map(|one| one.cost.cpu))?;
        Some(work.median)
    };
    let exponent = |few: usize, many: usize, part: Part| {
        let ratio = work(many, part)? / work(few, part)?;
        let exponent = ratio.ln() / (count(many) / count(few)).ln();
        Some(format!("{exponent:.2}"))
    };
    let rows = parts.into_iter().map(|part| {
        let mut row = vec![part.name().to_owned()];
        for (few, many) in &steps {
            row.push(exponent(**few, **many, part).unwrap_or_default());
        }
        row
    });
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    markdown(&heads, rows)
}

/// A median, with the lowest and the highest where they differ from it.
fn cell(spread: Option<Spread>, text: impl Fn(f64) -> String) -> String {
    let Some(Spread { low, median, high }) = spread else {
        return String::new();
    };
    let (low, median, high) = (text(low), text(median), text(high));
    if low == high {
        median
    } else {
        format!("{median} ({low}–{high})")
    }
}

/// A whole number for people.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and rates, rounded"
)]
fn whole(figure: f64) -> String {
    HumanCount(figure.round() as u64).to_string()
}

/// A Markdown table.
fn markdown(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let rules = vec!["---".to_owned(); heads.len()];
    let mut text = line(&heads) + &line(&rules);
    for row in rows {
        text.push_str(&line(&row));
    }
    text
}
