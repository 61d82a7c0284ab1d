//! HTTP as this program needs it: one request, one reply or an honest silence.
//!
//! This is the only place that touches reqwest. It never follows a redirect and never repeats a request
//! by itself, reads no more of a body than a cap, and says of every failure whether the request may
//! have left. It must not know SCIM, tokens, or what a request is for.

mod allowance;
mod base_url;
mod client;
mod coding;
mod failure;
#[cfg(test)]
pub(crate) mod fake;
mod message;
mod moment;
mod pem_file;
mod proxy;
mod redirect;
mod retry_after;
mod route;
mod tls;
mod trouble;
mod words;

pub use allowance::allowance;
pub(crate) use base_url::without_secrets;
pub use base_url::{BaseUrl, PlainHttp, UrlError, UrlErrorKind, endpoint};
pub use client::{Http, HttpError, HttpSettings, Network};
pub use message::{Body, Outgoing, Reply};
pub(crate) use moment::server_millis;
pub use pem_file::{KeyFormat, PemKey, PemKeyError, pem_blocks};
pub use proxy::{Proxy, ProxyChoice, ProxyError};
pub use redirect::{Redirect, redirect};
pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, Url};
pub use retry_after::{LONGEST_WAIT, retry_after};
pub use tls::{ClientIdentity, ClientIdentityError, Roots, TlsFileError};
pub use words::{one_line, text, visible, words};
