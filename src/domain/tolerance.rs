//! Outcomes that are expected: a command that ends with no others ends well. What the report says does not change.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::{Reason, Status};

/// Outcomes that do not keep a command from ending well.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Written", into = "String")]
pub struct Tolerance {
    /// Lines with these outcomes.
    statuses: Vec<Status>,
    /// Users that failed for these reasons.
    reasons: Vec<Reason>,
}

/// As it is written in a file: a text with commas, or a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    /// A text.
    Text(String),
    /// A list.
    List(Vec<String>),
}

/// A word names nothing that can be tolerated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToleranceError {
    /// It is an outcome that says that the work is not done, that its result is not known, or nothing of why.
    #[error(
        "`{0}` cannot be tolerated as a whole: write `not_found`, `invalid`, or the codes of failures, such as \
         `forbidden`"
    )]
    Open(String),
    /// It is no outcome and no code.
    #[error(
        "`{0}` is none of `not_found`, `invalid` and the codes of failures, such as `forbidden`"
    )]
    Unknown(String),
}

impl Tolerance {
    /// Whether lines with this outcome are tolerated.
    pub fn tolerates(&self, status: Status) -> bool {
        self.statuses.contains(&status)
    }

    /// The failures that are tolerated.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }
}

impl FromStr for Tolerance {
    type Err = ToleranceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut this = Self::default();
        let words = text.split(',').map(str::trim);
        for word in words.filter(|word| !word.is_empty()) {
            let name = word.replace('-', "_");
            match Status::parse(&name) {
                Some(status @ (Status::NotFound | Status::Invalid)) => this.statuses.push(status),
                Some(_) => return Err(ToleranceError::Open(word.to_owned())),
                None => match name.parse() {
                    Ok(Reason::Bug) | Err(_) => {
                        return Err(ToleranceError::Unknown(word.to_owned()));
                    }
                    Ok(reason) => this.reasons.push(reason),
                },
            }
        }
        Ok(this)
    }
}

impl TryFrom<Written> for Tolerance {
    type Error = ToleranceError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Text(text) => text.parse(),
            Written::List(words) => words.join(",").parse(),
        }
    }
}

impl From<Tolerance> for String {
    fn from(tolerance: Tolerance) -> Self {
        tolerance.to_string()
    }
}

/// As it is written: `not_found,forbidden`.
impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses = self.statuses.iter().map(|status| status.as_str());
        let reasons = self.reasons.iter().map(|reason| reason.as_str());
        f.write_str(&statuses.chain(reasons).collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_and_codes_are_read_and_written() {
        let some: Tolerance = "not-found, invalid,forbidden".parse().unwrap();
        assert!(some.tolerates(Status::NotFound) && some.tolerates(Status::Invalid));
        assert_eq!(some.reasons(), [Reason::Forbidden]);
        assert_eq!(some.to_string(), "not_found,invalid,forbidden");
        assert!(!Tolerance::default().tolerates(Status::NotFound));
    }

    #[test]
    fn a_file_may_have_a_text_or_a_list() {
        for written in ["\"not_found,forbidden\"", "[\"not_found\", \"forbidden\"]"] {
            let tolerance: Tolerance = serde_json::from_str(written).unwrap();
            assert_eq!(tolerance.to_string(), "not_found,forbidden");
        }
    }

    #[test]
    fn what_is_open_or_unknown_is_not_tolerated() {
        for (word, error) in [
            ("in_doubt", ToleranceError::Open("in_doubt".to_owned())),
            ("pending", ToleranceError::Open("pending".to_owned())),
            ("failed", ToleranceError::Open("failed".to_owned())),
            ("bug", ToleranceError::Unknown("bug".to_owned())),
            (
                "everything",
                ToleranceError::Unknown("everything".to_owned()),
            ),
        ] {
            assert_eq!(word.parse::<Tolerance>(), Err(error));
        }
    }
}
