//! One source of settings: every group, and in each group every setting, is optional.

use std::path::Path;

use clap::{ArgMatches, Args, Command};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use crate::settings::declare::{Declared, SettingGroup, SettingScope, Wanted};
use crate::settings::groups::{
    CertificateSettings, ColorSettings, EndSettings, FileSettings, GroundsSettings, HostSettings,
    LimitSettings, LogSettings, LookUpSettings, NetworkSettings, OauthSettings, ProgressSettings,
    ProviderSettings, RailSettings, ReadingSettings, ReportSettings, RequestSettings,
    SignInSettings, StrictSettings, TokenCommandSettings,
};

/// Makes the layer out of its groups: what is done with a layer is done with each group.
macro_rules! layer {
    ($($(#[doc = $doc:literal])* $name:ident: $group:ident,)*) => {
        /// One source of settings.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Layer {
            $($(#[doc = $doc])* pub $name: $group,)*
        }

        impl Layer {
            /// Every setting that there is.
            pub fn declared() -> Vec<Declared> {
                [$($group::declared()),*].concat()
            }

            /// The built-in values: the weakest source.
            pub fn standard() -> Self {
                Self { $($name: $group::standard(),)* }
            }

            /// This layer laid over `lower`: what is set here wins, and lists add up.
            #[must_use]
            pub fn over(self, mut lower: Self) -> Self {
                lower.reading.give_way(&self.reading);
                Self { $($name: self.$name.over(lower.$name),)* }
            }

            /// What the flags and the variables of a verb say.
            pub fn given(matches: &ArgMatches) -> Self {
                Self { $($name: $group::from_matches(matches, Wanted::Given),)* }
            }

            /// Reads the table of a file. Keys that no group knows are not its business.
            pub(super) fn read(table: &Spanned<DeTable<'_>>) -> Result<Self, toml::de::Error> {
                Ok(Self {
                    $($name: $group::deserialize(Deserializer::from(table.clone()))?,)*
                })
            }

            /// Makes the relative paths relative to this folder.
            pub(super) fn rebase(&mut self, folder: &Path) {
                $(self.$name.rebase(folder);)*
            }

            /// Leaves out the settings for which `is_meant` is true.
            pub(super) fn clear(&mut self, is_meant: fn(&Declared) -> bool) {
                $(self.$name.clear(is_meant);)*
            }

            /// The values by their keys in files. What is not set is null.
            pub(in crate::settings) fn table(&self) -> Map<String, Value> {
                let mut table = Map::new();
                $(table.extend(members(&self.$name));)*
                table
            }
        }
    };
}

layer! {
    /// The profile and the ledger.
    files: FileSettings,
    /// Where the provider is.
    hosts: HostSettings,
    /// How to sign in.
    sign_in: SignInSettings,
    /// Signing in with a certificate.
    certificate: CertificateSettings,
    /// Signing in with OAuth.
    oauth: OauthSettings,
    /// Signing in with a program that prints a token.
    token_command: TokenCommandSettings,
    /// How the roster is read.
    reading: ReadingSettings,
    /// Pace and patience.
    requests: RequestSettings,
    /// When a run stops by itself.
    limits: LimitSettings,
    /// The way to the provider.
    network: NetworkSettings,
    /// What keeps a job from beginning.
    rails: RailSettings,
    /// On which grounds a job is done.
    grounds: GroundsSettings,
    /// Whether a roster may have bad lines.
    strict: StrictSettings,
    /// Whether users are looked up before the first write.
    look_up: LookUpSettings,
    /// How progress is shown.
    progress: ProgressSettings,
    /// How a command ends that works on a job.
    end: EndSettings,
    /// What a report shows, and how its tables are written.
    report: ReportSettings,
    /// Where the log goes.
    log: LogSettings,
    /// Whether what is printed has colours.
    color: ColorSettings,
    /// How the provider behaves.
    provider: ProviderSettings,
}

impl Layer {
    /// Adds the flags that every verb with a target has, apart from those of `FileSettings`.
    #[must_use]
    pub fn target_flags(command: Command) -> Command {
        let groups = [
            HostSettings::augment_args,
            SignInSettings::augment_args,
            CertificateSettings::augment_args,
            OauthSettings::augment_args,
            TokenCommandSettings::augment_args,
            ReadingSettings::augment_args,
            RequestSettings::augment_args,
            LimitSettings::augment_args,
            NetworkSettings::augment_args,
            RailSettings::augment_args,
            GroundsSettings::augment_args,
        ];
        groups.iter().fold(command, |command, add| add(command))
    }

    /// What this source sets of the settings that a verb reads by itself: the flag without its dashes, and the
    /// value as it is typed.
    pub fn of_verbs(&self) -> Vec<(String, String)> {
        let table = self.table();
        let of_a_verb = Self::declared().into_iter();
        let of_a_verb = of_a_verb.filter(|setting| setting.facts.scope == SettingScope::Verb);
        let typed = |setting: Declared| {
            let value = match table.get(&setting.key)? {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((setting.flag?, value))
        };
        of_a_verb.filter_map(typed).collect()
    }
}

/// The members of a group by their keys.
fn members(group: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(group) {
        Ok(Value::Object(members)) => members,
        // A group is a plain struct of plain values.
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::path::Path;

    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_that_shows_where() {
        let error = Layer::parse(Path::new("f.toml"), "rate = \"8/s\"\nretries = 3\n");
        let text = error.unwrap_err().to_string();
        assert!(
            text.contains("line 2") && text.contains("retries"),
            "{text}"
        );
    }

    #[test]
    fn p10_a_secret_in_a_settings_file_is_not_shown() {
        for text in [
            "burst = 3\npassword = \"planted\"\n",
            "burst = 3\npassword = planted\n",
            "burst = 3\npassword = \"planted\n",
            "burst = 3\npassword: \"planted\"\n",
            "burst = 3\n[api-token]\nvalue = \"planted\"\n",
        ] {
            let error = Layer::parse(Path::new("f.toml"), text).unwrap_err();
            let shown = error.to_string();
            assert!(!shown.contains("planted"), "{shown}");
            assert!(shown.contains("line 2"), "{shown}");
            assert!(error.hint().unwrap().contains("set OFFBOARD_"));
        }
    }

    #[test]
    fn what_is_set_above_wins() {
        let upper = Layer::parse(Path::new("u"), "rate = \"2/s\"").unwrap();
        let lower = Layer::parse(Path::new("l"), "rate = \"8/s\"\nburst = 3").unwrap();
        let both = upper.over(lower);
        assert_eq!(both.requests.rate.unwrap().to_string(), "2/s");
        assert_eq!(both.requests.burst, NonZeroU32::new(3));
    }

    #[test]
    fn the_keys_of_a_file_are_those_of_the_declarations() {
        let table = Layer::default().table();
        let mut declared: Vec<_> = Layer::declared().into_iter().map(|one| one.key).collect();
        // What only a profile has is read, and is not written.
        declared.retain(|key| !["scim", "about", "extends"].contains(&key.as_str()));
        declared.sort();
        assert_eq!(table.keys().cloned().collect::<Vec<_>>(), declared);
        declared.dedup();
        assert_eq!(table.len(), declared.len(), "a key is declared twice");
    }

    #[test]
    fn every_path_of_a_file_is_relative_to_it() {
        for setting in Layer::declared() {
            let text = format!("{} = {}", setting.key, setting.example);
            if setting.value != "FILE" {
                continue;
            }
            let mut layer = Layer::parse(Path::new("t"), &text.replace("/run/", "run/")).unwrap();
            layer.rebase(Path::new("/folder"));
            let value = layer.table()[&setting.key].to_string();
            assert!(value.contains("\"/folder/"), "{text}: {value}");
        }
    }
}
