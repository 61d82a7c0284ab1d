//! How a bar looks: a part that is done, a track for the rest, the numbers, and words that are never cut off.

use indicatif::{ProgressBar, ProgressStyle};

use crate::domain::{escape_controls, grouped};
use crate::screen;

/// The width of the bar, in characters.
const BAR: usize = 24;

/// The width of a terminal that does not say how wide it is.
const USUAL: usize = 80;

/// Words and bar on one line.
const ONE_LINE: &str = "{bar:24.green/black.bright} {human_pos}/{human_len}  {msg}";

/// The words below the bar.
const BELOW: &str = "{bar:24.green/black.bright} {human_pos}/{human_len}\n{msg}";

/// Shows so many of all, with these words.
pub(super) fn show(bar: &ProgressBar, done: u64, all: u64, words: &str) {
    let width = screen::columns().unwrap_or(USUAL);
    let (template, words) = layout(done, all, &escape_controls(words), width);
    let style = ProgressStyle::with_template(template).expect("the templates are valid");
    bar.set_style(style.progress_chars("━╸─"));
    bar.set_length(all);
    bar.set_position(done);
    bar.set_message(words);
}

/// One line if all of it fits, else the words below the bar, on as many lines as they need.
fn layout(done: u64, all: u64, words: &str, width: usize) -> (&'static str, String) {
    let numbers = grouped(done).len() + grouped(all).len();
    // A blank, a slash, and two blanks before the words. The last column stays free: some terminals go on to the
    // next line when it is written.
    let beside = (BAR + numbers + 4 + 1).min(width);
    if words.is_empty() || textwrap::core::display_width(words) + beside <= width {
        return (ONE_LINE, words.to_owned());
    }
    let options = textwrap::Options::new(width.saturating_sub(1).max(20))
        .initial_indent("  ")
        .subsequent_indent("  ");
    (BELOW, textwrap::fill(words, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_cut_off_at_any_width() {
        let words =
            "8.0/s, 8 m 10 s left, 3 failed or in doubt; waiting for an outage of 名前 for 5 m";
        for width in 20..200 {
            let (template, shown) = layout(1000, 5000, words, width);
            let flat: Vec<_> = shown.split_whitespace().collect();
            assert_eq!(flat.join(" "), words, "{width}");
            let beside = if template == ONE_LINE { BAR + 14 } else { 0 };
            let widest = shown.lines().map(textwrap::core::display_width).max();
            assert!(widest.unwrap() + beside < width.max(21), "{width}: {shown}");
        }
        assert_eq!(layout(1, 5, "8.0/s", 80), (ONE_LINE, "8.0/s".to_owned()));
        assert_eq!(layout(1, 5, words, 60).0, BELOW);
    }
}
