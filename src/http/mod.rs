//! HTTP as this program needs it: one request, one reply or an honest silence.
//!
//! This is the only place that touches reqwest. It never follows a redirect, never repeats a request
//! by itself, reads no more of a body than a cap, and says of every failure whether the request may
//! have left. It must not know SCIM, tokens, or what a request is for.

mod allowance;
mod base_url;
mod client;
mod failure;
#[cfg(test)]
pub(crate) mod fake;
mod message;
mod proxy;
mod retry_after;
mod tls;
mod trouble;
mod words;

pub use allowance::allowance;
pub(crate) use base_url::without_secrets;
pub use base_url::{BaseUrl, PlainHttp, UrlError, UrlErrorKind, endpoint};
pub use client::{Http, HttpError, HttpSettings, Network};
pub use message::{Body, Outgoing, Reply};
pub use proxy::{Proxy, ProxyChoice, ProxyError};
pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, Url};
pub(crate) use retry_after::server_millis;
pub use retry_after::{LONGEST_WAIT, retry_after};
pub use tls::{ClientIdentity, Roots, TlsFileError};
pub use words::{one_line, visible, words};
