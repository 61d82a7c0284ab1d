//! The session that all requests of a run share: one credential, renewed by one caller at a time.
//!
//! Whoever finds that something must be done takes the turn and does it; everybody else waits for
//! the turn and looks again, or goes on with the old token while it lives. The state changes only
//! when an answer has come whole, so a caller that is dropped leaves it as it was and the next one
//! in turn begins anew.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::domain::{Clock, Credential};
use crate::http::{BaseUrl, HeaderValue, Http};
use crate::pace::{Backoff, Pace};
use crate::port::SignInError;

use super::account::Account;
use super::anaplan::{Anaplan, Grant};
use super::identity::Identity;
use super::redact::redact;
use super::state::{Need, State};
use super::token::Token;

/// Requests made for one token before giving up.
const TRIES: u32 = 6;

/// The wait after a 429 that names none (Anaplan, Integration API: wait 10 s).
const THROTTLE_WAIT: Duration = Duration::from_secs(10);

/// Longest time for giving a token back, in all.
const SIGN_OUT: Duration = Duration::from_secs(5);

/// A sign-in to one tenant, for as long as a run lasts.
#[derive(Debug)]
pub struct Session {
    service: Anaplan,
    account: Account,
    pace: Arc<Pace>,
    state: RwLock<State>,
    turn: Mutex<()>,
}

impl Session {
    /// A session that has not signed in yet. `auth_url` is the sign-in service, such as
    /// `https://auth.anaplan.com`; every request to it takes its leave of `pace`.
    pub fn new(
        http: Http,
        auth_url: BaseUrl,
        account: Account,
        pace: Arc<Pace>,
        clock: Clock,
    ) -> Self {
        Self {
            service: Anaplan::new(http, auth_url, clock),
            account,
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
                // Somebody is at it, and the old token still lives.
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

    /// The present `Authorization` header, marked sensitive, and its credential; `None` before the
    /// first sign-in and after [`Session::sign_out`].
    pub fn authorization(&self) -> Option<(HeaderValue, Credential)> {
        self.read().authorization()
    }

    /// Who is signed in, if the provider tells. Asks once; no answer is no failure.
    pub async fn identity(&self) -> Option<Identity> {
        let (header, _) = self.authorization()?;
        self.pace.permit().await;
        self.service.validate(header).await
    }

    /// Gives the token back, so that it is dead at once. Best effort, within 5 s, and not at all if
    /// everybody is held for longer: a token that stays behind ends by itself.
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
            let header = self.write().discard();
            if let Some(header) = header {
                self.pace.permit().await;
                self.service.log_out(header).await?;
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

    /// `text` without any of the secrets that this session knows: a provider may echo them.
    pub fn redact(&self, text: &str) -> String {
        let state = self.read();
        redact(
            text,
            self.account.secrets().into_iter().chain(state.secrets()),
        )
    }

    /// Looks again, now that it is our turn, and does what is needed.
    async fn obtain(&self, _turn: &MutexGuard<'_, ()>) -> Result<(), SignInError> {
        let need = self.read().need(Instant::now())?;
        let renewed = match need {
            Need::Nothing => return Ok(()),
            Need::Renewal(header) => match self.seek("/token/refresh", header).await {
                Err(SignInError::Refused(why)) => {
                    tracing::debug!(why, "the token cannot be refreshed: signing in again");
                    self.sign_in().await
                }
                other => other,
            },
            Need::SignIn => self.sign_in().await,
        };
        match renewed {
            Ok((token, life)) => {
                let credential = self.write().accept(token, life, Instant::now());
                let life_s = life.as_secs();
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

    async fn sign_in(&self) -> Result<(Token, Duration), SignInError> {
        let found = self.seek("/token/authenticate", self.account.basic()).await;
        if let Err(error @ SignInError::Refused(_)) = &found {
            self.write().refuse(error.clone());
        }
        found
    }

    /// Asks until there is a token, a refusal, or no try left.
    async fn seek(
        &self,
        path: &str,
        authorization: HeaderValue,
    ) -> Result<(Token, Duration), SignInError> {
        let mut backoff = Backoff::seeded(fastrand::u64(..));
        let mut tried = 0;
        loop {
            self.pace.permit().await;
            let asked = Instant::now();
            let reply = self.service.post(path, authorization.clone()).await;
            tried += 1;
            match self.service.judge(reply, |text| self.redact(text)) {
                // The life began when the token was made, at the earliest when it was asked for.
                Grant::Given(token, life) => {
                    return Ok((token, life.saturating_sub(asked.elapsed())));
                }
                Grant::Refused(why) => return Err(SignInError::Refused(why)),
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
                    if tried == TRIES {
                        let why = format!("{why} ({TRIES} tries)");
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
