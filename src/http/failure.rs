//! What a failed exchange proves, and its causes as one line of text.
//!
//! Only a failure to connect (name look-up, TCP, a proxy's tunnel, TLS) proves that the request never
//! left. Everything else counts as lost, a timeout of the whole exchange too: reqwest cannot say how
//! far the request had come by then.

use std::error::Error;

use crate::domain::Silence;
use crate::http::HeaderMap;
use crate::http::trouble::{is_proxy_sign_in, proxy_sign_in, trouble};

/// Judges why no reply came. `rootless` means that this machine has no certificate authority.
///
/// What an HTTP/2 server says of a stream (`GOAWAY`, `REFUSED_STREAM`) is not believed either way: it
/// counts as lost, and the user is read.
pub(super) fn silence(error: reqwest::Error, rootless: bool) -> Silence {
    let is_connect = error.is_connect();
    let never_left = error.is_connect() || error.is_dns() || error.is_builder();
    // The caller that prints the text knows the address, which may hold more than should be printed.
    let error = error.without_url();
    let text = chain(&error);
    if is_connect && is_proxy_sign_in(&text) {
        return Silence::Blocked(proxy_sign_in(&HeaderMap::new()));
    }
    let text = trouble(&error, &text, rootless).unwrap_or(text);
    if never_left {
        Silence::NotSent(text)
    } else {
        Silence::Lost(text)
    }
}

/// Whether it was for want of a file descriptor, of this process (`EMFILE`) or of the whole machine
/// (`ENFILE`), that no connection was made. Both numbers are the same on all Unix systems.
pub(super) fn lacks_descriptors(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        let system = cause.downcast_ref::<std::io::Error>();
        if let Some(23 | 24) = system.and_then(std::io::Error::raw_os_error) {
            return error.is_connect();
        }
        source = cause.source();
    }
    false
}

/// An error and all of its sources, joined by `: `, leaving out what an outer text already says.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn a_chain_says_everything_once() {
        let layer = |text, source: Option<Layer>| Layer {
            text,
            source: source.map(Box::new),
        };
        let root = layer("connection refused", None);
        let middle = layer("tcp: connection refused", Some(root));
        let error = layer("cannot send", Some(middle));
        assert_eq!(chain(&error), "cannot send: tcp: connection refused");
    }
}
