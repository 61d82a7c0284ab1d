//! Taking secrets out of text that a provider, or a program, sent: free text on its way to a person, a log
//! or the ledger. Ids, names and workspaces never come here: what is decided by them must not change.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

const REDACTED: &str = "[redacted]";

/// Tokens that are remembered. One that so many others have replaced is dead, and answers to requests
/// that were signed with it have long come.
const TOKENS: usize = 64;

/// Characters of a secret that is looked for, at least. A shorter one would be found in words that have
/// nothing to do with it.
const SHORTEST: usize = 8;

/// What a URL leaves as it is (RFC 3986 §2.3).
const ESCAPED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// All secrets of one session, in every form in which they may come back. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Secrets(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The secrets that the user gave us: never forgotten.
    given: Vec<SecretString>,
    /// What was obtained, each with its forms.
    obtained: VecDeque<Vec<SecretString>>,
}

impl Secrets {
    /// Remembers a secret that was given to us, such as a password.
    pub(super) fn given(&self, secret: &SecretString) {
        self.change(|known| known.given.extend(forms(secret)));
    }

    /// Remembers a secret that was obtained, such as a token.
    pub(super) fn obtained(&self, secret: &SecretString) {
        self.change(|known| {
            known.obtained.push_back(forms(secret));
            if known.obtained.len() > TOKENS {
                known.obtained.pop_front();
            }
        });
    }

    /// `text` with every occurrence of a secret replaced, also as base64, JSON, HTML, URLs and forms
    /// write it.
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
        // One form may be the beginning of another one, whose rest would stay.
        found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        found.iter().fold(text.to_owned(), |text, secret| {
            text.replace(*secret, REDACTED)
        })
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The secret, and all ways in which it is written elsewhere.
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
            secrets.given(&(*secret).into());
        }
        secrets
    }

    #[test]
    fn every_occurrence_goes() {
        let secrets = secrets(&["", "hun\"ter-2"]);
        secrets.obtained(&"t0ken-77".into());
        assert_eq!(
            secrets.redact(r#"t0ken-77 hun"ter-2 {"a":"hun\"ter-2"} t0ken-77"#),
            r#"[redacted] [redacted] {"a":"[redacted]"} [redacted]"#
        );
        assert_eq!(secrets.redact("nothing"), "nothing");
    }

    #[test]
    fn what_is_shorter_than_eight_characters_is_not_looked_for() {
        let secrets = secrets(&["admin", "7 signs"]);
        let text = "admin@example.com has 7 signs, and YWRtaW4=";
        assert_eq!(secrets.redact(text), text);
    }

    #[test]
    fn p10_no_form_of_a_secret_stays() {
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
    fn of_two_forms_that_begin_alike_the_longer_one_goes_first() {
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
            secrets.obtained(&format!("token-{number:03}").into());
        }
        assert_eq!(
            secrets.redact("token-000 token-001"),
            "token-000 [redacted]"
        );
        assert_eq!(secrets.redact("planted-one"), "[redacted]");
    }
}
