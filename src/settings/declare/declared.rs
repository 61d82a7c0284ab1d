//! One setting as it is declared, for all that lists settings: help, the annotated file, `config show`, the
//! evidence of a run, and the documentation.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches};
use serde_json::Value;

/// Whether a run keeps the value of a setting as evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The value is kept, without the password of an address.
    Kept,
    /// The value is a secret, or says where one is. It is never kept.
    Secret,
    /// The run keeps it elsewhere; the text says where.
    Elsewhere(&'static str),
}

/// Whether a settings file may have a setting although no flag and no variable names the file.
#[derive(Debug, Clone, Copy)]
pub(in crate::settings) enum Trust {
    /// It may.
    Any,
    /// It may not: the setting says which program runs, or where a secret goes.
    Named,
    /// It may not, and a region of the command line replaces it: the setting is an address.
    Host,
    /// It may not have these values.
    NamedIf(fn(&Value) -> bool),
}

/// What a setting is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::settings) enum SettingScope {
    /// The provider or the job. It may be part of a profile.
    Job,
    /// The choice of the profile. It is no part of one.
    Choice,
    /// How one verb works. It is no part of a profile, and only the verb's own flag is read.
    Verb,
}

/// What a declaration says beside name, type, help and default.
#[derive(Debug, Clone, Copy)]
pub(in crate::settings) struct SettingFacts {
    /// What help calls the value. Empty: there is no flag and no variable, only a key in files.
    pub(in crate::settings) value: &'static str,
    /// The key in files, where it is not the name of the field.
    pub(in crate::settings) key: &'static str,
    /// The flag without its dashes, where it is not the key.
    pub(in crate::settings) flag: &'static str,
    /// A value as it is written in a file; the quotes around a text may be left out.
    pub(in crate::settings) example: &'static str,
    /// What counts where no source sets a value, in words.
    pub(in crate::settings) otherwise: &'static str,
    pub(in crate::settings) evidence: Evidence,
    pub(in crate::settings) trust: Trust,
    pub(in crate::settings) scope: SettingScope,
    /// Whether every verb takes the flag.
    pub(in crate::settings) is_global: bool,
    /// Whether an empty text in a file is a value. Every other empty text counts as not set.
    pub(in crate::settings) may_be_empty: bool,
}

/// The facts of most settings.
pub(in crate::settings) const KEPT: SettingFacts = SettingFacts {
    value: "",
    key: "",
    flag: "",
    example: "",
    otherwise: "",
    evidence: Evidence::Kept,
    trust: Trust::Any,
    scope: SettingScope::Job,
    is_global: false,
    may_be_empty: false,
};

/// The facts of a secret, or of the file that holds one.
pub(in crate::settings) const SECRET: SettingFacts = SettingFacts {
    evidence: Evidence::Secret,
    ..KEPT
};

/// The facts of what is either on or off.
pub(in crate::settings) const SWITCH: SettingFacts = SettingFacts {
    value: "BOOL",
    example: "true",
    ..KEPT
};

/// A setting as it is declared.
#[derive(Debug, Clone)]
pub struct Declared {
    /// The key in a settings file.
    pub key: String,
    /// The flag without its dashes; `None` for a setting that only a file has.
    pub flag: Option<String>,
    /// The variable; `None` for a setting that only a file has.
    pub variable: Option<String>,
    /// What help calls the value.
    pub value: &'static str,
    /// What the setting is for.
    pub help: String,
    /// The built-in value, as in a file.
    pub default: Option<Value>,
    /// What counts where no source sets a value, in words.
    pub otherwise: &'static str,
    /// A value as it is written in a file.
    pub example: String,
    /// Whether a run keeps the value.
    pub evidence: Evidence,
    /// The title of the group.
    pub title: &'static str,
    /// Whether the variable adds to what the flag says, where it otherwise gives way to it.
    pub adds: bool,
    /// The rest.
    pub(in crate::settings) facts: SettingFacts,
    /// The heading in help; `None` for the one of the verb.
    pub(in crate::settings) heading: Option<&'static str>,
}

impl Declared {
    /// Puts a declaration together. `name` is the field's name, `lines` are the lines of its documentation.
    pub(in crate::settings) fn new(
        name: &str,
        lines: &[&str],
        facts: SettingFacts,
        (title, heading): (&'static str, Option<&'static str>),
    ) -> Self {
        let named = |given: &str, usual: String| match given {
            "" => usual,
            given => given.to_owned(),
        };
        let key = named(facts.key, name.replace('_', "-"));
        let flag = (!facts.value.is_empty()).then(|| named(facts.flag, key.clone()));
        let lines: Vec<_> = lines.iter().map(|line| line.trim()).collect();
        let help = lines.join(" ");
        Self {
            variable: flag.as_deref().map(variable),
            value: facts.value,
            help: help.trim_end_matches('.').to_owned(),
            default: None,
            otherwise: facts.otherwise,
            example: as_toml(facts.example),
            evidence: facts.evidence,
            adds: false,
            title,
            key,
            flag,
            facts,
            heading,
        }
    }

    /// What counts where no source sets a value: in words, or the built-in value; `None` for a switch that is
    /// off, and where there is nothing.
    pub fn fallback(&self) -> Option<String> {
        match &self.default {
            _ if !self.otherwise.is_empty() => Some(self.otherwise.to_owned()),
            None | Some(Value::Bool(false)) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        }
    }

    /// The flag for clap, except for how its value is read.
    pub(in crate::settings) fn arg(&self) -> Option<Arg> {
        let flag = self.flag.clone()?;
        let help = match self.fallback() {
            Some(fallback) => format!("{} [default: {fallback}]", self.help),
            None => self.help.clone(),
        };
        let mut arg = Arg::new(flag.clone())
            .long(flag)
            .value_name(self.value)
            .env(self.variable.clone()?)
            .global(self.facts.is_global)
            .help(help);
        if let Some(heading) = self.heading {
            arg = arg.help_heading(heading);
        }
        Some(arg)
    }

    /// Where clap has the value from; `None` if the verb has no such flag, or nothing gives it a value.
    pub(in crate::settings) fn given_by(&self, matches: &ArgMatches) -> Option<ValueSource> {
        let flag = self.flag.as_deref()?;
        // A verb that lacks the flag is no mistake here.
        matches.try_contains_id(flag).ok()?;
        matches.value_source(flag)
    }
}

/// The variable of a flag.
fn variable(flag: &str) -> String {
    format!("OFFBOARD_{}", flag.to_uppercase().replace('-', "_"))
}

/// A value as TOML: as it is, if it is TOML, and else in quotes.
fn as_toml(example: &str) -> String {
    let is_toml = toml::from_str::<toml::Table>(&format!("x = {example}")).is_ok();
    if is_toml || example.is_empty() {
        example.to_owned()
    } else {
        format!("\"{example}\"")
    }
}
