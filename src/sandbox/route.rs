//! The call that a request makes, small enough to store one for each request.
//!
//! It reads the path only. The router of axum dispatches requests; this is for the records, the fault draw
//! and the middleware.

use std::fmt;

use axum::http::Method;

/// The path before each SCIM call, as at the real provider.
pub(crate) const SCIM_BASE: &str = "/scim/1/0/v2";

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
    /// Any other method.
    Other,
}

impl Verb {
    /// Each method without a name of its own is [`Verb::Other`].
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Get,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::PATCH => Self::Patch,
            Method::DELETE => Self::Delete,
            _ => Self::Other,
        }
    }

    /// Whether the method changes a user.
    pub(crate) const fn writes(self) -> bool {
        matches!(self, Self::Put | Self::Patch)
    }
}

/// The call that a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// `/token/authenticate`.
    Authenticate,
    /// `/token/refresh`.
    Refresh,
    /// `/token/validate`.
    Validate,
    /// `/token/logout`.
    Logout,
    /// `/oauth/device/code`.
    DeviceCode,
    /// `/oauth/token`.
    OAuthToken,
    /// `/activate`.
    Activate,
    /// The list of users.
    Users,
    /// One user, by the number that the hex id spells; none if it is not 32 hex digits.
    User(Option<u128>),
    /// One of the three open discovery documents.
    Discovery,
    /// Any other path under the SCIM base.
    Unknown,
    /// Any other path.
    Outside,
}

impl Route {
    /// The path is compared as it was sent, without the query.
    pub(crate) fn of(path: &str) -> Self {
        if let Some(rest) = path.strip_prefix(SCIM_BASE) {
            return match rest {
                "/Users" => Self::Users,
                "/ServiceProviderConfig" | "/ResourceTypes" | "/Schemas" => Self::Discovery,
                _ => match rest.strip_prefix("/Users/") {
                    Some(id) if !id.contains('/') => Self::User(number(id)),
                    _ => Self::Unknown,
                },
            };
        }
        match path {
            "/token/authenticate" => Self::Authenticate,
            "/token/refresh" => Self::Refresh,
            "/token/validate" => Self::Validate,
            "/token/logout" => Self::Logout,
            "/oauth/device/code" => Self::DeviceCode,
            "/oauth/token" => Self::OAuthToken,
            "/activate" => Self::Activate,
            _ => Self::Outside,
        }
    }

    /// Whether this is a call of the SCIM API.
    pub const fn is_scim(self) -> bool {
        matches!(
            self,
            Self::Users | Self::User(_) | Self::Discovery | Self::Unknown
        )
    }
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authenticate => formatter.write_str("/token/authenticate"),
            Self::Refresh => formatter.write_str("/token/refresh"),
            Self::Validate => formatter.write_str("/token/validate"),
            Self::Logout => formatter.write_str("/token/logout"),
            Self::DeviceCode => formatter.write_str("/oauth/device/code"),
            Self::OAuthToken => formatter.write_str("/oauth/token"),
            Self::Activate => formatter.write_str("/activate"),
            Self::Users => write!(formatter, "{SCIM_BASE}/Users"),
            Self::User(Some(id)) => write!(formatter, "{SCIM_BASE}/Users/{id:032x}"),
            Self::User(None) => write!(formatter, "{SCIM_BASE}/Users/?"),
            Self::Discovery => write!(formatter, "{SCIM_BASE}/(discovery)"),
            Self::Unknown => write!(formatter, "{SCIM_BASE}/?"),
            Self::Outside => formatter.write_str("?"),
        }
    }
}

/// The number that an id of 32 hex digits (upper or lower case) means.
pub(crate) fn number(id: &str) -> Option<u128> {
    let hex = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| u128::from_str_radix(id, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_and_printed() {
        let id = "0a8b00000000000000000000000000f1";
        for path in [
            "/token/logout",
            "/oauth/token",
            "/oauth/device/code",
            "/activate",
            "/scim/1/0/v2/Users",
            &format!("/scim/1/0/v2/Users/{id}"),
        ] {
            assert_eq!(Route::of(path).to_string(), path);
        }
        assert_eq!(Route::of("/scim/1/0/v2/users"), Route::Unknown);
        assert_eq!(Route::of("/scim/1/0/v2/Users/me"), Route::User(None));
        assert_eq!(Route::of("/elsewhere"), Route::Outside);
        assert_eq!(number(&id.to_uppercase()), number(id));
        assert_eq!(number("+a8b00000000000000000000000000f1"), None);
    }
}
