//! Groups of settings: what the declarations of one group are made into.

use std::path::Path;

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::settings::declare::Declared;

/// Which values of a command line are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::settings) enum Wanted {
    /// Those of flags and of variables.
    Given,
    /// Also those that clap takes where neither is given.
    All,
}

impl Wanted {
    /// Whether values from this source are meant.
    pub(in crate::settings) fn includes(self, source: ValueSource) -> bool {
        self == Self::All || source != ValueSource::DefaultValue
    }
}

/// A group of settings. [`settings_group`] declares one.
pub(in crate::settings) trait SettingGroup: Sized + Default {
    /// The settings of the group, in the order of their declarations.
    fn declared() -> Vec<Declared>;

    /// The built-in values.
    fn standard() -> Self;

    /// This group, where a weaker source has `lower`.
    #[must_use]
    fn over(self, lower: Self) -> Self;

    /// Makes the relative paths relative to the folder of the file that has them.
    fn rebase(&mut self, folder: &Path);

    /// Leaves out the settings for which `is_meant` is true.
    fn clear(&mut self, is_meant: fn(&Declared) -> bool);

    /// The values of the flags that this verb has.
    fn from_matches(matches: &ArgMatches, wanted: Wanted) -> Self;
}

/// Declares a group of settings. A field reads `name: Type = default => facts,` below its help; the default is
/// left out where there is none. The file key and the flag are the field's name with dashes, and the variable is
/// `OFFBOARD_` with that name in capitals.
///
/// Out of this come: the struct, in which every setting is optional; serde's reading and writing of it; clap's
/// flags; for each setting with a default a method that gives its value or the default; and [`SettingGroup`].
macro_rules! settings_group {
    (
        $(#[doc = $about:literal])*
        $(#[expect($($expect:tt)*)])?
        $group:ident, $title:literal $(under $heading:literal)? {
            $(
                $(#[doc = $help:literal])*
                $(#[serde($($serde:tt)*)])?
                $name:ident: $type:ty $(= $default:expr)? => $facts:expr;
            )*
        }
    ) => {
        $(#[doc = $about])*
        $(#[expect($($expect)*)])?
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
        #[serde(default, rename_all = "kebab-case")]
        pub struct $group {
            $(
                $(#[doc = $help])*
                $(#[serde($($serde)*)])?
                pub $name: Option<$type>,
            )*
        }

        impl $group {
            $($(
                /// The value, or else the built-in one.
                pub fn $name(&self) -> $type {
                    self.$name.clone().unwrap_or_else(|| $default)
                }
            )?)*
        }

        impl $crate::settings::declare::SettingGroup for $group {
            fn declared() -> Vec<$crate::settings::Declared> {
                use $crate::settings::declare::SettingValue;
                let heading: &[&'static str] = &[$($heading)?];
                let place = ($title, heading.first().copied());
                let mut all = vec![$({
                    let lines: &[&str] = &[$($help),*];
                    let facts: $crate::settings::declare::SettingFacts = $facts;
                    let mut one =
                        $crate::settings::Declared::new(stringify!($name), lines, facts, place);
                    one.adds = <$type as SettingValue>::ADDS;
                    one
                }),*];
                let defaults = serde_json::to_value(Self::standard()).unwrap_or_default();
                for one in &mut all {
                    one.default = defaults.get(&one.key).filter(|value| !value.is_null()).cloned();
                }
                all
            }

            fn standard() -> Self {
                Self {
                    $($name: None::<$type>$(.or_else(|| Some($default)))?,)*
                }
            }

            fn over(self, lower: Self) -> Self {
                use $crate::settings::declare::SettingValue;
                Self {
                    $($name: match (self.$name, lower.$name) {
                        (Some(upper), Some(lower)) => Some(SettingValue::over(upper, lower)),
                        (upper, lower) => upper.or(lower),
                    },)*
                }
            }

            fn rebase(&mut self, folder: &std::path::Path) {
                use $crate::settings::declare::SettingValue;
                $(
                    if let Some(value) = &mut self.$name {
                        SettingValue::rebase(value, folder);
                    }
                )*
            }

            fn clear(&mut self, is_meant: fn(&$crate::settings::Declared) -> bool) {
                let mut all = Self::declared().into_iter();
                $(
                    if all.next().is_some_and(|one| is_meant(&one)) {
                        self.$name = None;
                    }
                )*
            }

            fn from_matches(
                matches: &clap::ArgMatches,
                wanted: $crate::settings::declare::Wanted,
            ) -> Self {
                use $crate::settings::declare::SettingValue;
                let mut all = Self::declared().into_iter();
                Self {
                    $($name: all.next().and_then(|one| {
                        let source = one.given_by(matches).filter(|from| wanted.includes(*from))?;
                        let flag = one.flag.as_deref()?;
                        let value = <$type as SettingValue>::from_matches(matches, flag)?;
                        let variable = one.variable.as_deref().filter(|_| {
                            one.adds && source == clap::parser::ValueSource::CommandLine
                        });
                        let added = variable.and_then(std::env::var_os);
                        let added = added.filter(|text| !text.is_empty());
                        Some(match added.and_then(<$type as SettingValue>::from_variable) {
                            Some(added) => SettingValue::over(value, added),
                            None => value,
                        })
                    }),)*
                }
            }
        }

        impl clap::FromArgMatches for $group {
            fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
                use $crate::settings::declare::{SettingGroup, Wanted};
                Ok(Self::from_matches(matches, Wanted::All))
            }

            fn update_from_arg_matches(
                &mut self,
                matches: &clap::ArgMatches,
            ) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl clap::Args for $group {
            fn augment_args(mut command: clap::Command) -> clap::Command {
                use $crate::settings::declare::{SettingGroup, SettingValue};
                let mut all = Self::declared().into_iter();
                $(
                    if let Some(arg) = all.next().and_then(|one| one.arg()) {
                        command = command.arg(<$type as SettingValue>::flag(arg));
                    }
                )*
                command
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                Self::augment_args(command)
            }
        }
    };
}

pub(in crate::settings) use settings_group;
