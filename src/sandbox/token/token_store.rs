//! The valid tokens.
//!
//! Lifetimes are measured on tokio's clock; the wall clock is used only for the expiry that is printed. It
//! knows nothing of headers or answers.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::Instant;
use uuid::Uuid;

use crate::sandbox::clock;

/// The account of a credential, by what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountRole {
    /// May administer users.
    Admin,
    /// May sign in only.
    Onlooker,
}

/// One token as the service shows it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// Names the token in answers; it gives no access.
    pub(crate) id: Uuid,
    /// Names the right to refresh in answers; no call takes it.
    pub(crate) refresh_id: Uuid,
    /// The secret that requests send.
    pub(crate) value: String,
    /// The account that signed in.
    pub(crate) account: AccountRole,
    /// Milliseconds since 1970.
    pub(crate) expires_at_ms: i64,
    expires: Instant,
}

/// All tokens that were neither logged out nor revoked.
#[derive(Debug, Default)]
pub(crate) struct Tokens(HashMap<String, Token>);

impl Tokens {
    /// A new token.
    pub(crate) fn issue(&mut self, account: AccountRole, life: Duration) -> Token {
        let mut secret = [0_u8; 48];
        fastrand::fill(&mut secret);
        let mut token = Token {
            id: Uuid::now_v7(),
            refresh_id: Uuid::now_v7(),
            value: STANDARD.encode(secret),
            account,
            expires_at_ms: 0,
            expires: Instant::now(),
        };
        token.extend(life);
        self.0.insert(token.value.clone(), token.clone());
        token
    }

    /// The live token with this value.
    pub(crate) fn find(&self, value: &str) -> Option<&Token> {
        self.0
            .get(value)
            .filter(|token| Instant::now() < token.expires)
    }

    /// The same token with a later expiry; an expired one cannot be refreshed.
    pub(crate) fn refresh(&mut self, value: &str, life: Duration) -> Option<Token> {
        self.find(value)?;
        let token = self.0.get_mut(value)?;
        token.extend(life);
        Some(token.clone())
    }

    /// Revokes one token at once; returns whether it was valid.
    pub(crate) fn end(&mut self, value: &str) -> bool {
        let alive = self.find(value).is_some();
        self.0.remove(value);
        alive
    }

    /// Revokes all tokens at once.
    pub(crate) fn revoke_all(&mut self) {
        self.0.clear();
    }
}

impl Token {
    fn extend(&mut self, life: Duration) {
        let life_ms = i64::try_from(life.as_millis()).unwrap_or(i64::MAX / 2);
        // Two refreshes within a millisecond still get different expiry times.
        self.expires_at_ms = (clock::wall_ms() + life_ms).max(self.expires_at_ms + 1);
        self.expires = Instant::now() + life;
    }
}
