//! What the type of a setting decides: how its flag is read, how two sources are put together, and how a
//! relative path in a file is understood.

use std::ffi::OsString;
use std::fmt::Display;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::builder::{BoolishValueParser, OsStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use serde::{Deserialize, Serialize};

use crate::auth::{CertificateEncoding, ClientAuth, MessageFormat};
use crate::domain::{FailureLimit, LedgerAddress, NamedZone, Share, Tolerance};
use crate::pace::Rate;
use crate::progress::ProgressMode;
use crate::roster::TextEncoding;
use crate::scim::Dialect;
use crate::settings::SignInKind;
use crate::settings::groups::{About, Requirement};
use crate::settings::sources::{RegionGroup, is_profile_file};
use crate::settings::values::{ColorMode, LogFormat, Span, UrlPart, UrlParts};

/// A type that a setting can have.
pub(in crate::settings) trait SettingValue: Sized {
    /// Whether the values of the variable and of the flag are joined. Otherwise the flag wins.
    const ADDS: bool = false;

    /// Says how the flag's value is read.
    fn flag(arg: Arg) -> Arg {
        arg
    }

    /// The value that clap has for the flag. A setting that only a file has gives none.
    fn from_matches(matches: &ArgMatches, flag: &str) -> Option<Self> {
        let _ = (matches, flag);
        None
    }

    /// The value of a variable that adds to the flag.
    fn from_variable(text: OsString) -> Option<Self> {
        let _ = text;
        None
    }

    /// This value, where a weaker source has `lower`. A list is added to the other; any other value replaces it.
    #[must_use]
    fn over(self, lower: Self) -> Self {
        let _ = lower;
        self
    }

    /// Makes a relative path relative to the folder of the file that has it.
    fn rebase(&mut self, folder: &Path) {
        let _ = folder;
    }
}

/// Types of which a flag has one, read by clap's usual parser.
macro_rules! single {
    ($($type:ty)*) => {$(
        impl SettingValue for $type {
            fn flag(arg: Arg) -> Arg {
                arg.value_parser(value_parser!($type))
            }

            fn from_matches(matches: &ArgMatches, flag: &str) -> Option<Self> {
                one(matches, flag)
            }
        }
    )*};
}

single! {
    String u64 NonZeroU32 NonZeroU64 NonZeroUsize
    Span Rate Share FailureLimit NamedUser Tolerance
    SignInKind CertificateEncoding ClientAuth MessageFormat TextEncoding ProgressMode ColorMode LogFormat NamedZone
}

fn one<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, flag: &str) -> Option<T> {
    matches.try_get_one::<T>(flag).ok().flatten().cloned()
}

fn all<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, flag: &str) -> Option<Vec<T>> {
    let values = matches.try_get_many::<T>(flag).ok().flatten()?;
    Some(values.cloned().collect())
}

/// On or off. The flag alone means on; `--flag=false` switches off what a weaker source switches on.
impl SettingValue for bool {
    fn flag(arg: Arg) -> Arg {
        arg.num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(BoolishValueParser::new())
    }

    fn from_matches(matches: &ArgMatches, flag: &str) -> Option<Self> {
        one(matches, flag)
    }
}

impl SettingValue for PathBuf {
    fn flag(arg: Arg) -> Arg {
        arg.value_parser(value_parser!(PathBuf))
    }

    fn from_matches(matches: &ArgMatches, flag: &str) -> Option<Self> {
        one(matches, flag)
    }

    fn rebase(&mut self, folder: &Path) {
        // Standard input has no folder.
        if self != Path::new("-") {
            *self = folder.join(&*self);
        }
    }
}

impl SettingValue for LedgerAddress {
    fn flag(arg: Arg) -> Arg {
        arg.value_parser(OsStringValueParser::new().try_map(Self::parse))
    }

    fn from_matches(matches: &ArgMatches, flag: &str) -> Option<Self> {
        one(matches, flag)
    }

    fn rebase(&mut self, folder: &Path) {
        if let Self::File(path) = self {
            path.rebase(folder);
        }
    }
}

/// Files that add up over all sources.
impl SettingValue for Vec<PathBuf> {
    const ADDS: bool = true;

    fn flag(arg: Arg) -> Arg {
        arg.action(ArgAction::Append)
            .value_parser(value_parser!(PathBuf))
    }

    fn from_matches(matches: &ArgMatches, flag: &str) -> Option<Self> {
        all(matches, flag)
    }

    fn from_variable(text: OsString) -> Option<Self> {
        Some(vec![text.into()])
    }

    fn over(self, lower: Self) -> Self {
        [self, lower].concat()
    }

    fn rebase(&mut self, folder: &Path) {
        for path in self {
            path.rebase(folder);
        }
    }
}

impl SettingValue for UrlParts {
    fn flag(arg: Arg) -> Arg {
        arg.action(ArgAction::Append)
            .value_delimiter(',')
            .value_parser(value_parser!(UrlPart))
    }

    fn from_matches(matches: &ArgMatches, flag: &str) -> Option<Self> {
        Some(all::<UrlPart>(matches, flag)?.into_iter().collect())
    }

    fn over(self, lower: Self) -> Self {
        Self::over(self, lower)
    }
}

/// A source can only add to a list: it never removes a requirement of another source.
macro_rules! list_of_a_file {
    ($($type:ty)*) => {$(
        impl SettingValue for Vec<$type> {
            fn over(self, lower: Self) -> Self {
                [self, lower].concat()
            }
        }
    )*};
}

list_of_a_file! { RegionGroup Requirement }

impl SettingValue for usize {}
impl SettingValue for Dialect {}
impl SettingValue for About {}

/// The name of a built-in profile, or the path of a profile file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct ProfileName(pub String);

impl From<String> for ProfileName {
    fn from(name: String) -> Self {
        Self(name)
    }
}

impl SettingValue for ProfileName {
    fn flag(arg: Arg) -> Arg {
        arg.value_parser(value_parser!(ProfileName))
    }

    fn from_matches(matches: &ArgMatches, flag: &str) -> Option<Self> {
        one(matches, flag)
    }

    fn rebase(&mut self, folder: &Path) {
        if is_profile_file(&self.0) {
            self.0 = folder.join(&self.0).to_string_lossy().into_owned();
        }
    }
}

/// The id of one user. It is never blank.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamedUser(String);

impl FromStr for NamedUser {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Err(
                "a blank names no user: give an id, a name or a pattern, or leave the flag out"
                    .to_owned(),
            ),
            text => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for NamedUser {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<NamedUser> for String {
    fn from(user: NamedUser) -> Self {
        user.0
    }
}

/// Patterns of users who are never written. The patterns of all sources add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct ProtectPatterns(pub Vec<String>);

impl ProtectPatterns {
    /// The patterns of a list with commas. A name may hold a comma itself (`uid=ceo,ou=people`, `Lovelace, Ada`):
    /// where it may be one name, the whole text is a pattern too, because protecting too many users is safe.
    fn split(words: &str) -> Self {
        let parts = words.split(',').map(str::trim);
        let mut found: Vec<_> = parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        let is_perhaps_one = words.contains('=') || words.contains(", ");
        if found.is_empty() || (found.len() > 1 && is_perhaps_one && !words.contains('@')) {
            found.push(words.trim().to_owned());
        }
        Self(found)
    }
}

impl FromStr for ProtectPatterns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<NamedUser>()
            .map(|NamedUser(text)| Self::split(&text))
    }
}

impl SettingValue for ProtectPatterns {
    const ADDS: bool = true;

    fn flag(arg: Arg) -> Arg {
        arg.action(ArgAction::Append)
            .value_parser(value_parser!(ProtectPatterns))
    }

    fn from_matches(matches: &ArgMatches, flag: &str) -> Option<Self> {
        let lists = all::<Self>(matches, flag)?;
        Some(Self(lists.into_iter().flat_map(|list| list.0).collect()))
    }

    fn from_variable(text: OsString) -> Option<Self> {
        Some(Self::split(&text.to_string_lossy()))
    }

    fn over(self, lower: Self) -> Self {
        Self([self.0, lower.0].concat())
    }
}

/// Reads and writes a value in a file as the text that its flag takes. A number may stand without quotes.
pub(in crate::settings) mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::{Display, FromStr};
    use crate::settings::values::RawValue;

    pub(in crate::settings) fn deserialize<'de, D, T>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: FromStr<Err: Display>,
    {
        let text = RawValue::deserialize(deserializer)?.to_string();
        text.parse().map(Some).map_err(Error::custom)
    }

    #[expect(clippy::ref_option, reason = "this is how serde calls it")]
    pub(in crate::settings) fn serialize<S: Serializer>(
        value: &Option<impl Display>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }
}

/// Reads and writes one of a few words that clap knows.
pub(in crate::settings) mod choice {
    use clap::ValueEnum;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::settings) fn deserialize<'de, D, T>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: ValueEnum,
    {
        let text = String::deserialize(deserializer)?;
        let words = T::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value);
        let words: Vec<_> = words.map(|word| format!("`{}`", word.get_name())).collect();
        let unknown = |_| {
            let text = text.escape_debug();
            Error::custom(format!("`{text}` is none of {}", words.join(", ")))
        };
        T::from_str(&text, false).map(Some).map_err(unknown)
    }

    #[expect(clippy::ref_option, reason = "this is how serde calls it")]
    pub(in crate::settings) fn serialize<S: Serializer>(
        value: &Option<impl ValueEnum>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let word = value.as_ref().and_then(ValueEnum::to_possible_value);
        match word {
            Some(word) => serializer.serialize_str(word.get_name()),
            None => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_a_blank_names_no_user_and_is_refused() {
        for blank in ["", " ", "\t\u{a0}"] {
            assert!(blank.parse::<NamedUser>().is_err(), "{blank:?}");
            assert!(blank.parse::<ProtectPatterns>().is_err(), "{blank:?}");
        }
        let named: NamedUser = " ada@example.com ".parse().unwrap();
        assert_eq!(String::from(named), "ada@example.com");
    }

    #[test]
    fn p7_a_name_with_a_comma_is_protected_as_a_whole_too() {
        for (text, patterns) in [
            ("a@x.com,b@x.com", &["a@x.com", "b@x.com"][..]),
            ("Lovelace, Ada", &["Lovelace", "Ada", "Lovelace, Ada"]),
            (
                "uid=ceo,ou=people",
                &["uid=ceo", "ou=people", "uid=ceo,ou=people"],
            ),
            ("8a8b, ", &["8a8b"]),
            (",", &[","]),
        ] {
            assert_eq!(ProtectPatterns::split(text).0, patterns, "{text}");
        }
    }
}
