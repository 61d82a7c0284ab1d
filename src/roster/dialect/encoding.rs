//! The name of an encoding, as a user writes it.

use std::fmt;
use std::str::FromStr;

use encoding_rs::{Encoding, REPLACEMENT};

/// An encoding of the WHATWG's standard, by any of its labels: `windows-1252`, `latin1`, `macintosh`, `shift_jis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(pub(in crate::roster) &'static Encoding);

/// A label that stands for no encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no encoding that is known: write for example `utf-8`, `windows-1252`, `macintosh` or `shift_jis`"
)]
pub struct UnknownEncoding(String);

impl FromStr for TextEncoding {
    type Err = UnknownEncoding;

    fn from_str(label: &str) -> Result<Self, Self::Err> {
        Encoding::for_label(label.as_bytes())
            .filter(|encoding| *encoding != REPLACEMENT)
            .map(Self)
            .ok_or_else(|| UnknownEncoding(label.to_owned()))
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_people_write_are_known() {
        for (label, name) in [
            ("latin1", "windows-1252"),
            ("CP1252", "windows-1252"),
            ("macintosh", "macintosh"),
            ("Shift_JIS", "Shift_JIS"),
            ("utf8", "UTF-8"),
        ] {
            let encoding: TextEncoding = label.parse().unwrap();
            assert_eq!(encoding.to_string(), name);
            assert_eq!(name.parse(), Ok(encoding));
        }
        for label in ["", "klingon", "iso-2022-cn"] {
            assert!(label.parse::<TextEncoding>().is_err(), "{label}");
        }
    }
}
