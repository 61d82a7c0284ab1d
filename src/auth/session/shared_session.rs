//! The session that all requests of a run share: one token, renewed by one caller at a time.
//!
//! A caller that needs a new token takes a lock and asks for the token. The other callers wait for the lock
//! and check again, or use the old token while it is valid. The state changes only after a whole answer has
//! arrived, so a caller that is dropped leaves the state unchanged, and the next caller starts again.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::domain::Credential;
use crate::http::{HeaderName, HeaderValue};
use crate::pace::{Backoff, Pace};
use crate::port::SignInError;

use super::token_state::{TokenNeed, TokenState};
use crate::auth::issuer::{Grant, Issuer, TokenRequest};
use crate::auth::signed_in_account::Identity;
use crate::auth::token_form::TokenForm;

/// The wait after a 429 that names none (Anaplan, Integration API: wait 10 s).
const THROTTLE_WAIT: Duration = Duration::from_secs(10);

/// The longest time for giving a token back.
const SIGN_OUT: Duration = Duration::from_secs(5);

/// A token, the header that carries it, and how long it lives.
type Sought = (SecretString, HeaderValue, Option<Duration>);

/// A sign-in to one tenant, for as long as a run lasts.
#[derive(Debug)]
pub struct Session {
    issuer: Issuer,
    form: TokenForm,
    pace: Arc<Pace>,
    state: RwLock<TokenState>,
    turn: Mutex<()>,
}

impl Session {
    /// A session that has not signed in yet. Tokens come from `issuer`, and requests carry them in
    /// this `form`. If the sign-in service asks to wait, `pace` holds all requests.
    pub fn new(issuer: Issuer, form: TokenForm, pace: Arc<Pace>) -> Self {
        Self {
            issuer,
            form,
            pace,
            state: RwLock::default(),
            turn: Mutex::default(),
        }
    }

    /// Makes sure that there is a valid token: signs in, or renews the token if that is due.
    ///
    /// # Errors
    /// [`SignInError`]. After a refusal every later call fails without a request, because repeated wrong
    /// passwords lock accounts.
    pub async fn ready(&self) -> Result<(), SignInError> {
        let need = self.read().need(Instant::now())?;
        match need {
            TokenNeed::Nothing => Ok(()),
            TokenNeed::Renewal(_) => match self.turn.try_lock() {
                Ok(turn) => self.obtain(&turn).await,
                // Another caller is renewing the token, and the old one still lives.
                Err(_) => Ok(()),
            },
            TokenNeed::SignIn => self.obtain(&self.turn.lock().await).await,
        }
    }

    /// Replaces the credential that a server has just refused, unless another caller has replaced it already.
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

    /// Gives the token back, so that it becomes invalid at once. Tries for 5 s at most, and not at all if
    /// all requests must wait for longer: a token that is not given back expires by itself.
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
        let giving_back = async {
            let _turn = self.turn.lock().await;
            let token = self.write().discard();
            if let Some(token) = token {
                self.issuer.give_back(&token).await?;
            }
            Ok::<_, String>(())
        };
        let outcome = tokio::time::timeout(SIGN_OUT, giving_back).await;
        let why = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(why)) => why,
            Err(_) => format!("it took more than {} s", SIGN_OUT.as_secs()),
        };
        tracing::debug!(why, "the token could not be given back");
    }

    /// Waits for a permit of the rate limit that all requests share: for a request that an answer asks for,
    /// such as a redirect.
    pub async fn permit(&self) {
        self.pace.permit().await;
    }

    /// `text` without the secrets that this session knows: a provider may send them back.
    pub fn redact(&self, text: &str) -> String {
        self.issuer.secrets().redact(text)
    }

    /// Checks again, now that this caller has the lock, and signs in or renews if needed.
    async fn obtain(&self, _turn: &MutexGuard<'_, ()>) -> Result<(), SignInError> {
        let need = self.read().need(Instant::now())?;
        let renewed = match need {
            TokenNeed::Nothing => return Ok(()),
            TokenNeed::Renewal(token) => {
                match self.request_token(TokenRequest::Renewal(token)).await {
                    Err(SignInError::Refused(why)) => {
                        tracing::debug!(why, "the token cannot be refreshed: signing in again");
                        self.sign_in().await
                    }
                    other => other,
                }
            }
            TokenNeed::SignIn => self.sign_in().await,
        };
        match renewed {
            Ok((token, header, life)) => {
                let credential = self.write().accept(token, header, life, Instant::now());
                let life_s = life.map(|life| life.as_secs());
                tracing::debug!(credential = credential.0, life_s, "there is a new token");
                Ok(())
            }
            Err(SignInError::Unavailable(why)) if self.write().put_off(Instant::now()) => {
                tracing::warn!(why, "the token could not be renewed yet; it is still valid");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn sign_in(&self) -> Result<Sought, SignInError> {
        let found = self.request_token(TokenRequest::New).await;
        if let Err(error @ SignInError::Refused(_)) = &found {
            self.write().refuse(error.clone());
        }
        found
    }

    /// Asks the issuer until there is a token, a refusal, or no try left.
    async fn request_token(&self, request: TokenRequest) -> Result<Sought, SignInError> {
        let mut backoff = Backoff::seeded(fastrand::u64(..));
        let mut tried = 0;
        loop {
            let grant = self.issuer.ask(&request).await;
            tried += 1;
            match grant {
                Grant::Issued(token, life) => {
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

    fn read(&self) -> RwLockReadGuard<'_, TokenState> {
        // Each change of the state is a single step, so a panic elsewhere leaves no half-done change.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, TokenState> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    //! The session against a raw server, on real sockets and without sleeping: the tests age tokens by hand.

    use std::num::NonZeroU32;

    use tokio::sync::Semaphore;
    use tokio::task::JoinSet;

    use super::*;
    use crate::auth::{Account, Anaplan, PacedClient};
    use crate::domain::Clock;
    use crate::http::raw_server::{Act, Server};
    use crate::http::{BaseUrl, Http, HttpSettings, PlainHttp};
    use crate::pace::Rate;

    const PASSWORD: &str = "hünter2 \"x";

    fn session(url: &str) -> Arc<Session> {
        let pace = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
        let http = Http::new(&HttpSettings::default()).unwrap();
        let anaplan = Anaplan::basic(
            PacedClient::new(http, Arc::clone(&pace), Clock::System),
            BaseUrl::parse(url, PlainHttp::LoopbackOnly).unwrap(),
            Account::new("ada@example.com", PASSWORD.into()).unwrap(),
        );
        let form = TokenForm::scheme("AnaplanAuthToken");
        Arc::new(Session::new(Issuer::Anaplan(anaplan), form, pace))
    }

    /// An answer with `token`, which lives for the usual 35 minutes.
    fn token(token: &str) -> Act {
        let ends = Clock::System.now().as_millis() + 35 * 60_000;
        Act::json(
            "201 Created",
            &format!(r#"{{"tokenInfo":{{"tokenValue":"{token}","expiresAt":{ends}}}}}"#),
        )
    }

    /// Puts a token into the session that no service issued.
    fn hold_spare(session: &Session) {
        let header = HeaderValue::from_static("AnaplanAuthToken t");
        let life = Some(Duration::from_mins(35));
        let mut state = session.write();
        state.accept("t".into(), header, life, Instant::now());
    }

    fn is(request: &str, path: &str) -> bool {
        request.starts_with(&format!("POST {path} HTTP/1.1\r\n"))
    }

    /// The paths that were asked for, in order.
    fn paths(server: &Server) -> Vec<String> {
        let path = |request: &String| request.split(' ').nth(1).unwrap().to_owned();
        server.requests().iter().map(path).collect()
    }

    fn header(session: &Session) -> String {
        let (value, _) = session.authorization().unwrap();
        assert!(value.is_sensitive());
        value.to_str().unwrap().to_owned()
    }

    fn crowd(
        session: &Arc<Session>,
        refused: Option<Credential>,
    ) -> JoinSet<Result<(), SignInError>> {
        let mut crowd = JoinSet::new();
        for _ in 0..50 {
            let session = Arc::clone(session);
            crowd.spawn(async move {
                match refused {
                    Some(refused) => session.renew(refused).await,
                    None => session.ready().await,
                }
            });
        }
        crowd
    }

    #[tokio::test]
    async fn many_callers_sign_in_once() {
        let server = Server::always(token("t1")).await;
        let session = session(&server.url);
        assert!(session.authorization().is_none());
        for outcome in crowd(&session, None).join_all().await {
            outcome.unwrap();
        }
        assert_eq!(header(&session), "AnaplanAuthToken t1");
        let heard = server.requests().join("").replace(&server.url[7..], "HOST");
        insta::assert_snapshot!(heard.replace("\r\n", "\n"), @r"
    POST /token/authenticate HTTP/1.1
    authorization: Basic YWRhQGV4YW1wbGUuY29tOmjDvG50ZXIyICJ4
    accept: application/json
    content-length: 0
    accept-encoding: identity
    user-agent: offboard/0.1.0
    host: HOST
    ");
    }

    #[tokio::test]
    async fn a_due_renewal_delays_no_caller() {
        let gate = Arc::new(Semaphore::new(0));
        let late = Arc::clone(&gate);
        let server = Server::start(move |request| {
            if is(request, "/token/refresh") {
                assert!(request.contains("authorization: AnaplanAuthToken t1\r\n"));
                Act::When(Arc::clone(&late), Box::new(token("t2")))
            } else {
                token("t1")
            }
        })
        .await;
        let session = session(&server.url);
        session.ready().await.unwrap();
        session.write().age(false);
        let mut renewal = crowd(&session, None);
        server.arrival().await;
        server.arrival().await;
        // One of them is held by the server; the others have gone on with the old token.
        for _ in 1..50 {
            renewal.join_next().await.unwrap().unwrap().unwrap();
        }
        assert_eq!(header(&session), "AnaplanAuthToken t1");
        gate.add_permits(1);
        renewal.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(header(&session), "AnaplanAuthToken t2");
        assert_eq!(paths(&server), ["/token/authenticate", "/token/refresh"]);
    }

    #[tokio::test]
    async fn a_refused_refresh_and_an_ended_token_lead_to_a_new_sign_in() {
        let server = Server::start(|request| {
            if is(request, "/token/refresh") {
                Act::json("401 Unauthorized", "{}")
            } else {
                token("t")
            }
        })
        .await;
        let session = session(&server.url);
        session.ready().await.unwrap();
        session.write().age(false);
        session.ready().await.unwrap();
        session.write().age(true);
        session.ready().await.unwrap();
        let (_, credential) = session.authorization().unwrap();
        assert_eq!(credential, Credential(3));
        assert_eq!(
            paths(&server),
            [
                "/token/authenticate",
                "/token/refresh",
                "/token/authenticate",
                "/token/authenticate"
            ]
        );
    }

    #[tokio::test]
    async fn many_refusals_of_one_credential_cause_one_sign_in() {
        let server = Server::always(token("t")).await;
        let session = session(&server.url);
        session.ready().await.unwrap();
        let (_, first) = session.authorization().unwrap();
        for outcome in crowd(&session, Some(first)).join_all().await {
            outcome.unwrap();
        }
        // An answer that comes late refuses nothing newer.
        session.renew(first).await.unwrap();
        assert_eq!(session.authorization().unwrap().1, Credential(2));
        assert_eq!(paths(&server), ["/token/authenticate"; 2]);
    }

    #[tokio::test]
    async fn a_dropped_caller_leaves_its_turn_to_the_next() {
        let gate = Arc::new(Semaphore::new(0));
        let late = Arc::clone(&gate);
        let server =
            Server::start(move |_| Act::When(Arc::clone(&late), Box::new(token("t")))).await;
        let session = session(&server.url);
        let mut first = JoinSet::new();
        let caller = Arc::clone(&session);
        first.spawn(async move { caller.ready().await });
        server.arrival().await;
        let mut others = crowd(&session, None);
        first.shutdown().await;
        server.arrival().await;
        gate.add_permits(2);
        while let Some(outcome) = others.join_next().await {
            outcome.unwrap().unwrap();
        }
        assert_eq!(paths(&server), ["/token/authenticate"; 2]);

        // The same in the middle of a renewal after a refusal: the old token does not count any more.
        let refused = session.authorization().unwrap().1;
        let caller = Arc::clone(&session);
        first.spawn(async move { caller.renew(refused).await });
        server.arrival().await;
        first.shutdown().await;
        gate.add_permits(2);
        session.ready().await.unwrap();
        assert_eq!(session.authorization().unwrap().1, Credential(2));
    }

    #[tokio::test]
    async fn p6_after_a_failure_all_requests_wait() {
        let turns = std::sync::Mutex::new(vec![
            token("t"),
            Act::json("500 Internal Server Error", ""),
            Act::Reset,
            Act::json("503 Service Unavailable\r\nRetry-After: 0.05", ""),
        ]);
        let server = Server::start(move |_| turns.lock().unwrap().pop().unwrap()).await;
        let session = session(&server.url);
        let begun = Instant::now();
        session.ready().await.unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(50));
        assert_eq!(server.requests().len(), 4);
    }

    #[tokio::test]
    async fn p6_a_429_without_a_wait_holds_for_ten_seconds() {
        let server = Server::always(Act::json("429 Too Many Requests", "")).await;
        let session = session(&server.url);
        let mut caller = JoinSet::new();
        let waiting = Arc::clone(&session);
        caller.spawn(async move { waiting.ready().await });
        while session.pace.held().is_none() {
            tokio::task::yield_now().await;
        }
        let left = session.pace.held().unwrap().until - Instant::now();
        assert!(left > Duration::from_secs(9) && left <= THROTTLE_WAIT);
        assert!(session.pace.present().lowered);
        assert_eq!(server.requests().len(), 1);
    }

    /// Paused time ends every wait at once, those for the server too: all tries fail in one way or
    /// another.
    #[tokio::test(start_paused = true)]
    async fn a_service_that_keeps_failing_is_unavailable() {
        let server = Server::always(Act::Stall).await;
        let session = session(&server.url);
        match session.ready().await {
            Err(SignInError::Unavailable(why)) => assert!(why.ends_with("(6 tries)"), "{why}"),
            other => panic!("{other:?}"),
        }
        // While a token lives, the same failure is no error, and the next caller does not ask again.
        hold_spare(&session);
        session.write().age(false);
        session.ready().await.unwrap();
        assert!(matches!(
            session.read().need(Instant::now()),
            Ok(TokenNeed::Nothing)
        ));
    }

    #[tokio::test]
    async fn a_refusal_is_final_and_shows_no_secret() {
        let server = Server::start(|request| {
            let basic = request.split("authorization: ").nth(1).unwrap();
            let basic = basic.split("\r\n").next().unwrap();
            let body = serde_json::json!({
                "status": "FAILURE_BAD_CREDENTIAL",
                "statusMessage": format!("`{PASSWORD}` is wrong\nfor {basic}"),
            });
            Act::json("401 Unauthorized", &body.to_string())
        })
        .await;
        let session = session(&server.url);
        let error = session.ready().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "sign-in refused: HTTP 401: FAILURE_BAD_CREDENTIAL: `[redacted]` is wrong for Basic \
         [redacted]"
        );
        assert_eq!(session.ready().await, Err(error.clone()));
        assert_eq!(session.renew(Credential(0)).await, Err(error));
        assert_eq!(server.requests().len(), 1);
    }

    #[tokio::test]
    async fn no_debug_text_shows_a_secret() {
        let tokens = std::sync::Mutex::new(vec![token("later-77"), token("t0ken-77")]);
        let server = Server::start(move |_| tokens.lock().unwrap().pop().unwrap()).await;
        let session = session(&server.url);
        session.ready().await.unwrap();
        let shown = format!("{session:?} {session:#?} {:?}", session.authorization());
        for secret in ["hünter2", "t0ken-77", "YWRhQGV4YW1wbGUuY29t"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert_eq!(session.redact("t0ken-77"), "[redacted]");
        // Answers to requests signed with the old one may still come.
        session.renew(Credential(1)).await.unwrap();
        assert_eq!(
            session.redact("t0ken-77, later-77"),
            "[redacted], [redacted]"
        );
    }

    #[tokio::test]
    async fn signing_out_gives_the_token_back() {
        let server = Server::start(|request| {
            if is(request, "/token/logout") {
                Act::raw("HTTP/1.1 204 No Content\r\n\r\n")
            } else {
                token("t1")
            }
        })
        .await;
        let session = session(&server.url);
        session.sign_out().await;
        assert!(server.requests().is_empty());
        session.ready().await.unwrap();
        session.sign_out().await;
        assert!(session.authorization().is_none());
        let last = server.requests().pop().unwrap();
        assert!(is(&last, "/token/logout"));
        assert!(last.contains("authorization: AnaplanAuthToken t1\r\n"));
    }

    #[tokio::test(start_paused = true)]
    async fn signing_out_takes_five_seconds_at_most() {
        let server = Server::always(Act::Stall).await;
        let session = session(&server.url);
        hold_spare(&session);
        let begun = Instant::now();
        session.sign_out().await;
        assert!(begun.elapsed() <= SIGN_OUT + Duration::from_millis(10));
        assert!(session.authorization().is_none());
    }

    #[tokio::test]
    async fn p10_a_password_follows_no_redirect_and_the_place_is_said() {
        let place = "302 Found\r\nLocation: https://sso.example/login?token=hidden";
        let server = Server::always(Act::json(place, "")).await;
        match session(&server.url).ready().await {
            Err(SignInError::Refused(why)) => {
                assert!(why.contains("(to https://sso.example/login)"), "{why}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(server.requests().len(), 1);
    }
}
