//! All sources of settings in their order. They are kept apart, so that a value's origin can be reported.
//!
//! A value's name is the one that it has in a file, and which values there are is known from
//! [`Layer`] alone: nothing here names a setting.

use serde_json::{Map, Value};

use crate::settings::region;
use crate::settings::{Layer, SettingsError, SettingsFile};

/// Where a value came from, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The command line, or a variable.
    CommandLine,
    /// The settings file.
    File,
    /// What the region stands for.
    Region,
    /// The provider's profile.
    Profile,
    /// The built-in value, used if no other source sets one.
    Default,
}

impl Source {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
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
pub struct Setting {
    /// The name, as in a file.
    pub name: String,
    /// The value; none if nothing says it.
    pub value: Option<Value>,
    /// Where the value came from.
    pub source: Option<Source>,
}

/// All sources, the strongest first.
#[derive(Debug)]
pub struct Sources(Vec<(Source, Layer)>);

impl Sources {
    /// Puts the settings file below the command line, and below both the profile that they name, and what
    /// the region stands for.
    ///
    /// # Errors
    /// The profile cannot be read or is wrong, or there is no such profile or region.
    pub fn read(command_line: Layer, file: &SettingsFile) -> Result<Self, SettingsError> {
        let mut file = file.layer().clone();
        if command_line.region.is_some() {
            // The region stands for all hosts, and a flag or variable beats a file.
            file.scim_url = None;
            file.auth_url = None;
            file.oauth_url = None;
            file.token_url = None;
            file.device_url = None;
        }
        let standard = Layer::standard();
        let said = [&command_line, &file, &standard];
        let profile = said.iter().find_map(|layer| layer.profile.as_deref());
        let profile = Layer::profile(profile.unwrap_or_default())?;
        let said = [&command_line, &file, &profile];
        let region = match said.iter().find_map(|layer| layer.region.as_deref()) {
            Some(wanted) => {
                let groups = said.iter().filter_map(|layer| layer.regions.as_deref());
                region::hosts(wanted, &groups.flatten().cloned().collect::<Vec<_>>())?
            }
            None => Layer::default(),
        };
        // A profile does not say which profile it is.
        let profile = Layer {
            profile: None,
            ..profile
        };
        Ok(Self(vec![
            (Source::CommandLine, command_line),
            (Source::File, file),
            (Source::Region, region),
            (Source::Profile, profile),
            (Source::Default, standard),
        ]))
    }

    /// All of them, one over the other.
    pub fn layer(self) -> Layer {
        let layers = self.0.into_iter().map(|(_, layer)| layer);
        layers.reduce(Layer::over).unwrap_or_default()
    }

    /// Every setting that there is, by name: what counts, and where it came from.
    pub fn settings(&self) -> Vec<Setting> {
        let tables: Vec<_> = self
            .0
            .iter()
            .map(|(source, layer)| (*source, table(layer)))
            .collect();
        // A layer in which nothing is set still has all names.
        let names: Vec<String> = table(&Layer::default())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let merged = self.0.iter().map(|(_, layer)| layer.clone());
        let mut merged = table(&merged.reduce(Layer::over).unwrap_or_default());
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

/// A layer by the names that it has in files.
fn table(layer: &Layer) -> Map<String, Value> {
    match serde_json::to_value(layer) {
        Ok(Value::Object(table)) => table,
        // A layer is a plain struct of plain values.
        _ => Map::new(),
    }
}

/// The annotated file with every setting set.
#[cfg(test)]
pub(super) fn all_set() -> String {
    let lines = crate::settings::TEMPLATE.lines();
    let lines = lines.map(|line| match line.strip_prefix("# ") {
        Some(setting) if setting.split(' ').nth(1) == Some("=") => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::TEMPLATE;

    #[test]
    fn the_annotated_file_names_every_setting_and_sets_none() {
        let parse = |text: &str| Layer::parse(Path::new("t.toml"), text).unwrap();
        assert_eq!(parse(TEMPLATE), Layer::default());
        // Without the sign before each setting all are set, and all are understood.
        let layer = parse(&all_set());
        let unset: Vec<_> = table(&layer)
            .into_iter()
            .filter(|(_, value)| value.is_null())
            .map(|(name, _)| name)
            .collect();
        assert_eq!(unset, ["regions"], "explain these in config/offboard.toml");
    }

    #[test]
    fn each_value_tells_where_it_came_from() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.toml");
        std::fs::write(
            &path,
            "region = \"us9\"\nauth-url = \"https://auth.example.com\"\n",
        )
        .unwrap();
        let flags = Layer {
            canary: Some(3),
            ..Layer::default()
        };
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
            ("canary", Value::from(3), Source::CommandLine),
            ("region", "us9".into(), Source::File),
            ("auth-url", "https://auth.example.com".into(), Source::File),
            ("scim-url", scim.into(), Source::Region),
            ("rate", "8/s".into(), Source::Profile),
            ("cap-share", "20%".into(), Source::Default),
            ("profile", "anaplan".into(), Source::Default),
        ] {
            assert_eq!(find(name), (Some(value), Some(source)), "{name}");
        }
        assert_eq!(find("username"), (None, None));
        assert_eq!(sources.layer().scim_url.as_deref(), Some(scim));
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
            let flags = Layer {
                region: region.map(str::to_owned),
                ..Layer::default()
            };
            let all = table(&Sources::read(flags, &file).unwrap().layer());
            hosts.map(|name| all[name].to_string())
        };
        let elsewhere = |host: &String| host.contains("elsewhere");
        assert!(hosts_of(None).iter().all(elsewhere));
        let by_region = hosts_of(Some("us9"));
        assert!(!by_region.iter().any(elsewhere), "{by_region:?}");
        assert!(by_region[1].contains("us9.auth.anaplan.com"));
    }
}
