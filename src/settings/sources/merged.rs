//! All sources of settings in their order. They are kept apart, so that a value's origin can be shown.
//!
//! A value's name is its key in a file. [`Layer`] knows which values there are: this file names no setting except
//! those that choose a source.

use serde_json::{Map, Value};

use crate::settings::SettingsError;
use crate::settings::declare::Trust;
use crate::settings::sources::{Layer, SettingsFile, region};

/// Where a value came from, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The command line, or a variable.
    CommandLine,
    /// The settings file.
    File,
    /// The hosts of the region.
    Region,
    /// The provider's profile.
    Profile,
    /// The built-in value, used if no other source sets one.
    Default,
}

impl Origin {
    /// The word that is shown.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CommandLine => "command line",
            Self::File => "file",
            Self::Region => "region",
            Self::Profile => "profile",
            Self::Default => "default",
        }
    }
}

/// One setting: its name in files, its value, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    /// The name, as in a file.
    pub name: String,
    /// The value; `None` if no source sets it.
    pub value: Option<Value>,
    /// Where the value came from.
    pub source: Option<Origin>,
}

/// All sources, the strongest first.
#[derive(Debug)]
pub(crate) struct Sources(Vec<(Origin, Layer)>);

impl Sources {
    /// Puts the settings file below the command line, and below both the hosts of the region and the profile that
    /// they name.
    ///
    /// # Errors
    /// The profile cannot be read or is wrong, or there is no such profile or region.
    pub(crate) fn read(command_line: Layer, file: &SettingsFile) -> Result<Self, SettingsError> {
        let mut file = file.layer().clone();
        if command_line.hosts.region.is_some() {
            // The region means all hosts, and a flag or variable wins over a file.
            file.clear(|setting| matches!(setting.facts.trust, Trust::Host));
        }
        let standard = Layer::standard();
        let all = [&command_line, &file, &standard];
        let profile = all.iter().find_map(|layer| layer.files.profile.as_ref());
        let profile = Layer::profile(profile.map_or("", |name| &name.0))?;
        let all = [&command_line, &file, &profile];
        let wanted = all.iter().find_map(|layer| layer.hosts.region.as_deref());
        let mut region = Layer::default();
        if let Some(wanted) = wanted {
            let groups = all
                .iter()
                .filter_map(|layer| layer.provider.regions.as_deref());
            let groups: Vec<_> = groups.flatten().cloned().collect();
            region.hosts = region::hosts(wanted, &groups)?;
        }
        Ok(Self(vec![
            (Origin::CommandLine, command_line),
            (Origin::File, file),
            (Origin::Region, region),
            (Origin::Profile, profile),
            (Origin::Default, standard),
        ]))
    }

    /// All of them, one over the other.
    pub(crate) fn layer(self) -> Layer {
        let layers = self.0.into_iter().map(|(_, layer)| layer);
        layers.reduce(Layer::over).unwrap_or_default()
    }

    /// Every setting by name, with the value that counts and its origin.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        let tables: Vec<_> = self
            .0
            .iter()
            .map(|(source, layer)| (*source, layer.table()))
            .collect();
        // A layer in which nothing is set still has all names.
        let names: Vec<String> = Layer::default()
            .table()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let merged = self.0.iter().map(|(_, layer)| layer.clone());
        let mut merged = merged.reduce(Layer::over).unwrap_or_default().table();
        let setting = |name: String| {
            let is_set =
                |table: &Map<String, Value>| table.get(&name).is_some_and(|value| !value.is_null());
            let source = tables.iter().find(|(_, table)| is_set(table));
            Setting {
                value: merged.remove(&name).filter(|value| !value.is_null()),
                source: source.map(|(source, _)| *source),
                name,
            }
        };
        names.into_iter().map(setting).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_an_origin() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.toml");
        std::fs::write(
            &path,
            "region = \"us9\"\nauth-url = \"https://auth.example.com\"\n",
        )
        .unwrap();
        let mut flags = Layer::default();
        flags.rails.canary = Some(3);
        let file = SettingsFile::read(Some(&path)).unwrap();
        let sources = Sources::read(flags, &file).unwrap();
        let settings = sources.settings();
        let find = |name: &str| {
            let found = settings.iter().find(|setting| setting.name == name);
            let found = found.unwrap();
            (found.value.clone(), found.source)
        };
        let scim = "https://us9.api.anaplan.com/scim/1/0/v2";
        for (name, value, source) in [
            ("canary", Value::from(3), Origin::CommandLine),
            ("region", "us9".into(), Origin::File),
            ("auth-url", "https://auth.example.com".into(), Origin::File),
            ("scim-url", scim.into(), Origin::Region),
            ("rate", "8/s".into(), Origin::Profile),
            ("cap-share", "20%".into(), Origin::Default),
            ("profile", "anaplan".into(), Origin::Default),
        ] {
            assert_eq!(find(name), (Some(value), Some(source)), "{name}");
        }
        assert_eq!(find("username"), (None, None));
        assert_eq!(sources.layer().hosts.scim_url.as_deref(), Some(scim));
    }

    #[test]
    fn p10_a_region_of_the_command_line_beats_every_host_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.toml");
        let hosts = [
            "scim-url",
            "auth-url",
            "oauth-url",
            "token-url",
            "device-url",
        ];
        let lines = hosts.map(|name| format!("{name} = \"https://elsewhere.example.com\"\n"));
        std::fs::write(&path, lines.concat()).unwrap();
        let file = SettingsFile::read(Some(&path)).unwrap();
        let hosts_of = |region: Option<&str>| {
            let mut flags = Layer::default();
            flags.hosts.region = region.map(str::to_owned);
            let all = Sources::read(flags, &file).unwrap().layer().table();
            hosts.map(|name| all[name].to_string())
        };
        let elsewhere = |host: &String| host.contains("elsewhere");
        assert!(hosts_of(None).iter().all(elsewhere));
        let by_region = hosts_of(Some("us9"));
        assert!(!by_region.iter().any(elsewhere), "{by_region:?}");
        assert!(by_region[1].contains("us9.auth.anaplan.com"));
    }
}
