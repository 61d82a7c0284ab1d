//! Taking secrets out of text that a provider sent.

use secrecy::{ExposeSecret, SecretString};

const REDACTED: &str = "[redacted]";

/// `text` with every occurrence of a secret replaced, also as JSON escapes it.
pub(super) fn redact<'a>(
    text: &str,
    secrets: impl IntoIterator<Item = &'a SecretString>,
) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        let secret = secret.expose_secret();
        if secret.is_empty() {
            continue;
        }
        if secret.contains(['"', '\\']) {
            let escaped = secret.replace('\\', "\\\\").replace('"', "\\\"");
            text = replaced(text, &escaped);
        }
        text = replaced(text, secret);
    }
    text
}

fn replaced(text: String, secret: &str) -> String {
    if text.contains(secret) {
        text.replace(secret, REDACTED)
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_occurrence_goes() {
        let secrets: [SecretString; 3] = ["".into(), "hun\"ter".into(), "t0k".into()];
        assert_eq!(
            redact(r#"t0k hun"ter {"a":"hun\"ter"} t0k"#, &secrets),
            r#"[redacted] [redacted] {"a":"[redacted]"} [redacted]"#
        );
        assert_eq!(redact("nothing", &secrets), "nothing");
    }
}
