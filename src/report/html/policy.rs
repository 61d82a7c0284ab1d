//! The content security policy of the page: the browser may use the page's own style and script, which are
//! named by their digests, and nothing else.

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
    fn the_style_and_the_script_cannot_end_their_elements() {
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
