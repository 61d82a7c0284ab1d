//! Removes secrets from text that a provider or a program sent, before it is printed, logged or stored.
//! Ids, names and workspaces are not redacted, because decisions depend on them.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

const REDACTED: &str = "[redacted]";

/// How many tokens are remembered. A token that so many others have replaced is dead, and all answers to
/// requests with it have arrived.
const TOKENS: usize = 64;

/// The shortest secret that is searched for, in characters. A shorter one would match parts of unrelated
/// words.
const SHORTEST: usize = 8;

/// All characters but those that a URL does not escape (RFC 3986 §2.3).
const ESCAPED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// All secrets of one session, in each form in which a server may send them back. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Secrets from the user, with their forms. They are never forgotten.
    given: Vec<SecretString>,
    /// Secrets from a service, each with its forms.
    obtained: VecDeque<Vec<SecretString>>,
}

impl Secrets {
    /// Remembers a secret from the user, such as a password.
    pub(super) fn remember_given(&self, secret: &SecretString) {
        self.change(|known| known.given.extend(forms(secret)));
    }

    /// Remembers a secret from a service, such as a token.
    pub(super) fn remember_obtained(&self, secret: &SecretString) {
        self.change(|known| {
            known.obtained.push_back(forms(secret));
            if known.obtained.len() > TOKENS {
                known.obtained.pop_front();
            }
        });
    }

    /// `text` with each occurrence of a secret replaced, also as base64, JSON, HTML, URLs and forms write
    /// it.
    pub(super) fn redact(&self, text: &str) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let obtained = known.obtained.iter().flatten();
        let mut found: Vec<&str> = known
            .given
            .iter()
            .chain(obtained)
            .map(ExposeSecret::expose_secret)
            .filter(|secret| text.contains(*secret))
            .collect();
        // Longest first: one form may be the beginning of another, and the rest of that one would be left.
        found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        found.iter().fold(text.to_owned(), |text, secret| {
            text.replace(*secret, REDACTED)
        })
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The secret, and each form in which other formats write it.
fn forms(secret: &SecretString) -> Vec<SecretString> {
    let secret = secret.expose_secret();
    if secret.chars().count() < SHORTEST {
        return Vec::new();
    }
    let json = serde_json::to_string(secret).unwrap_or_default();
    let json = json.trim_matches('"').to_owned();
    let url = utf8_percent_encode(secret, &ESCAPED).to_string();
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let mut forms = vec![
        secret.to_owned(),
        json.replace('/', "\\/"),
        json,
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        lower_escapes(&url),
        lower_escapes(&url).replace("%20", "+"),
        url.replace("%20", "+"),
        url,
        html.replace('"', "&quot;").replace('\'', "&#39;"),
        html.replace('"', "&#34;").replace('\'', "&#39;"),
        html,
    ];
    forms.sort();
    forms.dedup();
    forms.into_iter().map(SecretString::from).collect()
}

/// `%2F` as `%2f`: both are in use.
fn lower_escapes(url: &str) -> String {
    let mut left = 0;
    url.chars()
        .map(|c| {
            let escaped = left > 0;
            left = if c == '%' {
                2_u8
            } else {
                left.saturating_sub(1)
            };
            if escaped { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(given: &[&str]) -> Secrets {
        let secrets = Secrets::default();
        for secret in given {
            secrets.remember_given(&(*secret).into());
        }
        secrets
    }

    #[test]
    fn every_occurrence_is_removed() {
        let secrets = secrets(&["", "hun\"ter-2"]);
        secrets.remember_obtained(&"t0ken-77".into());
        assert_eq!(
            secrets.redact(r#"t0ken-77 hun"ter-2 {"a":"hun\"ter-2"} t0ken-77"#),
            r#"[redacted] [redacted] {"a":"[redacted]"} [redacted]"#
        );
        assert_eq!(secrets.redact("nothing"), "nothing");
    }

    #[test]
    fn a_secret_of_less_than_eight_characters_is_not_searched_for() {
        let secrets = secrets(&["admin", "7 signs"]);
        let text = "admin@example.com has 7 signs, and YWRtaW4=";
        assert_eq!(secrets.redact(text), text);
    }

    #[test]
    fn p10_each_form_of_a_secret_is_removed() {
        let secrets = secrets(&["Pa5s wörd/<&>+'\"="]);
        for form in [
            "Pa5s wörd/<&>+'\"=",
            r#"Pa5s wörd/<&>+'\"="#,
            r#"Pa5s wörd\/<&>+'\"="#,
            "UGE1cyB3w7ZyZC88Jj4rJyI9",
            "Pa5s%20w%C3%B6rd%2F%3C%26%3E%2B%27%22%3D",
            "Pa5s+w%C3%B6rd%2F%3C%26%3E%2B%27%22%3D",
            "Pa5s+w%c3%b6rd%2f%3c%26%3e%2b%27%22%3d",
            "Pa5s wörd/&lt;&amp;&gt;+&#39;&quot;=",
        ] {
            assert_eq!(secrets.redact(&format!("({form})")), "([redacted])");
        }
    }

    #[test]
    fn of_two_forms_with_the_same_beginning_the_longer_one_is_removed_first() {
        assert_eq!(
            secrets(&["abcdefgh", "abcdefghij"]).redact("abcdefghij abcdefgh"),
            "[redacted] [redacted]"
        );
    }

    #[test]
    fn no_debug_text_shows_a_secret_and_old_tokens_are_forgotten() {
        let secrets = secrets(&["planted-one"]);
        assert!(!format!("{secrets:?}").contains("planted-one"));
        for number in 0..=TOKENS {
            secrets.remember_obtained(&format!("token-{number:03}").into());
        }
        assert_eq!(
            secrets.redact("token-000 token-001"),
            "token-000 [redacted]"
        );
        assert_eq!(secrets.redact("planted-one"), "[redacted]");
    }
}
