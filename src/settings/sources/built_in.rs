//! The built-in profiles: one file each, so that another provider needs no code but its line here.

use std::path::Path;

use crate::settings::SettingsError;
use crate::settings::groups::About;
use crate::settings::sources::Layer;

macro_rules! builtin {
    ($($name:literal)*) => {
        /// The built-in profiles, by name.
        const PROFILES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../config/profiles/", $name, ".toml"))),)*
        ];
    };
}

builtin! {
    "anaplan"
    "atlassian"
    "aws-identity-center"
    "databricks"
    "django-scim2"
    "github-emu"
    "keycloak"
    "rfc7644"
    "rfc7644-put"
    "salesforce"
    "scimmy"
    "slack"
    "snowflake"
    "zitadel"
    "zoom"
}

/// A built-in profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuiltInProfile {
    /// The name by which it is chosen.
    pub name: &'static str,
    /// The provider's name.
    pub provider: String,
    /// The server against which the profile was tried, or `from documentation`.
    pub tried: String,
}

/// The built-in profiles.
///
/// # Errors
/// [`SettingsError::BrokenProfile`] with the name of a profile whose file cannot be used.
pub(crate) fn profiles() -> Result<Vec<BuiltInProfile>, SettingsError> {
    PROFILES
        .iter()
        .map(|(name, text)| described(name, text))
        .collect()
}

fn described(name: &'static str, text: &str) -> Result<BuiltInProfile, SettingsError> {
    let broken = |why: String| SettingsError::BrokenProfile { name, why };
    let layer = Layer::of_profile(Path::new(name), text);
    let layer = layer.map_err(|error| broken(error.to_string()))?;
    let about = layer.provider.about;
    let About { provider, tried } =
        about.ok_or_else(|| broken("it has no table `about`".to_owned()))?;
    let tried =
        tried.ok_or_else(|| broken("it does not say against what it was tried".to_owned()))?;
    Ok(BuiltInProfile {
        name,
        provider,
        tried,
    })
}

/// The text of a built-in profile, comments and all.
///
/// # Errors
/// [`SettingsError::UnknownProfile`].
pub(crate) fn profile_text(name: &str) -> Result<&'static str, SettingsError> {
    builtin(name).ok_or_else(|| SettingsError::UnknownProfile {
        name: name.to_owned(),
        known: names().collect(),
    })
}

/// The text of a built-in profile.
pub(super) fn builtin(name: &str) -> Option<&'static str> {
    profile(name).map(|(_, text)| text)
}

/// The name and the text of a built-in profile.
pub(super) fn profile(name: &str) -> Option<(&'static str, &'static str)> {
    PROFILES.iter().find(|(known, _)| *known == name).copied()
}

/// Whether a built-in profile has this name.
pub(in crate::settings) fn is_built_in(name: &str) -> bool {
    builtin(name).is_some()
}

/// The names of all built-in profiles.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(&'static str, Layer)> {
        let parse = |(name, text): &(&'static str, &str)| {
            (*name, Layer::of_profile(Path::new(name), text).unwrap())
        };
        PROFILES.iter().map(parse).collect()
    }

    #[test]
    fn the_built_in_profiles_are_complete() {
        for (name, layer) in all() {
            assert!(
                layer.requests.rate.is_some() && layer.requests.burst.is_some(),
                "{name}"
            );
            assert!(
                layer.requests.concurrency.is_some() && layer.requests.max_attempts.is_some(),
                "{name}"
            );
            assert!(
                layer.requests.timeout.is_some() && layer.requests.connect_timeout.is_some(),
                "{name}"
            );
            assert!(
                layer.requests.throttle_wait.is_some() && layer.provider.scim.is_some(),
                "{name}"
            );
            let about = layer.provider.about.unwrap();
            assert!(
                !about.provider.is_empty() && about.tried.is_some(),
                "{name}"
            );
        }
        assert_eq!(profiles().unwrap().len(), PROFILES.len());
    }

    #[test]
    fn a_broken_profile_is_an_error_with_its_name() {
        for (text, why) in [
            ("rate = \"fast\"", "no rate"),
            ("retries = 3", "`retries`"),
            ("cap = 3", "`about`"),
            ("[about]\nprovider = \"Okta\"", "tried"),
        ] {
            let error = described("okta", text).unwrap_err().to_string();
            assert!(error.contains("`okta`") && error.contains(why), "{error}");
        }
    }

    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/profiles");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        assert_eq!(files, names().collect::<Vec<_>>());
    }
}
