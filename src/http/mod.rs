//! HTTP as this program needs it: one request brings one reply, or the reason why there is none.
//!
//! This is the only room that touches reqwest. It never follows a redirect and never repeats a request
//! by itself, reads a body up to a size limit, and says of each failure whether the request may have
//! been sent. It must not know SCIM, tokens, or what a request is for.

mod base_url;
mod body_text;
mod client;
mod message;
mod proxy;
mod rate_limit;
#[cfg(test)]
pub(crate) mod raw_server;
mod redirect;
mod tls;

pub(crate) use base_url::without_secrets;
pub use base_url::{BaseUrl, PlainHttp, UrlError, UrlErrorKind, endpoint};
pub use body_text::{body_text, one_line, readable_text, visible};
pub use client::{Http, HttpError, HttpSettings, Network};
pub use message::{Body, Outgoing, Reply};
pub use proxy::{Proxy, ProxyChoice, ProxyError};
pub(crate) use rate_limit::server_millis;
pub use rate_limit::{LONGEST_WAIT, allowance, retry_after};
pub use redirect::{Redirect, redirect};
pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, Url};
pub use tls::{
    ClientIdentity, ClientIdentityError, KeyFormat, PemKey, PemKeyError, Roots, TlsFileError,
    pem_blocks,
};
