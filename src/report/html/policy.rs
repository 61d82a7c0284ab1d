//! What the page allows a browser to do: nothing but its own style and script, known by their digests.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The page's style.
pub(super) const STYLE: &str = include_str!("templates/style.css");

/// The page's script.
pub(super) const SCRIPT: &str = include_str!("templates/table.js");

/// The content security policy (CSP level 3) of the page: no network, no other script, no `eval`.
pub(super) fn policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        source(STYLE),
        source(SCRIPT)
    )
}

fn source(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    format!("sha256-{}", BASE64_STANDARD.encode(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_page_ends_its_own_element() {
        assert!(!STYLE.contains("</"));
        assert!(!SCRIPT.contains("</"));
        assert!(!SCRIPT.contains("<!--"));
        for word in [
            "innerHTML",
            "eval(",
            "Function(",
            "document.write",
            "fetch(",
        ] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
        for word in ["url(", "@import", "http"] {
            assert!(!STYLE.contains(word), "{word}");
        }
    }
}
