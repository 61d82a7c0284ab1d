//! HTTP as this program needs it: one request brings one reply, or the reason why there is none.
//!
//! This is the only room that touches reqwest. It never follows a redirect and never repeats a request
//! by itself, reads a body up to a size limit, and says of each failure whether the request may have
//! been sent. It must not know SCIM, tokens, or what a request is for.

mod base_url;
mod body_text;
mod client;
mod lease_gate;
mod message;
mod proxy;
mod rate_limit;
#[cfg(test)]
pub(crate) mod raw_server;
mod redirect;
mod tls;

pub(crate) use base_url::without_secrets;
pub(crate) use base_url::{BaseUrl, PlainHttp, UrlError, endpoint};
pub(crate) use body_text::{body_text, one_line, readable_text, visible};
pub(crate) use client::{Http, HttpError, HttpSettings, Network};
pub(crate) use lease_gate::LeaseGate;
pub(crate) use message::{Body, Outgoing, Reply};
pub(crate) use proxy::{Proxy, ProxyChoice, ProxyError};
pub(crate) use rate_limit::server_millis;
pub(crate) use rate_limit::{allowance, retry_after};
pub(crate) use redirect::{Redirect, redirect};
pub(crate) use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
pub(crate) use reqwest::{Method, Url};
pub(crate) use tls::{
    ClientIdentity, ClientIdentityError, KeyFormat, PemKey, PemKeyError, Roots, TlsFileError,
    pem_blocks,
};
