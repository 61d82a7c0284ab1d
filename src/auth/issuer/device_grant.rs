//! OAuth device grant (RFC 8628): a person approves a code in a browser once. After that, refresh tokens get
//! new tokens, in this run and in later ones.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::token_cache::{CacheError, Locked, TokenCache};
use crate::auth::paced_client::{PacedClient, Permit, SignInReply};
use crate::auth::redact::Secrets;
use crate::http::{HeaderMap, Url, one_line};

use super::Grant;
use super::token_answer::{AnswerFormat, Denial, judge};
use super::token_endpoint::{OauthAnswers, body, error_code, form, post, post_now, seconds};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The time between two polls if the service names none (RFC 8628 §3.2).
const INTERVAL: Duration = Duration::from_secs(5);

/// What each `slow_down` adds to the time between polls (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// The longest time between two polls.
const LONGEST_INTERVAL: Duration = Duration::from_mins(5);

/// The longest life of a code.
const LONGEST_CODE_LIFE: Duration = Duration::from_hours(24);

/// The life of a code if the service names none, though it must (RFC 8628 §3.2). Anaplan's codes are
/// valid for 15 minutes.
const CODE_LIFE: Duration = Duration::from_mins(15);

/// What to show to the person who approves the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePrompt {
    /// The page on which to type the code.
    pub address: String,
    /// The code.
    pub code: String,
    /// The page with the code already in its address, if there is one.
    pub whole_address: Option<String>,
    /// How long the code can be approved.
    pub life: Duration,
}

/// Shows the code to the person.
pub(crate) type Notifier = Box<dyn Fn(&DevicePrompt) + Send + Sync>;

/// The service where a device signs in, and the client that it signs in as.
#[derive(Debug, Clone)]
pub struct DeviceService {
    /// The endpoint for codes (RFC 8628 §3.1).
    pub device_url: Url,
    /// The endpoint for tokens.
    pub token_url: Url,
    /// The client's id. It has no secret.
    pub client_id: String,
    /// The scopes of the token. Anaplan gives a refresh token only for `offline_access`.
    pub scope: Option<String>,
}

/// A device at one service.
pub struct Device {
    wire: PacedClient,
    service: DeviceService,
    cache: TokenCache,
    notify: Notifier,
    secrets: Secrets,
    /// The code that waits for approval.
    waiting: Mutex<Option<Waiting>>,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

struct Waiting {
    device_code: SecretString,
    interval: Duration,
    next_poll: Instant,
    ends: Instant,
}

impl Device {
    /// Signs in at `service`. Refresh tokens are kept in the file `cache`; a person is shown a code by
    /// `notify`.
    pub fn new(
        wire: PacedClient,
        service: DeviceService,
        cache: std::path::PathBuf,
        notify: Notifier,
    ) -> Self {
        Self {
            cache: TokenCache::new(cache, service.token_url.as_str(), &service.client_id),
            wire,
            service,
            notify,
            secrets: Secrets::default(),
            waiting: Mutex::default(),
        }
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Uses the stored refresh token if there is one; else gets a code approved, one step for each call.
    pub(super) async fn ask(&self) -> Grant {
        let mut waiting = self.waiting.lock().await;
        let stepped = match waiting.take() {
            Some(code) => self.poll(code, &mut waiting).await,
            None => self.begin(&mut waiting).await,
        };
        stepped.unwrap_or_else(|error: CacheError| {
            let why = format!("the refresh token cannot be kept: {error}");
            if error.is_passing() {
                Grant::Failed {
                    why,
                    wait: None,
                    throttled: false,
                }
            } else {
                Grant::Refused(why)
            }
        })
    }

    async fn begin(&self, waiting: &mut Option<Waiting>) -> Result<Grant, CacheError> {
        // The lock is held until the new refresh token is durable.
        let (locked, permit) = self.lock_to_send().await?;
        if let Some(token) = locked.read()? {
            return self.refresh(&token, &locked, permit).await;
        }
        drop(locked);
        let mut fields = vec![("client_id", self.service.client_id.as_str())];
        fields.extend(self.service.scope.as_deref().map(|scope| ("scope", scope)));
        let form = form(&fields);
        let answer = post_now(permit, &self.wire, &self.service.device_url, &form, None).await;
        let Some((code, prompt)) = self.read_code(&answer) else {
            return Ok(judge(
                answer,
                &DeviceCodeAnswers,
                &self.secrets,
                self.wire.clock(),
            ));
        };
        (self.notify)(&prompt);
        let wait = code.interval;
        *waiting = Some(code);
        Ok(Grant::Pending(wait))
    }

    /// Locks the cache and gets a permit to send one request. The permit comes first, because it can take
    /// as long as a server has asked all requests to wait, and other processes would wait for the cache
    /// during that time.
    async fn lock_to_send(&self) -> Result<(Locked<'_>, Permit), CacheError> {
        loop {
            drop(self.cache.lock().await?);
            let permit = self.wire.permit().await;
            if let Some(locked) = self.cache.try_lock()? {
                return Ok((locked, permit));
            }
        }
    }

    /// Reads the answer of RFC 8628 §3.2. Google's older name of the address is accepted as well.
    fn read_code(&self, answer: &SignInReply) -> Option<(Waiting, DevicePrompt)> {
        if !(200..300).contains(&answer.result.as_ref().ok()?.status) {
            return None;
        }
        let body = body(answer);
        let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
        let device_code = SecretString::from(text("device_code")?);
        self.secrets.remember_obtained(&device_code);
        let life = seconds(&body["expires_in"]).unwrap_or(CODE_LIFE);
        let life = life.min(LONGEST_CODE_LIFE);
        let interval = seconds(&body["interval"]).unwrap_or(INTERVAL);
        let interval = interval.min(LONGEST_INTERVAL);
        let address = text("verification_uri").or_else(|| text("verification_url"))?;
        let now = Instant::now();
        let prompt = DevicePrompt {
            address: one_line(address),
            code: one_line(text("user_code")?),
            whole_address: text("verification_uri_complete").map(one_line),
            life,
        };
        let waiting = Waiting {
            device_code,
            interval,
            next_poll: now + interval,
            ends: now + life,
        };
        Some((waiting, prompt))
    }

    /// Asks whether the code was approved (RFC 8628 §3.4), no sooner than the service wants.
    async fn poll(
        &self,
        mut code: Waiting,
        waiting: &mut Option<Waiting>,
    ) -> Result<Grant, CacheError> {
        let now = Instant::now();
        if now >= code.ends {
            let why = "the code has expired before anybody approved it";
            return Ok(Grant::Refused(why.to_owned()));
        }
        if now < code.next_poll {
            let wait = code.next_poll - now;
            *waiting = Some(code);
            return Ok(Grant::Pending(wait));
        }
        let form = form(&[
            ("grant_type", GRANT),
            ("device_code", code.device_code.expose_secret()),
            ("client_id", &self.service.client_id),
        ]);
        // The code is stored again before the request, so that it is not lost if the caller is dropped.
        let (ends, interval) = (code.ends, code.interval);
        let device_code = code.device_code.clone();
        let keep = |interval| Waiting {
            device_code: device_code.clone(),
            interval,
            next_poll: Instant::now() + interval,
            ends,
        };
        *waiting = Some(keep(interval));
        let answer = post(&self.wire, &self.service.token_url, &form, None).await;
        code.interval = match error_code(&answer).as_deref() {
            Some("authorization_pending") => interval,
            Some("slow_down") => (interval + SLOWER).min(LONGEST_INTERVAL),
            _ => {
                let locked = self.cache.lock().await?;
                let grant = self.accept(answer, None, &locked)?;
                // After a failure of the service the same code is polled again.
                if !matches!(grant, Grant::Failed { .. }) {
                    *waiting = None;
                }
                return Ok(grant);
            }
        };
        *waiting = Some(keep(code.interval));
        Ok(Grant::Pending(code.interval))
    }

    /// Exchanges a refresh token (RFC 6749 §6).
    async fn refresh(
        &self,
        token: &SecretString,
        locked: &Locked<'_>,
        permit: Permit,
    ) -> Result<Grant, CacheError> {
        self.secrets.remember_obtained(token);
        let form = form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token.expose_secret()),
            ("client_id", &self.service.client_id),
        ]);
        let answer = post_now(permit, &self.wire, &self.service.token_url, &form, None).await;
        if error_code(&answer).as_deref() == Some("invalid_grant") {
            tracing::debug!("the refresh token is refused: a person has to approve a code");
            locked.write(None)?;
            return Ok(Grant::Pending(Duration::ZERO));
        }
        self.accept(answer, Some(token), locked)
    }

    /// Takes a token. The refresh token that came with it is stored before any request uses the token.
    fn accept(
        &self,
        answer: SignInReply,
        old: Option<&SecretString>,
        locked: &Locked<'_>,
    ) -> Result<Grant, CacheError> {
        let body = body(&answer);
        let new = body["refresh_token"].as_str();
        let new = new.filter(|new| !new.is_empty()).map(SecretString::from);
        if let Some(new) = &new {
            self.secrets.remember_obtained(new);
        }
        let grant = judge(answer, &OauthAnswers, &self.secrets, self.wire.clock());
        if let (Grant::Issued(..), Some(new)) = (&grant, &new)
            && old.is_none_or(|old| old.expose_secret() != new.expose_secret())
        {
            locked.write(Some(new))?;
        }
        Ok(grant)
    }
}

/// The format of an answer to a request for a code, if it is not a code.
struct DeviceCodeAnswers;

impl AnswerFormat for DeviceCodeAnswers {
    fn token(&self, _: &HeaderMap, _: &[u8]) -> Option<(SecretString, Option<Duration>)> {
        None
    }

    fn denial(&self, body: &[u8]) -> Option<Denial> {
        OauthAnswers.denial(body)
    }

    fn wanted(&self) -> &'static str {
        "code"
    }

    fn explanation(&self, body: &[u8]) -> String {
        OauthAnswers.explanation(body)
    }
}

#[cfg(test)]
mod tests {
    //! The device grant against a raw server, step by step. Each step returns how long to wait, and the tests
    //! do
    //! not wait.

    use std::num::NonZeroU32;
    use std::sync::{Arc, Mutex as StdMutex};

    use super::*;
    use crate::domain::Clock;
    use crate::http::raw_server::{Act, Server};
    use crate::http::{Http, HttpSettings};
    use crate::pace::{Pace, Rate};

    struct Bed {
        server: Server,
        device: Device,
        shown: Arc<StdMutex<Vec<DevicePrompt>>>,
        dir: tempfile::TempDir,
    }

    fn device(
        url: &str,
        path: &std::path::Path,
        shown: &Arc<StdMutex<Vec<DevicePrompt>>>,
    ) -> Device {
        let pace = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
        paced(url, path, shown, pace)
    }

    fn paced(
        url: &str,
        path: &std::path::Path,
        shown: &Arc<StdMutex<Vec<DevicePrompt>>>,
        pace: Arc<Pace>,
    ) -> Device {
        let http = Http::new(&HttpSettings::default()).unwrap();
        let service = DeviceService {
            device_url: format!("{url}/code").parse().unwrap(),
            token_url: format!("{url}/token").parse().unwrap(),
            client_id: "c 1".to_owned(),
            scope: Some("openid offline_access".to_owned()),
        };
        let shown = Arc::clone(shown);
        let notify =
            Box::new(move |prompt: &DevicePrompt| shown.lock().unwrap().push(prompt.clone()));
        let wire = PacedClient::new(http, pace, Clock::System);
        Device::new(wire, service, path.join("tokens.json"), notify)
    }

    /// A service that gives a code, and answers polls and refreshes with these, one after the other.
    async fn bed(interval: &str, answers: &[(&str, &str)]) -> Bed {
        let code = format!(
            r#"{{"device_code":"dev1ce-code","user_code":"ABCD-EFGH","verification_uri":"https://x/activate",
            "expires_in":900,"interval":{interval}}}"#
        );
        let mut answers: Vec<_> = answers
            .iter()
            .map(|(status, body)| Act::json(status, body))
            .collect();
        answers.reverse();
        let answers = StdMutex::new(answers);
        let server = Server::start(move |request| {
            if request.starts_with("POST /code ") {
                Act::json("200 OK", &code)
            } else {
                answers.lock().unwrap().pop().unwrap()
            }
        })
        .await;
        let dir = tempfile::tempdir().unwrap();
        let shown = Arc::default();
        Bed {
            device: device(&server.url, dir.path(), &shown),
            server,
            shown,
            dir,
        }
    }

    impl Bed {
        async fn step(&self) -> String {
            match self.device.ask().await {
                Grant::Issued(token, life) => {
                    format!(
                        "given {} {}",
                        token.expose_secret(),
                        life.unwrap().as_secs_f64().ceil()
                    )
                }
                // What a clock has taken away meanwhile does not matter.
                Grant::Pending(wait) => {
                    format!("pending {}", (wait.as_secs_f64() * 10.0).ceil() / 10.0)
                }
                Grant::Refused(why) => format!("refused {why}"),
                Grant::Blocked(why) => format!("blocked {why}"),
                Grant::Failed { why, .. } => format!("failed {why}"),
            }
        }

        fn kept(&self) -> String {
            std::fs::read_to_string(self.dir.path().join("tokens.json")).unwrap_or_default()
        }
    }

    const PENDING: (&str, &str) = ("400 Bad Request", r#"{"error":"authorization_pending"}"#);
    const GIVEN: (&str, &str) = (
        "200 OK",
        r#"{"access_token":"token-one","refresh_token":"refresh-one","expires_in":2100}"#,
    );

    #[tokio::test]
    async fn a_code_is_shown_and_polled_for_until_it_is_approved() {
        let bed = bed("0.000001", &[PENDING, GIVEN]).await;
        assert_eq!(bed.step().await, "pending 0.1");
        let shown = bed.shown.lock().unwrap().clone();
        assert_eq!(shown.len(), 1);
        assert_eq!(
            (shown[0].code.as_str(), shown[0].life.as_secs()),
            ("ABCD-EFGH", 900)
        );
        assert_eq!(bed.step().await, "pending 0.1");
        assert_eq!(bed.step().await, "given token-one 2100");
        assert!(bed.kept().contains("refresh-one"), "{}", bed.kept());
        let answer = bed.server.requests();
        let body = |request: &str| request.split("\r\n\r\n").nth(1).unwrap().to_owned();
        assert_eq!(
            body(&answer[0]),
            "client_id=c+1&scope=openid+offline_access"
        );
        assert_eq!(
            body(&answer[1]),
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=dev1ce-code\
         &client_id=c+1"
        );
    }

    #[tokio::test]
    async fn no_caller_polls_sooner_than_the_service_wants() {
        let slow_down = ("400 Bad Request", r#"{"error":"slow_down"}"#);
        let bed = bed("0.000001", &[slow_down]).await;
        bed.step().await;
        assert_eq!(bed.step().await, "pending 5.1");
        // A caller that comes early, after one that was dropped, waits for the rest without asking.
        assert!(bed.step().await.starts_with("pending 5"));
        assert_eq!(bed.server.requests().len(), 2);
    }

    #[tokio::test]
    async fn a_refused_code_is_reported_in_the_words_of_the_service() {
        for (code, result) in [
            ("access_denied", "refused HTTP 400: access_denied: no"),
            ("expired_token", "refused HTTP 400: expired_token: no"),
        ] {
            let body = format!(r#"{{"error":"{code}","error_description":"no"}}"#);
            let bed = bed("0.000001", &[("400 Bad Request", &body)]).await;
            bed.step().await;
            assert_eq!(bed.step().await, result);
            // Another sign-in begins with another code.
            assert_eq!(bed.step().await, "pending 0.1");
        }
    }

    #[tokio::test]
    async fn a_service_that_fails_is_asked_for_the_same_code_again() {
        let bed = bed("0.000001", &[("503 Service Unavailable", ""), GIVEN]).await;
        bed.step().await;
        assert_eq!(bed.step().await, "failed HTTP 503");
        assert_eq!(bed.step().await, "given token-one 2100");
        assert_eq!(bed.shown.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_refresh_token_is_replaced_on_disk_and_one_that_is_refused_is_forgotten() {
        let rotated = (
            "200 OK",
            r#"{"access_token":"t2","refresh_token":"r2","expires_in":2100}"#,
        );
        let same = ("200 OK", r#"{"access_token":"t3","expires_in":2100}"#);
        let refused = ("400 Bad Request", r#"{"error":"invalid_grant"}"#);
        let bed = bed("0.000001", &[GIVEN, rotated, same, refused]).await;
        bed.step().await;
        bed.step().await;
        assert_eq!(bed.step().await, "given t2 2100");
        assert!(bed.kept().contains("r2") && !bed.kept().contains("refresh-one"));
        // Another process goes on with what it finds.
        let other = device(&bed.server.url, bed.dir.path(), &bed.shown);
        assert!(matches!(other.ask().await, Grant::Issued(..)));
        assert!(bed.kept().contains("r2"));
        let last = bed.server.requests().pop().unwrap();
        assert!(
            last.ends_with("grant_type=refresh_token&refresh_token=r2&client_id=c+1"),
            "{last}"
        );
        assert_eq!(bed.step().await, "pending 0");
        assert!(!bed.kept().contains("r2"));
        assert_eq!(bed.step().await, "pending 0.1");
        assert_eq!(bed.shown.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn p10_every_token_of_the_grant_is_redacted() {
        let bed = bed("0.000001", &[GIVEN]).await;
        bed.step().await;
        bed.step().await;
        let result = bed
            .device
            .secrets()
            .redact("dev1ce-code token-one refresh-one");
        assert_eq!(result, "[redacted] [redacted] [redacted]");
        let shown = format!("{:?}", bed.device);
        assert!(
            !shown.contains("dev1ce-code") && !shown.contains("token-one"),
            "{shown}"
        );
    }

    #[tokio::test]
    async fn an_answer_without_a_code_is_reported() {
        let server = Server::always(Act::json("200 OK", r#"{"device_code":"d"}"#)).await;
        let dir = tempfile::tempdir().unwrap();
        let device = device(&server.url, dir.path(), &Arc::default());
        match device.ask().await {
            Grant::Failed { why, .. } => assert_eq!(why, "HTTP 200 without a usable code"),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_poll_that_is_answered_by_200_and_a_form_is_still_pending() {
        let pending = (
            "200 OK",
            "error=authorization_pending&error_description=not+yet",
        );
        let slow_down = ("200 OK", r#"{"error":"slow_down"}"#);
        let denied = ("200 OK", "error=access_denied");
        let bed = bed("0.000001", &[pending, denied, slow_down]).await;
        bed.step().await;
        assert_eq!(bed.step().await, "pending 0.1");
        assert_eq!(bed.step().await, "refused HTTP 200: access_denied");
        bed.step().await;
        assert_eq!(bed.step().await, "pending 5.1");
    }

    #[tokio::test]
    async fn intervals_and_lives_of_codes_are_limited() {
        for (number, interval, life) in [
            ("1e308", 300.0, 86_400),
            ("9223372036854775807", 300.0, 86_400),
            ("\"inf\"", 300.0, 86_400),
            ("-1e308", 5.0, 900),
            ("\"NaN\"", 5.0, 900),
            ("null", 5.0, 900),
            ("1.5", 1.5, 1),
        ] {
            let code = format!(
                r#"{{"device_code":"d","user_code":"u","verification_uri":"https://x","expires_in":{number},"interval":{number}}}"#
            );
            let server = Server::always(Act::json("200 OK", &code)).await;
            let (dir, shown) = (tempfile::tempdir().unwrap(), Arc::default());
            let device = device(&server.url, dir.path(), &shown);
            match device.ask().await {
                Grant::Pending(wait) => {
                    assert!((wait.as_secs_f64() - interval).abs() < 1e-9, "{number}");
                }
                other => panic!("{number}: {other:?}"),
            }
            assert_eq!(shown.lock().unwrap()[0].life.as_secs(), life, "{number}");
        }
    }

    #[tokio::test]
    async fn a_process_that_waits_for_a_permit_does_not_hold_the_cache() {
        let rotated = (
            "200 OK",
            r#"{"access_token":"t2","refresh_token":"r2","expires_in":2100}"#,
        );
        let bed = bed("0.000001", &[GIVEN, rotated]).await;
        bed.step().await;
        bed.step().await;
        let pace = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
        pace.hold(Duration::from_hours(1), "a long Retry-After");
        let waiting = paced(&bed.server.url, bed.dir.path(), &bed.shown, pace);
        tokio::select! {
            biased;
            grant = waiting.ask() => panic!("{grant:?}"),
            result = bed.step() => assert_eq!(result, "given t2 2100"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_cache_in_use_is_a_temporary_failure() {
        let bed = bed("0.000001", &[]).await;
        let other = TokenCache::new(bed.dir.path().join("tokens.json"), "s", "c");
        let _locked = other.lock().await.unwrap();
        let result = bed.step().await;
        assert!(result.starts_with("failed "), "{result}");
    }
}
