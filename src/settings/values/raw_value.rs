//! A value as it is in a settings file: in quotes, or a number without them. The code that reads the value
//! decides what a bare number means, and reports a missing unit.

use std::fmt;

use serde::Deserialize;

/// What was written.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text in quotes is expected")]
pub(in crate::settings) enum RawValue {
    /// In quotes.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A number with a fraction.
    Fraction(f64),
}

impl fmt::Display for RawValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Fraction(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::settings::Layer;

    #[test]
    fn a_number_without_quotes_is_read_or_answered_with_the_right_spelling() {
        let parse = |text: &str| Layer::parse(Path::new("f.toml"), text);
        let limit = parse("max-failures = 5\n").unwrap().limits.max_failures;
        assert_eq!(limit.unwrap().to_string(), "5");
        for (text, right) in [
            ("rate = 10", "`10/s`"),
            ("rate = 0.5", "`600/m`"),
            ("cap-share = 20", "`20%`"),
            ("timeout = 30", "`30s`"),
            ("rate = true", "in quotes"),
        ] {
            let error = parse(&format!("cap = 3\n{text}\n")).unwrap_err();
            let error = error.to_string();
            assert!(error.contains("line 2") && error.contains(right), "{error}");
        }
    }
}
