//! The token that a session holds, and what the session must do next. Nothing here waits or sends.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use crate::domain::Credential;
use crate::http::HeaderValue;
use crate::port::SignInError;

use super::token_life::{LONGEST_LIFE, renewal_due};

/// What must happen before a request can be signed.
#[derive(Debug)]
pub(in crate::auth) enum TokenNeed {
    /// Nothing: the token is valid.
    Nothing,
    /// This token is still valid and should be renewed now.
    Renewal(SecretString),
    /// There is no valid token.
    SignIn,
}

#[derive(Debug)]
struct Held {
    credential: Credential,
    token: SecretString,
    /// The value of the header that carries the token, marked sensitive.
    header: HeaderValue,
    /// `None` if the token does not expire.
    renew_at: Option<Instant>,
    ends_at: Option<Instant>,
}

#[derive(Debug, Default)]
pub(in crate::auth) struct TokenState {
    held: Option<Held>,
    /// The number of the latest token.
    issued: u64,
    /// The service has refused the account. Further tries could lock it.
    refusal: Option<SignInError>,
}

impl TokenState {
    pub(in crate::auth) fn need(&self, now: Instant) -> Result<TokenNeed, SignInError> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let past = |moment: Option<Instant>| moment.is_some_and(|moment| now >= moment);
        Ok(match &self.held {
            Some(held) if past(held.ends_at) => TokenNeed::SignIn,
            Some(held) if past(held.renew_at) => TokenNeed::Renewal(held.token.clone()),
            Some(_) => TokenNeed::Nothing,
            None => TokenNeed::SignIn,
        })
    }

    pub(in crate::auth) fn authorization(&self) -> Option<(HeaderValue, Credential)> {
        let held = self.held.as_ref()?;
        Some((held.header.clone(), held.credential))
    }

    /// The present token.
    pub(in crate::auth) fn token(&self) -> Option<SecretString> {
        self.held.as_ref().map(|held| held.token.clone())
    }

    /// Stores a token, and the header that carries it. The token is valid for `life` from `now`, but not
    /// longer than [`LONGEST_LIFE`]; without a `life` it does not expire.
    pub(in crate::auth) fn accept(
        &mut self,
        token: SecretString,
        header: HeaderValue,
        life: Option<Duration>,
        now: Instant,
    ) -> Credential {
        let life = life.map(|life| life.min(LONGEST_LIFE));
        self.issued += 1;
        let credential = Credential(self.issued);
        self.held = Some(Held {
            credential,
            token,
            header,
            renew_at: life.map(|life| now + renewal_due(life)),
            ends_at: life.map(|life| now + life),
        });
        credential
    }

    pub(in crate::auth) fn refuse(&mut self, refusal: SignInError) {
        self.refusal = Some(refusal);
    }

    /// Postpones the renewal if the token is still valid; returns whether it is.
    pub(in crate::auth) fn put_off(&mut self, now: Instant) -> bool {
        match &mut self.held {
            Some(Held {
                ends_at: Some(ends_at),
                renew_at,
                ..
            }) if now < *ends_at => {
                *renew_at = Some(now + ends_at.duration_since(now) / 4);
                true
            }
            _ => false,
        }
    }

    /// Whether there is a newer token than `refused`.
    pub(in crate::auth) fn is_newer_than(&self, refused: Credential) -> bool {
        self.held
            .as_ref()
            .is_some_and(|held| held.credential.0 > refused.0)
    }

    /// Records that a server has refused `refused`, and with it every older credential. The token is kept
    /// for requests that are being sent: they get a second refusal, which shows that the session has
    /// ended.
    pub(in crate::auth) fn end(&mut self, refused: Credential, now: Instant) {
        if let Some(held) = &mut self.held
            && held.credential.0 <= refused.0
        {
            held.ends_at = Some(now);
        }
    }

    /// Removes the token and returns it.
    pub(in crate::auth) fn discard(&mut self) -> Option<SecretString> {
        self.held.take().map(|held| held.token)
    }

    /// Makes the token due for renewal, or ends it, so that a test need not wait.
    #[cfg(test)]
    pub(in crate::auth) fn age(&mut self, ended: bool) {
        let held = self.held.as_mut().expect("there is a token");
        held.renew_at = Some(Instant::now());
        if ended {
            held.ends_at = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_that_no_clock_can_hold_is_shortened() {
        let now = Instant::now();
        let mut state = TokenState::default();
        let header = HeaderValue::from_static("Bearer t");
        state.accept("t".into(), header, Some(Duration::MAX), now);
        assert!(matches!(state.need(now), Ok(TokenNeed::Nothing)));
        assert!(matches!(
            state.need(now + LONGEST_LIFE),
            Ok(TokenNeed::SignIn)
        ));
    }
}
