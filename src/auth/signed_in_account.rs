//! The account that is signed in, as the provider reports it.

use serde_json::Value;

/// The account that a session acts as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Its id among the users of the provider.
    pub user_id: Option<String>,
    /// Its user name.
    pub user_name: Option<String>,
    /// The provider's id of the tenant.
    pub tenant: Option<String>,
}

impl Identity {
    /// Reads the answer to `GET /token/validate`: `userInfo` with `userGuid`, `userId` and
    /// `customerGuid` (Anaplan, Authentication API). `None` if the answer names no user.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let info = &body["userInfo"];
        let text = |name: &str| info[name].as_str().map(str::to_owned);
        let this = Self {
            user_id: text("userGuid"),
            user_name: text("userId"),
            tenant: text("customerGuid"),
        };
        (this.user_id.is_some() || this.user_name.is_some()).then_some(this)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_read_from_the_validation_of_its_token() {
        let body = br#"{"status":"SUCCESS","tokenInfo":{"tokenId":"t"},
            "userInfo":{"userGuid":"8a8b","userId":"admin@example.com","customerGuid":"c1"}}"#;
        let identity = Identity::parse(body).unwrap();
        assert_eq!(identity.user_id.as_deref(), Some("8a8b"));
        assert_eq!(identity.user_name.as_deref(), Some("admin@example.com"));
        assert_eq!(identity.tenant.as_deref(), Some("c1"));
        for unnamed in [&b"{}"[..], b"", b"[]", br#"{"userInfo":{}}"#] {
            assert_eq!(Identity::parse(unnamed), None);
        }
    }
}
