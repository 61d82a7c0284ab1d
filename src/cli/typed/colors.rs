//! When colours are printed, read from the words before they are parsed: an answer to a misuse is printed in colours or
//! not, too.

use std::ffi::OsString;

use clap::ValueEnum;

use crate::screen::{ColorChoice, use_colors};
use crate::settings::ColorMode;

/// Prints in colours from now on, or not, as the words and the variable say. A value that cannot be understood is left
/// to the parser.
pub(super) fn use_typed() {
    let variable = std::env::var_os("OFFBOARD_COLOR");
    use_mode(typed(std::env::args_os().skip(1), variable));
}

/// Prints in colours from now on, or not.
pub(super) fn use_mode(mode: ColorMode) {
    use_colors(match mode {
        ColorMode::Auto => ColorChoice::Auto,
        ColorMode::Always => ColorChoice::Always,
        ColorMode::Never => ColorChoice::Never,
    });
}

fn typed(words: impl Iterator<Item = OsString>, variable: Option<OsString>) -> ColorMode {
    let read = |text: &str| ColorMode::from_str(text, false).ok();
    let mut mode = variable.and_then(|value| read(&value.to_string_lossy()));
    let mut is_value = false;
    for word in words {
        let word = word.to_string_lossy();
        let value = match word.strip_prefix("--color=") {
            Some(value) => Some(value),
            None if is_value => Some(word.as_ref()),
            None => None,
        };
        mode = value.and_then(read).or(mode);
        is_value = word == "--color";
    }
    mode.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_flag_wins_over_the_variable() {
        for (words, variable, mode) in [
            ("run r.csv", None, ColorMode::Auto),
            ("run --color never", Some("always"), ColorMode::Never),
            ("--color=always run", None, ColorMode::Always),
            ("run", Some("never"), ColorMode::Never),
            ("run --color pink", Some(""), ColorMode::Auto),
        ] {
            let words = words.split(' ').map(OsString::from);
            assert_eq!(typed(words, variable.map(OsString::from)), mode);
        }
    }
}
