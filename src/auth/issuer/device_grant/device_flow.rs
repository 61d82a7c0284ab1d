//! OAuth device grant (RFC 8628): a person approves a code in a browser once. After that, refresh tokens get
//! new tokens, in this run and in later ones.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::auth::issuer::token_cache::{CacheError, Locked, TokenCache};
use crate::auth::paced_client::{PacedClient, Permit, SignInReply};
use crate::auth::redact::Secrets;
use crate::http::{HeaderMap, Url, one_line};

use crate::auth::issuer::Grant;
use crate::auth::issuer::token_answer::{AnswerFormat, Denial, judge};
use crate::auth::issuer::token_endpoint::{
    OauthAnswers, body, error_code, form, post, post_now, seconds,
};

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

    pub(in crate::auth::issuer) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Uses the stored refresh token if there is one; else gets a code approved, one step for each call.
    pub(in crate::auth::issuer) async fn ask(&self) -> Grant {
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
