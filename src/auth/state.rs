//! What a session holds at a moment, and what it needs next. No waiting and no requests here.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use crate::domain::Credential;
use crate::http::HeaderValue;
use crate::port::SignInError;

use super::token::{Token, renewal_due};

/// What has to happen before a request can be signed.
#[derive(Debug)]
pub(super) enum Need {
    /// Nothing: the token is good.
    Nothing,
    /// The token, whose header this is, is good and should be renewed now.
    Renewal(HeaderValue),
    /// There is no living token.
    SignIn,
}

#[derive(Debug)]
struct Held {
    credential: Credential,
    token: Token,
    renew_at: Instant,
    ends_at: Instant,
}

#[derive(Debug, Default)]
pub(super) struct State {
    held: Option<Held>,
    /// The number of the latest token.
    issued: u64,
    /// The token before: answers to requests signed with it may still come.
    previous: Option<SecretString>,
    /// The service has refused the account. Asking again and again could lock it.
    refusal: Option<SignInError>,
}

impl State {
    pub(super) fn need(&self, now: Instant) -> Result<Need, SignInError> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        Ok(match &self.held {
            Some(held) if now >= held.ends_at => Need::SignIn,
            Some(held) if now >= held.renew_at => Need::Renewal(held.token.header().clone()),
            Some(_) => Need::Nothing,
            None => Need::SignIn,
        })
    }

    pub(super) fn authorization(&self) -> Option<(HeaderValue, Credential)> {
        let held = self.held.as_ref()?;
        Some((held.token.header().clone(), held.credential))
    }

    /// Takes a token that lives for `life` from `now`.
    pub(super) fn accept(&mut self, token: Token, life: Duration, now: Instant) -> Credential {
        self.discard();
        self.issued += 1;
        let credential = Credential(self.issued);
        self.held = Some(Held {
            credential,
            token,
            renew_at: now + renewal_due(life),
            ends_at: now + life,
        });
        credential
    }

    pub(super) fn refuse(&mut self, refusal: SignInError) {
        self.refusal = Some(refusal);
    }

    /// Leaves the renewal for later, if the token still lives; says whether it does.
    pub(super) fn put_off(&mut self, now: Instant) -> bool {
        match &mut self.held {
            Some(held) if now < held.ends_at => {
                held.renew_at = now + held.ends_at.duration_since(now) / 4;
                true
            }
            _ => false,
        }
    }

    /// Whether a request signed with `refused` could be signed with something newer.
    pub(super) fn is_newer_than(&self, refused: Credential) -> bool {
        self.held
            .as_ref()
            .is_some_and(|held| held.credential.0 > refused.0)
    }

    /// Notes that a server has refused `refused`, and with it everything older. The token stays in
    /// place for requests that are just leaving: a second refusal tells them where they stand.
    pub(super) fn end(&mut self, refused: Credential, now: Instant) {
        if let Some(held) = &mut self.held
            && held.credential.0 <= refused.0
        {
            held.ends_at = now;
        }
    }

    /// Gives up the token; hands back its header.
    pub(super) fn discard(&mut self) -> Option<HeaderValue> {
        let held = self.held.take()?;
        self.previous = Some(held.token.secret().clone());
        Some(held.token.header().clone())
    }

    /// The tokens that a provider may echo.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let current = self.held.as_ref().map(|held| held.token.secret());
        current.into_iter().chain(&self.previous)
    }

    /// Makes the token due for renewal, or ends it, without anybody having to wait.
    #[cfg(test)]
    pub(super) fn age(&mut self, ended: bool) {
        let held = self.held.as_mut().expect("there is a token");
        held.renew_at = Instant::now();
        if ended {
            held.ends_at = Instant::now();
        }
    }
}
