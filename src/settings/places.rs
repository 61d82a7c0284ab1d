//! The places in a profile's URLs, such as `{directory}`, and what stands in them.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::settings::SettingsError;

/// What stands in which place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Places(BTreeMap<String, PlaceText>);

/// A text that can stand in a host name or as one step of a path, and cannot lead elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
struct PlaceText(String);

impl TryFrom<String> for PlaceText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        if text.is_empty() || text.starts_with('.') || !text.chars().all(is_plain) {
            return Err(format!(
                "`{}` cannot stand in an address: letters, digits, `-`, `_`, `~` and `.` can",
                text.escape_debug()
            ));
        }
        Ok(Self(text))
    }
}

/// One place as it is typed: `directory=0f3a`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String, PlaceText);

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, text) = text
            .split_once('=')
            .ok_or("write NAME=TEXT, such as `directory=0f3a`")?;
        Ok(Self(
            name.trim().to_owned(),
            PlaceText::try_from(text.trim().to_owned())?,
        ))
    }
}

impl FromIterator<Place> for Places {
    fn from_iter<I: IntoIterator<Item = Place>>(places: I) -> Self {
        Self(
            places
                .into_iter()
                .map(|Place(name, text)| (name, text))
                .collect(),
        )
    }
}

/// Both, place by place: what is set above wins.
pub(super) fn both(upper: Option<Places>, lower: Option<Places>) -> Option<Places> {
    match (upper, lower) {
        (Some(upper), Some(mut lower)) => {
            lower.0.extend(upper.0);
            Some(lower)
        }
        (upper, lower) => upper.or(lower),
    }
}

impl Places {
    /// An address with all its places filled in; one without places stays as it is.
    pub(super) fn fill(&self, url: &str) -> Result<String, SettingsError> {
        let mut filled = String::with_capacity(url.len());
        let mut rest = url;
        while let Some(start) = rest.find('{')
            && let Some(length) = rest[start..].find('}')
        {
            let name = &rest[start + 1..start + length];
            let PlaceText(text) = self.0.get(name).ok_or_else(|| SettingsError::Place {
                name: name.to_owned(),
                url: url.to_owned(),
            })?;
            filled.push_str(&rest[..start]);
            filled.push_str(text);
            rest = &rest[start + length + 1..];
        }
        Ok(filled + rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(texts: &[&str]) -> Places {
        texts
            .iter()
            .map(|text| text.parse::<Place>().unwrap())
            .collect()
    }

    #[test]
    fn every_place_is_filled_in_or_named() {
        let url = "https://{host}.example.com/scim/{directory}/v2";
        let filled = places(&["host=eu-1", "directory=0f3a"]).fill(url).unwrap();
        assert_eq!(filled, "https://eu-1.example.com/scim/0f3a/v2");
        let error = places(&["host=eu-1"]).fill(url).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("nothing says what stands for `{{directory}}` in `{url}`")
        );
        assert!(error.hint().unwrap().contains("--place directory=…"));
        let plain = "https://example.com/v2";
        assert_eq!(Places::default().fill(plain).unwrap(), plain);
    }

    #[test]
    fn nothing_that_leads_elsewhere_can_stand_in_a_place() {
        for text in [
            "a=", "a=b/c", "a=b@c", "a=..", "a=b?c", "a=b:1", "a={b}", "a",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_set_above_wins_place_by_place() {
        let upper = places(&["a=1"]);
        let lower = places(&["a=2", "b=3"]);
        let both = both(Some(upper), Some(lower)).unwrap();
        assert_eq!(both, places(&["a=1", "b=3"]));
    }
}
