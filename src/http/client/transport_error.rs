//! Says what a failed exchange proves about the request, and prints its causes on one line.
//!
//! Only a failure to connect (name look-up, TCP, a proxy's tunnel, TLS) proves that the request was not
//! sent. Every other failure counts as lost, also a timeout of the whole exchange: reqwest does not say
//! how much of the request had been sent by then.

use std::error::Error;

use super::connection_advice::{advice, is_proxy_sign_in, proxy_sign_in};
use crate::domain::Silence;
use crate::http::HeaderMap;

/// Says why there is no reply. `rootless` means that this machine has no certificate authority.
///
/// A request that an HTTP/2 server refuses (`GOAWAY`, `REFUSED_STREAM`) counts as lost, because such a
/// refusal does not prove that nothing was done; the user is read again.
pub(in crate::http) fn why_no_reply(error: reqwest::Error, rootless: bool) -> Silence {
    let is_connect = error.is_connect();
    let never_left = error.is_connect() || error.is_dns() || error.is_builder();
    // The URL is left out: it may hold a secret, and the caller that prints the text knows the address.
    let error = error.without_url();
    let text = with_causes(&error);
    if is_connect && is_proxy_sign_in(&text) {
        return Silence::Blocked(proxy_sign_in(&HeaderMap::new()));
    }
    let text = advice(&error, &text, rootless).unwrap_or(text);
    if never_left {
        Silence::NotSent(text)
    } else {
        Silence::Lost(text)
    }
}

/// Whether no connection was made because this process (`EMFILE`) or the whole machine (`ENFILE`) has no
/// file descriptor left. Both error numbers are the same on all Unix systems.
pub(in crate::http) fn lacks_descriptors(error: &reqwest::Error) -> bool {
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

/// An error and all of its sources, joined by `: `. A source that an outer text already contains is left out.
pub(in crate::http) fn with_causes(error: &(dyn Error + 'static)) -> String {
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
    fn each_cause_is_printed_once() {
        let layer = |text, source: Option<Layer>| Layer {
            text,
            source: source.map(Box::new),
        };
        let root = layer("connection refused", None);
        let middle = layer("tcp: connection refused", Some(root));
        let error = layer("cannot send", Some(middle));
        assert_eq!(with_causes(&error), "cannot send: tcp: connection refused");
    }
}
