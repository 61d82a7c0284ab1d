//! What a session holds at a moment, and what it needs next. No waiting and no requests here.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use crate::domain::Credential;
use crate::http::HeaderValue;
use crate::port::SignInError;

use super::token::{LONGEST_LIFE, renewal_due};

/// What has to happen before a request can be signed.
#[derive(Debug)]
pub(super) enum Need {
    /// Nothing: the token is good.
    Nothing,
    /// This token is good and should be renewed now.
    Renewal(SecretString),
    /// There is no living token.
    SignIn,
}

#[derive(Debug)]
struct Held {
    credential: Credential,
    token: SecretString,
    /// What a request carries; marked sensitive.
    header: HeaderValue,
    /// `None`: it does not end by itself.
    renew_at: Option<Instant>,
    ends_at: Option<Instant>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    held: Option<Held>,
    /// The number of the latest token.
    issued: u64,
    /// The service has refused the account. Asking again and again could lock it.
    refusal: Option<SignInError>,
}

impl State {
    pub(super) fn need(&self, now: Instant) -> Result<Need, SignInError> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let past = |moment: Option<Instant>| moment.is_some_and(|moment| now >= moment);
        Ok(match &self.held {
            Some(held) if past(held.ends_at) => Need::SignIn,
            Some(held) if past(held.renew_at) => Need::Renewal(held.token.clone()),
            Some(_) => Need::Nothing,
            None => Need::SignIn,
        })
    }

    pub(super) fn authorization(&self) -> Option<(HeaderValue, Credential)> {
        let held = self.held.as_ref()?;
        Some((held.header.clone(), held.credential))
    }

    /// The present token.
    pub(super) fn token(&self) -> Option<SecretString> {
        self.held.as_ref().map(|held| held.token.clone())
    }

    /// Takes a token, and the header that carries it, which lives for `life` from `now`, and for
    /// [`LONGEST_LIFE`] at most; for ever, as far as we know, without one.
    pub(super) fn accept(
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

    pub(super) fn refuse(&mut self, refusal: SignInError) {
        self.refusal = Some(refusal);
    }

    /// Leaves the renewal for later, if the token still lives; says whether it does.
    pub(super) fn put_off(&mut self, now: Instant) -> bool {
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

    /// Whether a request signed with `refused` could be signed with something newer.
    pub(super) fn is_newer_than(&self, refused: Credential) -> bool {
        self.held
            .as_ref()
            .is_some_and(|held| held.credential.0 > refused.0)
    }

    /// Records that a server has refused `refused`, and with it every older credential. The token stays
    /// in place for requests that are just leaving: a second refusal shows them that the session has
    /// ended.
    pub(super) fn end(&mut self, refused: Credential, now: Instant) {
        if let Some(held) = &mut self.held
            && held.credential.0 <= refused.0
        {
            held.ends_at = Some(now);
        }
    }

    /// Gives up the token, and hands it back.
    pub(super) fn discard(&mut self) -> Option<SecretString> {
        self.held.take().map(|held| held.token)
    }

    /// Makes the token due for renewal, or ends it, so that a test does not have to wait.
    #[cfg(test)]
    pub(super) fn age(&mut self, ended: bool) {
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
    fn a_life_beyond_every_clock_is_a_long_one() {
        let now = Instant::now();
        let mut state = State::default();
        let header = HeaderValue::from_static("Bearer t");
        state.accept("t".into(), header, Some(Duration::MAX), now);
        assert!(matches!(state.need(now), Ok(Need::Nothing)));
        assert!(matches!(state.need(now + LONGEST_LIFE), Ok(Need::SignIn)));
    }
}
