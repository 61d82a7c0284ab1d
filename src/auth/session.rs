//! The session that all requests of a run share: one credential, renewed by one caller at a time.
//!
//! A caller that finds that something must be done takes the turn and does it; all other callers wait
//! for the turn and check again, or go on with the old token while it lives. The state changes only when
//! an answer has arrived whole, so a caller that is dropped leaves the state as it was, and the next one
//! in turn begins anew.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::domain::Credential;
use crate::http::{HeaderName, HeaderValue};
use crate::pace::{Backoff, Pace};
use crate::port::SignInError;

use super::form::TokenForm;
use super::identity::Identity;
use super::issuer::{Ask, Grant, Issuer};
use super::state::{Need, State};

/// The wait after a 429 that names none (Anaplan, Integration API: wait 10 s).
const THROTTLE_WAIT: Duration = Duration::from_secs(10);

/// Longest time for giving a token back, in all.
const SIGN_OUT: Duration = Duration::from_secs(5);

/// A token, the header that carries it, and how long it lives.
type Sought = (SecretString, HeaderValue, Option<Duration>);

/// A sign-in to one tenant, for as long as a run lasts.
#[derive(Debug)]
pub struct Session {
    issuer: Issuer,
    form: TokenForm,
    pace: Arc<Pace>,
    state: RwLock<State>,
    turn: Mutex<()>,
}

impl Session {
    /// A session that has not signed in yet. Tokens come from `issuer`, and requests carry them in
    /// this `form`; what the sign-in service asks for is heeded by `pace`.
    pub fn new(issuer: Issuer, form: TokenForm, pace: Arc<Pace>) -> Self {
        Self {
            issuer,
            form,
            pace,
            state: RwLock::default(),
            turn: Mutex::default(),
        }
    }

    /// Makes sure that a living token is at hand, and sees to its renewal when that is due.
    ///
    /// # Errors
    /// [`SignInError`]; once refused, every later call is refused without a request, since repeated
    /// wrong passwords lock accounts.
    pub async fn ready(&self) -> Result<(), SignInError> {
        let need = self.read().need(Instant::now())?;
        match need {
            Need::Nothing => Ok(()),
            Need::Renewal(_) => match self.turn.try_lock() {
                Ok(turn) => self.obtain(&turn).await,
                // Another caller is renewing the token, and the old one still lives.
                Err(_) => Ok(()),
            },
            Need::SignIn => self.obtain(&self.turn.lock().await).await,
        }
    }

    /// Replaces the credential that a server has just refused, unless that has happened already.
    ///
    /// # Errors
    /// As [`Session::ready`].
    pub async fn renew(&self, refused: Credential) -> Result<(), SignInError> {
        if self.read().is_newer_than(refused) {
            return Ok(());
        }
        let turn = self.turn.lock().await;
        self.write().end(refused, Instant::now());
        self.obtain(&turn).await
    }

    /// The value of the header that carries the token, marked sensitive, and its credential; `None`
    /// before the first sign-in and after [`Session::sign_out`].
    pub fn authorization(&self) -> Option<(HeaderValue, Credential)> {
        self.read().authorization()
    }

    /// The header that carries the token.
    pub fn header(&self) -> &HeaderName {
        &self.form.header
    }

    /// The account that is signed in, if the provider reports it. Asks once; no answer is no failure.
    pub async fn identity(&self) -> Option<Identity> {
        let token = self.read().token()?;
        self.issuer.identity(&token).await
    }

    /// Gives the token back, so that it is dead at once. Best effort, within 5 s, and not at all if the
    /// gate holds all requests for longer: a token that stays behind expires by itself.
    pub async fn sign_out(&self) {
        let now = Instant::now();
        if self
            .pace
            .held()
            .is_some_and(|hold| hold.until > now + SIGN_OUT)
        {
            tracing::debug!("the token is not given back: the server asks for a longer wait");
            return;
        }
        let farewell = async {
            let _turn = self.turn.lock().await;
            let token = self.write().discard();
            if let Some(token) = token {
                self.issuer.give_back(&token).await?;
            }
            Ok::<_, String>(())
        };
        let outcome = tokio::time::timeout(SIGN_OUT, farewell).await;
        let why = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(why)) => why,
            Err(_) => format!("it took more than {} s", SIGN_OUT.as_secs()),
        };
        tracing::debug!(why, "the token could not be given back");
    }

    /// Waits for a permit of the pace that all requests share: for a request that an answer asks for, such
    /// as a redirect.
    pub async fn permit(&self) {
        self.pace.permit().await;
    }

    /// `text` without any of the secrets that this session knows: a provider may echo them.
    pub fn redact(&self, text: &str) -> String {
        self.issuer.secrets().redact(text)
    }

    /// Looks again, now that it is our turn, and does what is needed.
    async fn obtain(&self, _turn: &MutexGuard<'_, ()>) -> Result<(), SignInError> {
        let need = self.read().need(Instant::now())?;
        let renewed = match need {
            Need::Nothing => return Ok(()),
            Need::Renewal(token) => match self.seek(Ask::Renewal(token)).await {
                Err(SignInError::Refused(why)) => {
                    tracing::debug!(why, "the token cannot be refreshed: signing in again");
                    self.sign_in().await
                }
                other => other,
            },
            Need::SignIn => self.sign_in().await,
        };
        match renewed {
            Ok((token, header, life)) => {
                let credential = self.write().accept(token, header, life, Instant::now());
                let life_s = life.map(|life| life.as_secs());
                tracing::debug!(credential = credential.0, life_s, "there is a new token");
                Ok(())
            }
            Err(SignInError::Unavailable(why)) if self.write().put_off(Instant::now()) => {
                tracing::warn!(why, "the token could not be renewed yet; it still lives");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn sign_in(&self) -> Result<Sought, SignInError> {
        let found = self.seek(Ask::New).await;
        if let Err(error @ SignInError::Refused(_)) = &found {
            self.write().refuse(error.clone());
        }
        found
    }

    /// Asks until there is a token, a refusal, or no try left.
    async fn seek(&self, ask: Ask) -> Result<Sought, SignInError> {
        let mut backoff = Backoff::seeded(fastrand::u64(..));
        let mut tried = 0;
        loop {
            let grant = self.issuer.ask(&ask).await;
            tried += 1;
            match grant {
                Grant::Given(token, life) => {
                    let Some(header) = self.form.value(&token) else {
                        let why = "no header can carry the token";
                        return Err(SignInError::Refused(why.to_owned()));
                    };
                    return Ok((token, header, life));
                }
                Grant::Pending(wait) => {
                    tried = 0;
                    tokio::time::sleep(wait).await;
                    continue;
                }
                Grant::Refused(why) => return Err(SignInError::Refused(why)),
                Grant::Blocked(why) => return Err(SignInError::Blocked(why)),
                Grant::Failed {
                    why,
                    wait,
                    throttled,
                } => {
                    let held = "the sign-in service asks to wait";
                    if throttled {
                        self.pace.throttled(wait.unwrap_or(THROTTLE_WAIT), held);
                    } else if let Some(wait) = wait {
                        self.pace.hold(wait, held);
                    }
                    if tried == self.issuer.tries() {
                        let why = format!("{why} ({tried} tries)");
                        return Err(SignInError::Unavailable(why));
                    }
                    tracing::debug!(tried, why, "sign-in failed");
                }
            }
            tokio::time::sleep(backoff.next(None)).await;
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        // Each change of the state is a single step: a panic elsewhere leaves none half done.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
