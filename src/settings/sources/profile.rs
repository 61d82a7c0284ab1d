//! A profile: a built-in one by its name, or a file; and the profile that it extends.

use std::fs::File;
use std::path::Path;

use crate::settings::SettingsError;
use crate::settings::declare::SettingScope;
use crate::settings::sources::file::{read_text, rebased};
use crate::settings::sources::parsing::ParsedText;
use crate::settings::sources::{Layer, built_in};

/// The key that names the profile that another one extends.
const EXTENDS: &str = "extends";

/// What a profile says of itself. It is not true of a profile that extends it.
const ABOUT: &str = "about";

impl Layer {
    /// A profile: a built-in one by name, or a file.
    ///
    /// # Errors
    /// There is no such profile, or its file cannot be read or is wrong.
    pub fn profile(name: &str) -> Result<Self, SettingsError> {
        if let Some(text) = built_in::builtin(name) {
            return Self::of_profile(Path::new(name), text);
        }
        if !is_profile_file(name) {
            return Err(SettingsError::UnknownProfile {
                name: name.to_owned(),
                known: built_in::names().collect(),
            });
        }
        let path = Path::new(name);
        let mut file = File::open(path).map_err(|source| SettingsError::Read {
            path: path.to_owned(),
            source,
        })?;
        let text = read_text(path, &mut file)?;
        let layer = rebased(Self::of_profile(path, &text)?, path, &file);
        match layer.no_part_of_a_profile() {
            Some(setting) => Err(SettingsError::NoPart {
                path: path.to_owned(),
                setting,
            }),
            None => Ok(layer),
        }
    }

    /// Reads the text of a profile, laid over the profile that it extends.
    ///
    /// # Errors
    /// [`SettingsError::Faulty`], or it extends a profile that is not built in.
    pub(super) fn of_profile(path: &Path, text: &str) -> Result<Self, SettingsError> {
        with_base(path, text)?.layer()
    }

    /// A setting that says how a command works, and nothing about a provider, if there is one: in a profile it
    /// would have no effect.
    fn no_part_of_a_profile(&self) -> Option<String> {
        let table = self.table();
        let is_set = |key: &str| table.get(key).is_some_and(|value| !value.is_null());
        let mut all = Self::declared().into_iter();
        let set = all.find(|one| one.facts.scope != SettingScope::Job && is_set(&one.key));
        set.map(|one| one.key)
    }
}

/// The text of a profile laid over the one that it extends, which may extend another one.
fn with_base<'t>(path: &'t Path, text: &'t str) -> Result<ParsedText<'t>, SettingsError> {
    let own = ParsedText::parse(path, text)?;
    let Some(name) = own.text_of(EXTENDS) else {
        return Ok(own);
    };
    own.each_is_right()?;
    let unknown = || SettingsError::UnknownBase {
        path: path.to_owned(),
        name: name.clone(),
        known: built_in::names().collect(),
    };
    let (name, text) = built_in::profile(&name).ok_or_else(unknown)?;
    let base = with_base(Path::new(name), text)?.without(ABOUT);
    Ok(own.without(EXTENDS).over(base))
}

/// Whether a profile of this name is a file, and no built-in one.
pub(in crate::settings) fn is_profile_file(name: &str) -> bool {
    let path = Path::new(name);
    built_in::builtin(name).is_none()
        && (path.extension().is_some() || name.contains(std::path::is_separator))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> Result<Layer, SettingsError> {
        Layer::of_profile(Path::new("own.toml"), text)
    }

    #[test]
    fn a_profile_says_nothing_of_how_a_command_works() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own.toml");
        for setting in [
            "profile = \"slack\"",
            "strict = true",
            "no-lookup = false",
            "progress = \"off\"",
            "redact = true",
            "log-file = \"log\"",
        ] {
            std::fs::write(&path, format!("cap = 3\n{setting}\n")).unwrap();
            let error = Layer::profile(path.to_str().unwrap()).unwrap_err();
            assert!(matches!(error, SettingsError::NoPart { .. }), "{error}");
        }
    }

    #[test]
    fn what_a_profile_does_not_say_is_as_in_the_one_that_it_extends() {
        let base = profile(built_in::builtin("rfc7644").unwrap()).unwrap();
        let same = profile("extends = \"rfc7644\"").unwrap();
        let mut expected = base.clone();
        expected.provider.about = None;
        assert_eq!(same, expected);
        let own = profile(
            "extends = \"rfc7644\"\nrate = \"2/s\"\n[about]\nprovider = \"own\"\n\
             [scim.find]\npage-size = 50\n[scim.access]\nattribute = \"roles\"\n",
        )
        .unwrap();
        assert_eq!(own.requests.rate.unwrap().to_string(), "2/s");
        assert_eq!(own.requests.timeout, base.requests.timeout);
        let (dialect, lower) = (own.provider.scim.unwrap(), base.provider.scim.unwrap());
        assert_eq!(dialect.find.page_size.get(), 50);
        assert_eq!(dialect.find.names_per_search, lower.find.names_per_search);
        assert_eq!(dialect.access.attribute.unwrap().as_str(), "roles");
        assert_eq!(
            (dialect.access.item, dialect.write),
            (lower.access.item, lower.write)
        );
        let about = own.provider.about.unwrap();
        assert_eq!((about.provider.as_str(), about.tried), ("own", None));
    }

    #[test]
    fn an_empty_text_takes_away_what_the_other_profile_says() {
        let none = profile("extends = \"rfc7644\"\n[scim.access]\nattribute = \"\"\n").unwrap();
        assert_eq!(none.provider.scim.unwrap().access.attribute, None);
    }

    #[test]
    fn a_value_that_is_a_table_replaces_the_other_one_whole() {
        let own = "extends = \"anaplan\"\n[scim.access]\nitem = { display = \"{id}\" }\n";
        let alone = "[scim.access]\nitem = { display = \"{id}\" }\n";
        let item = |text: &str| profile(text).unwrap().provider.scim.unwrap().access.item;
        assert_eq!(item(own), item(alone));
    }

    #[test]
    fn what_is_wrong_in_a_profile_that_extends_another_has_its_own_line() {
        let text = "extends = \"rfc7644\"\nrat = 3\n[scim.find]\npage-size = 0\n";
        let SettingsError::Faulty { faults, .. } = profile(text).unwrap_err() else {
            panic!("the faults are listed");
        };
        let lines: Vec<_> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [2, 4], "{faults:?}");
        // Together with what it extends.
        let text = "extends = \"rfc7644\"\n\n[scim.write]\nmethod = \"PUT\"\n\
                    set-access = [{ op = \"replace\", path = 'entitlements[a eq 1]', value = \"{access}\" }]\n";
        let error = profile(text).unwrap_err().to_string();
        assert!(
            error.contains("line 3") && error.contains("by PUT"),
            "{error}"
        );
        let error = profile("extends = \"rfc\"").unwrap_err();
        assert!(error.hint().unwrap().contains("rfc7644"), "{error}");
    }
}
