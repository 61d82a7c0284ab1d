//! The placeholders in a profile's URLs, such as `{directory}`, and the texts that replace them.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::settings::SettingsError;

/// The text of each placeholder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct UrlParts(BTreeMap<String, UrlPartText>);

/// A text that can be part of a host name or one step of a path, and cannot lead to another address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
struct UrlPartText(String);

impl TryFrom<String> for UrlPartText {
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

/// One placeholder and its text, as typed: `directory=0f3a`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlPart(String, UrlPartText);

impl FromStr for UrlPart {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, text) = text
            .split_once('=')
            .ok_or("write NAME=TEXT, such as `directory=0f3a`")?;
        Ok(Self(
            name.trim().to_owned(),
            UrlPartText::try_from(text.trim().to_owned())?,
        ))
    }
}

impl FromIterator<UrlPart> for UrlParts {
    fn from_iter<I: IntoIterator<Item = UrlPart>>(places: I) -> Self {
        Self(
            places
                .into_iter()
                .map(|UrlPart(name, text)| (name, text))
                .collect(),
        )
    }
}

impl UrlParts {
    /// Both, part by part: what is set here wins.
    pub(in crate::settings) fn over(self, mut lower: Self) -> Self {
        lower.0.extend(self.0);
        lower
    }

    /// An address with all its placeholders filled in.
    pub(in crate::settings) fn fill(&self, url: &str) -> Result<String, SettingsError> {
        let mut filled = String::with_capacity(url.len());
        let mut rest = url;
        while let Some(start) = rest.find('{')
            && let Some(length) = rest[start..].find('}')
        {
            let name = &rest[start + 1..start + length];
            let UrlPartText(text) = self.0.get(name).ok_or_else(|| SettingsError::UrlPart {
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

    fn places(texts: &[&str]) -> UrlParts {
        texts
            .iter()
            .map(|text| text.parse::<UrlPart>().unwrap())
            .collect()
    }

    #[test]
    fn each_placeholder_is_filled_in_or_named() {
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
        assert_eq!(UrlParts::default().fill(plain).unwrap(), plain);
    }

    #[test]
    fn a_text_that_leads_elsewhere_is_refused() {
        for text in [
            "a=", "a=b/c", "a=b@c", "a=..", "a=b?c", "a=b:1", "a={b}", "a",
        ] {
            assert!(text.parse::<UrlPart>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_set_above_wins_part_by_part() {
        let upper = places(&["a=1"]);
        let lower = places(&["a=2", "b=3"]);
        let both = upper.over(lower);
        assert_eq!(both, places(&["a=1", "b=3"]));
    }
}
