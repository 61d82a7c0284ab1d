//! The built-in profiles: one file each, so that another provider needs no code but its line here.

use std::path::Path;

use crate::settings::{About, Layer, SettingsError};

macro_rules! builtin {
    ($($name:literal)*) => {
        /// The built-in profiles, by name.
        const PROFILES: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../config/profiles/", $name, ".toml"))),)*
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
pub struct Profile {
    /// The name by which it is chosen.
    pub name: &'static str,
    /// What it says of itself.
    pub about: About,
}

/// The built-in profiles.
pub fn profiles() -> impl Iterator<Item = Profile> {
    PROFILES.iter().filter_map(|(name, text)| {
        let about = Layer::parse(Path::new(name), text).ok()?.about?;
        Some(Profile { name, about })
    })
}

/// The text of a built-in profile, comments and all.
///
/// # Errors
/// [`SettingsError::UnknownProfile`].
pub fn profile_text(name: &str) -> Result<&'static str, SettingsError> {
    builtin(name).ok_or_else(|| SettingsError::UnknownProfile {
        name: name.to_owned(),
        known: names().collect(),
    })
}

/// The text of a built-in profile.
pub(super) fn builtin(name: &str) -> Option<&'static str> {
    let (_, text) = PROFILES.iter().find(|(known, _)| *known == name)?;
    Some(text)
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
            (*name, Layer::parse(Path::new(name), text).unwrap())
        };
        PROFILES.iter().map(parse).collect()
    }

    #[test]
    fn the_built_in_profiles_are_complete() {
        for (name, layer) in all() {
            assert!(layer.rate.is_some() && layer.burst.is_some(), "{name}");
            assert!(
                layer.concurrency.is_some() && layer.max_attempts.is_some(),
                "{name}"
            );
            assert!(
                layer.timeout.is_some() && layer.connect_timeout.is_some(),
                "{name}"
            );
            assert!(
                layer.throttle_wait.is_some() && layer.scim.is_some(),
                "{name}"
            );
            let about = layer.about.unwrap();
            assert!(
                !about.provider.is_empty() && !about.tried.is_empty(),
                "{name}"
            );
        }
        assert_eq!(profiles().count(), PROFILES.len());
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
