//! Masks names and addresses (`--redact`), so that a bundle can be given to others. Ids stay: with their help,
//! a person who has the bundle that is not masked can find all names again.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::Line;
use crate::ledger::{Mandate, StoredEvent, UserRow};

/// The text that replaces a name or an address.
const MASKED: &str = "[masked]";

/// Names with fewer characters than this are not searched in texts, since they would be found inside other
/// words.
const SHORTEST: usize = 3;

/// Whether names and addresses are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// Names and addresses are shown as the ledger has them.
    Open,
    /// Names and addresses are masked.
    Masked,
}

impl Privacy {
    /// Whether names and addresses are masked.
    pub fn is_masked(self) -> bool {
        self == Self::Masked
    }

    /// Masks a text that is a name or an address as a whole.
    pub(super) fn name(self, text: &str) -> Cow<'_, str> {
        if self.is_masked() && !text.is_empty() {
            Cow::Borrowed(MASKED)
        } else {
            Cow::Borrowed(text)
        }
    }

    /// Masks addresses in a text, such as the words of a provider.
    pub(super) fn words(self, text: String) -> String {
        if self.is_masked() {
            Names::default().mask(&text).into_owned()
        } else {
            text
        }
    }

    /// Masks the names and addresses of one user in all columns of the row.
    pub(super) fn row(self, row: &mut UserRow) {
        if !self.is_masked() {
            return;
        }
        let names = Names::of(row);
        for text in [&mut row.detail, &mut row.verified_detail] {
            *text = text.take().map(|text| names.mask(&text).into_owned());
        }
        for name in [&mut row.user_name, &mut row.display_name] {
            *name = name.take().map(|name| self.name(&name).into_owned());
        }
        let id = row.user_id.as_deref().unwrap_or_default();
        for cell in &mut row.known.cells {
            if !cell.trim().eq_ignore_ascii_case(id) {
                *cell = self.name(cell).into_owned();
            }
        }
    }

    /// Masks the names in what is stored about a run.
    pub(super) fn mandate(self, mandate: &mut Mandate) {
        if !self.is_masked() {
            return;
        }
        mandate.account = self.name(&mandate.account).into_owned();
        mandate.operator = self.name(&mandate.operator).into_owned();
        for text in [&mut mandate.reason, &mut mandate.approver] {
            *text = text.take().map(|text| self.name(&text).into_owned());
        }
        mask_settings(&mut mandate.settings);
    }

    /// The body of an event without names; `None` if nothing in it had to be masked. `lines` has the names of its
    /// line.
    pub(super) fn body(self, event: &StoredEvent, lines: &NamesByLine) -> Option<String> {
        if !self.is_masked() {
            return None;
        }
        let mut body: Value = serde_json::from_str(&event.body).ok()?;
        let plain = body.clone();
        let no_names = Names::default();
        let names = event.line.and_then(|line| lines.0.get(&line));
        let members = body.as_object_mut()?;
        for (member, value) in members.iter_mut() {
            match (event.kind.as_str(), member.as_str(), &*value) {
                (
                    "run_started",
                    "account" | "operator" | "reason" | "approver",
                    Value::String(_),
                ) => {
                    *value = MASKED.into();
                }
                ("run_started", "settings", _) => mask_settings(value),
                (_, "answer", _) => {
                    if let Some(detail) = value.get_mut("detail") {
                        mask_words(detail, names.unwrap_or(&no_names));
                    }
                }
                (_, "detail" | "why", _) => mask_words(value, names.unwrap_or(&no_names)),
                _ => {}
            }
        }
        (body != plain).then(|| body.to_string())
    }
}

/// Masks names in the words of a provider, or in ours.
fn mask_words(value: &mut Value, names: &Names) {
    if let Value::String(text) = value {
        *value = names.mask(text).into();
    }
}

/// Masks the settings that name users: the account that signs in, and the protect list.
fn mask_settings(settings: &mut Value) {
    if let Some(username) = settings.get_mut("username") {
        *username = MASKED.into();
    }
    if let Some(Value::Array(protected)) = settings.get_mut("protect") {
        protected.fill(MASKED.into());
    }
}

/// The names of the users of some lines, by line.
#[derive(Debug, Default)]
pub(super) struct NamesByLine(BTreeMap<u64, Names>);

impl NamesByLine {
    /// Collects the names of these lines.
    pub(super) fn of(rows: &[UserRow]) -> Self {
        let names = rows.iter().map(|row| {
            let Line(line) = row.line;
            (line, Names::of(row))
        });
        Self(names.collect())
    }
}

/// The names of the user of one line, as characters without case.
#[derive(Debug, Default)]
struct Names(Vec<Vec<char>>);

impl Names {
    fn of(row: &UserRow) -> Self {
        let id = row.user_id.as_deref().unwrap_or_default();
        let given = row.user_name.iter().chain(&row.display_name);
        let mut names: Vec<&str> = given
            .chain(&row.known.cells)
            .flat_map(|text| {
                [
                    Some(text.trim()),
                    text.split_once('@').map(|(local, _)| local),
                ]
            })
            .flatten()
            .filter(|text| text.chars().count() >= SHORTEST && !text.eq_ignore_ascii_case(id))
            .collect();
        // The longest name comes first. Otherwise a part of it would be found and the rest left.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        Self(
            names
                .into_iter()
                .map(|name| name.chars().map(folded).collect())
                .collect(),
        )
    }

    /// The text without these names and without anything that looks like an address.
    fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        while let Some((start, c)) = chars.get(at).copied() {
            let found = self.longest_at(&chars[at..]).max(address_at(text, start));
            if found == 0 {
                masked.push(c);
                at += 1;
            } else {
                masked.push_str(MASKED);
                at += found;
            }
        }
        if masked == text {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(masked)
        }
    }

    /// The length in characters of the longest name that begins here; 0 if none does.
    fn longest_at(&self, chars: &[(usize, char)]) -> usize {
        let fits = |name: &&Vec<char>| {
            name.len() <= chars.len() && name.iter().zip(chars).all(|(a, (_, b))| *a == folded(*b))
        };
        self.0.iter().find(fits).map_or(0, Vec::len)
    }
}

/// The letter in lower case, if that is one letter.
fn folded(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The length in characters of the e-mail address that begins at this byte; 0 if none does.
fn address_at(text: &str, start: usize) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || ".!#$%&*+-/=?^_`{|}~@".contains(c);
    if text[..start].chars().next_back().is_some_and(is_part) {
        return 0;
    }
    let word: String = text[start..].chars().take_while(|c| is_part(*c)).collect();
    match word.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() => word.chars().count(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn names(names: &[&str]) -> Names {
        Names(
            names
                .iter()
                .map(|name| name.chars().map(folded).collect())
                .collect(),
        )
    }

    #[test]
    fn the_words_of_an_answer_are_masked_also_in_the_event_with_the_outcome() {
        let event = StoredEvent {
            number: 1,
            seq: Some(1),
            hash: None,
            at: Timestamp::from_millis(0),
            run: None,
            line: Some(2),
            kind: "settled".to_owned(),
            body: r#"{"outcome":"failed","detail":"Ada stays","answer":{"verdict":"refused","detail":"Ada stays"}}"#
                .to_owned(),
        };
        let lines = NamesByLine([(2, names(&["ada"]))].into());
        let masked = Privacy::Masked.body(&event, &lines).unwrap();
        assert_eq!(
            masked,
            r#"{"answer":{"detail":"[masked] stays","verdict":"refused"},"detail":"[masked] stays","outcome":"failed"}"#
        );
        assert_eq!(Privacy::Open.body(&event, &lines), None);
    }

    #[test]
    fn names_and_addresses_are_masked_in_any_script_and_case() {
        let names = names(&["Łukasz Ωμέγα", "ada"]);
        for (text, masked) in [
            (
                "user ŁUKASZ ωμέγα is protected",
                "user [masked] is protected",
            ),
            ("<Ada.L@Example.com> is gone", "<[masked]> is gone"),
            ("to x@y, z@w.", "to [masked], [masked]"),
            ("Ada (ada)", "[masked] ([masked])"),
            ("nothing @ all", "nothing @ all"),
            ("Resource 8a8b00ff not found", "Resource 8a8b00ff not found"),
            ("", ""),
        ] {
            assert_eq!(names.mask(text), masked);
        }
    }
}
