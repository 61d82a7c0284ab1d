//! From the text of a settings file or a profile to a layer.
//!
//! All that is wrong is said at once. A fault names its line and never shows it, because it may hold a secret.

use std::borrow::Cow;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::settings::sources::Layer;
use crate::settings::{Declared, SecretKind, SettingFault, SettingsError};

/// How many names are offered for one that is unknown.
const OFFERED: usize = 3;

/// The table of a profile whose parts have tables of their own.
const SCIM: &str = "scim";

/// A text as a table, with the place of each value in the text.
#[derive(Debug, Clone)]
pub(super) struct ParsedText<'t> {
    path: &'t Path,
    text: &'t str,
    table: Spanned<DeTable<'t>>,
}

impl Layer {
    /// Reads the text of a settings file or a profile. `path` is what an error names.
    ///
    /// # Errors
    /// `SettingsError::Faulty` with all faults.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        ParsedText::parse(path, text)?.layer()
    }
}

impl<'t> ParsedText<'t> {
    /// Reads the text as TOML, without the settings that are empty: they count as not set, as empty variables do.
    pub(super) fn parse(path: &'t Path, text: &'t str) -> Result<Self, SettingsError> {
        let table = DeTable::parse(text);
        let mut table =
            table.map_err(|error| faulty(path, vec![SettingFault::of_value(text, &error)]))?;
        let all = Layer::declared();
        keep(table.get_mut(), |name, value| {
            let counts = |setting: &Declared| setting.key == name && setting.facts.may_be_empty;
            !match value {
                DeValue::String(text) => text.is_empty() && !all.iter().any(counts),
                DeValue::Array(items) => items.is_empty(),
                _ => false,
            }
        });
        Ok(Self { path, text, table })
    }

    /// The text of a key, if it is one; `None` if the key is not there, or has another value.
    pub(super) fn text_of(&self, wanted: &str) -> Option<String> {
        let mut entries = self.table.get_ref().iter();
        let (_, value) = entries.find(|(name, _)| *name.get_ref() == wanted)?;
        value.get_ref().as_str().map(str::to_owned)
    }

    /// Leaves a key out.
    pub(super) fn without(mut self, unwanted: &str) -> Self {
        keep(self.table.get_mut(), |name, _| name != unwanted);
        self
    }

    /// This laid over `base`: what is said here counts. In the tables of `[scim]` that is so for each key by itself, and
    /// an empty text takes away what `base` says.
    pub(super) fn over(mut self, base: ParsedText<'t>) -> Self {
        let own = std::mem::take(self.table.get_mut());
        *self.table.get_mut() = merged(own, base.table.into_inner(), Depth::Top);
        self
    }

    /// The settings.
    ///
    /// # Errors
    /// [`SettingsError::Faulty`] with all faults.
    pub(super) fn layer(&self) -> Result<Layer, SettingsError> {
        let mut faults = self.unknown_keys();
        let read = Layer::read(&self.known());
        match read {
            Ok(layer) if faults.is_empty() => return Ok(layer),
            Ok(_) => {}
            Err(whole) => {
                let alone = self.wrong_values();
                if alone.is_empty() {
                    faults.push(SettingFault::of_value(self.text, &whole));
                }
                faults.extend(alone);
            }
        }
        Err(faulty(self.path, faults))
    }

    /// Makes sure that each key by itself can be used: values that have to go together may come from another text.
    ///
    /// # Errors
    /// [`SettingsError::Faulty`] with all faults.
    pub(super) fn each_is_right(&self) -> Result<(), SettingsError> {
        let mut faults = self.unknown_keys();
        faults.extend(self.wrong_values());
        if faults.is_empty() {
            return Ok(());
        }
        Err(faulty(self.path, faults))
    }

    /// The table without the keys that no setting has.
    fn known(&self) -> Spanned<DeTable<'t>> {
        let all = Layer::declared();
        let mut table = self.table.clone();
        let is_known = |name: &str| all.iter().any(|setting| setting.key == name);
        keep(table.get_mut(), |name, _| is_known(name));
        table
    }

    /// A fault for each key that no setting has.
    fn unknown_keys(&self) -> Vec<SettingFault> {
        let all = Layer::declared();
        let keys = self.table.get_ref().keys();
        let unknown = keys.filter(|key| all.iter().all(|setting| setting.key != *key.get_ref()));
        let fault = |key: &Spanned<Cow<'t, str>>| {
            SettingFault::of_key(self.text, key.span().start, key.get_ref(), &all)
        };
        unknown.map(fault).collect()
    }

    /// A fault for each value that is wrong by itself.
    fn wrong_values(&self) -> Vec<SettingFault> {
        let mut faults = Vec::new();
        let known = self.known();
        for part in parts(known.get_ref(), Depth::Top) {
            if let Err(error) = Layer::read(&Spanned::new(known.span(), part)) {
                faults.push(SettingFault::of_value(self.text, &error));
            }
        }
        faults
    }
}

/// Where a table is: the keys of some tables stand for themselves, and other tables are one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// The whole file.
    Top,
    /// `[scim]`.
    Scim,
    /// A table in `[scim]`.
    InScim,
}

impl Depth {
    /// Where the table of this key is, if its keys stand for themselves.
    fn of(self, key: &str) -> Option<Self> {
        match self {
            Self::Top => (key == SCIM).then_some(Self::Scim),
            Self::Scim => Some(Self::InScim),
            Self::InScim => None,
        }
    }
}

/// Leaves out the entries for which `is_meant` is false.
fn keep(table: &mut DeTable<'_>, is_meant: impl Fn(&str, &DeValue<'_>) -> bool) {
    for (name, value) in std::mem::take(table) {
        if is_meant(name.get_ref(), value.get_ref()) {
            table.insert(name, value);
        }
    }
}

/// A table for each value that stands for itself, with nothing else in it.
fn parts<'t>(table: &DeTable<'t>, depth: Depth) -> Vec<DeTable<'t>> {
    let mut all = Vec::new();
    for (name, value) in table {
        let one = |value: Spanned<DeValue<'t>>| {
            let mut part = DeTable::new();
            part.insert(name.clone(), value);
            part
        };
        match (value.get_ref(), depth.of(name.get_ref())) {
            (DeValue::Table(inner), Some(depth)) => {
                let inner = parts(inner, depth).into_iter();
                all.extend(inner.map(|part| one(Spanned::new(value.span(), DeValue::Table(part)))));
            }
            (value, _) if depth != Depth::Top && is_empty_text(value) => {}
            _ => all.push(one(value.clone())),
        }
    }
    all
}

/// Whether it is an empty text. In a table of `[scim]` that takes away what another profile says, and is no value.
fn is_empty_text(value: &DeValue<'_>) -> bool {
    matches!(value, DeValue::String(text) if text.is_empty())
}

/// One table over another.
fn merged<'t>(own: DeTable<'t>, mut base: DeTable<'t>, depth: Depth) -> DeTable<'t> {
    for (name, value) in own {
        let lower = base.remove(&name);
        if is_empty_text(value.get_ref()) && depth != Depth::Top {
            continue;
        }
        let (span, value) = (value.span(), value.into_inner());
        let lower = lower.map(Spanned::into_inner);
        let value = match (value, lower, depth.of(name.get_ref())) {
            (DeValue::Table(value), Some(DeValue::Table(lower)), Some(depth)) => {
                DeValue::Table(merged(value, lower, depth))
            }
            (value, ..) => value,
        };
        base.insert(name, Spanned::new(span, value));
    }
    base
}

/// The error with these faults, by line.
fn faulty(path: &Path, mut faults: Vec<SettingFault>) -> SettingsError {
    faults.sort_by_key(|fault| fault.line);
    faults.dedup();
    SettingsError::Faulty {
        path: path.to_owned(),
        faults,
    }
}

impl SettingFault {
    /// A key that no setting has. `start` is where it begins.
    fn of_key(text: &str, start: usize, name: &str, all: &[Declared]) -> Self {
        let name = name.escape_debug().to_string();
        let mut near: Vec<_> = all
            .iter()
            .map(|setting| (strsim::jaro_winkler(&name, &setting.key), &setting.key))
            .filter(|(likeness, _)| *likeness > 0.75)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        let near: Vec<_> = near
            .iter()
            .take(OFFERED)
            .map(|(_, key)| key.as_str())
            .collect();
        let line = line_of(text, start);
        Self {
            line,
            why: format!("no setting is called `{name}`{}", nearest(&near)),
            is_unknown: true,
            secret: secret_on(text, line),
        }
    }

    /// A value that cannot be used, or a text that is no TOML.
    fn of_value(text: &str, error: &toml::de::Error) -> Self {
        let line = line_of(text, error.span().map_or(0, |span| span.start));
        Self {
            line,
            why: error.message().trim_end().replace('\n', ", "),
            is_unknown: false,
            secret: secret_on(text, line),
        }
    }
}

/// The nearest names, as the end of a sentence.
fn nearest(near: &[&str]) -> String {
    let quoted: Vec<_> = near.iter().map(|key| format!("`{key}`")).collect();
    match near {
        [] => String::new(),
        [_] => format!("; the nearest is {}", quoted.concat()),
        _ => format!("; the nearest are {}", quoted.join(", ")),
    }
}

/// The line of a byte, from 1.
fn line_of(text: &str, byte: usize) -> usize {
    let before = text.get(..byte).unwrap_or_default();
    1 + before.matches('\n').count()
}

/// The secret that a line seems to hold, by its key.
fn secret_on(text: &str, line: usize) -> Option<SecretKind> {
    let words = text.lines().nth(line - 1).unwrap_or_default();
    let key = words.split('=').next().unwrap_or_default();
    let key = key.trim().to_ascii_lowercase();
    if key.ends_with("-file") || key.starts_with("token-") {
        return None;
    }
    let kinds = [
        ("passphrase", SecretKind::KeyPassphrase),
        ("pass", SecretKind::Password),
        ("token", SecretKind::Token),
        ("secret", SecretKind::ClientSecret),
    ];
    let kind = kinds.iter().find(|(word, _)| key.contains(word));
    kind.map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<SettingFault> {
        match Layer::parse(Path::new("f.toml"), text).unwrap_err() {
            SettingsError::Faulty { faults, .. } => faults,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_empty_is_not_set_and_lines_keep_their_numbers() {
        let text =
            "username = \"\"\nprotect = []\ncap = 3\nrate = \"\" # later\nscope = \"\"\"\n\"\"\"\n";
        let layer = Layer::parse(Path::new("f.toml"), text).unwrap();
        let mut expected = Layer::default();
        expected.rails.cap = Some(3);
        assert_eq!(layer, expected);
        assert_eq!(faults(&format!("{text}retries = 3\n"))[0].line, 7);
        let scheme = Layer::parse(Path::new("f.toml"), "token-scheme = \"\"\n").unwrap();
        assert_eq!(scheme.sign_in.token_scheme.as_deref(), Some(""));
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest_ones() {
        for (text, near) in [
            ("cap = 1\nuser-name = \"a\"", "`username`"),
            ("cap = 1\nprotected = [\"a\"]", "`protect`"),
            ("cap = 1\nmax-attempt = 3", "`max-attempts`"),
            ("cap = 1\nfrobnicate = 3", "`frobnicate`"),
        ] {
            let faults = faults(text);
            assert_eq!((faults.len(), faults[0].line), (1, 2));
            assert!(
                faults[0].is_unknown && faults[0].why.contains(near),
                "{text}: {faults:?}"
            );
        }
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let text = "rate = \"fast\"\nretries = 3\ntimeout = \"30s\"\n[scim.find]\npage-size = 0\n\
                    pages = \"no\"\n[scim.acces]\nattribute = \"roles\"\n[scim.write]\n\
                    disable = []\nmethod = \"POST\"\n";
        let faults = faults(text);
        let lines: Vec<_> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines.len(), 7, "{faults:?}");
        for line in [1, 2, 5, 6, 11] {
            assert!(lines.contains(&line), "{line}: {faults:?}");
        }
        let all = |words: &str| faults.iter().any(|fault| fault.why.contains(words));
        assert!(
            all("acces") && all("`disable` has no operation"),
            "{faults:?}"
        );
    }

    #[test]
    fn values_that_contradict_each_other_only_together_are_a_fault_too() {
        let text = "[scim.write]\nmethod = \"PUT\"\n\
                    remove-access = [{ op = \"remove\", path = 'roles[value eq \"a\"]' }]\n";
        let faults = faults(text);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].why.contains("by PUT only whole attributes"),
            "{faults:?}"
        );
    }
}
