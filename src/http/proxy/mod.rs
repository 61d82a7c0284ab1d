//! Proxies: which one a request goes through, and the account to sign in with there.

mod proxy_address;
mod proxy_route;

pub(crate) use proxy_address::{Proxy, ProxyChoice, ProxyError};
pub(super) use proxy_route::{ProxyHop, ProxyRoute};
