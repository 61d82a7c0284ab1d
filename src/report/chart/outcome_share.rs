//! One bar for all lines of a roster, divided by outcome.

use askama::Template;

use crate::domain::Status;
use crate::report::chart::axis::real;

#[derive(Template)]
#[template(path = "share.svg", config = "src/report/askama.toml")]
struct Drawing {
    description: String,
    parts: Vec<Part>,
}

struct Part {
    outcome: &'static str,
    left: f64,
    width: f64,
}

/// The width in units of the drawing, which stretches to the width of the page.
const WIDTH: f64 = 1000.0;

/// The least width of a part, so that one failure among 50,000 lines can be seen.
const LEAST: f64 = 6.0;

/// Draws the parts in the order given. Outcomes without lines are left out.
pub(in crate::report) fn draw(counts: &[(Status, u64)], description: String) -> String {
    let counts: Vec<_> = counts.iter().filter(|(_, lines)| *lines > 0).collect();
    let all: u64 = counts.iter().map(|(_, lines)| lines).sum();
    let free = WIDTH - LEAST * real(counts.len() as u64);
    let mut at = 0.0;
    let parts = counts.iter().map(|(status, lines)| {
        let width = LEAST + free * real(*lines) / real(all);
        let left = at;
        at += width;
        Part {
            outcome: status.as_str(),
            left,
            width,
        }
    });
    let parts = parts.collect();
    let drawing = Drawing { description, parts };
    drawing.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_can_be_seen_however_rare() {
        let counts = [
            (Status::Removed, 49_999),
            (Status::Already, 0),
            (Status::Failed, 1),
        ];
        let bar = draw(&counts, "x".to_owned());
        insta::assert_snapshot!("share", bar);
        assert!(!draw(&[], String::new()).contains("NaN"));
    }
}
