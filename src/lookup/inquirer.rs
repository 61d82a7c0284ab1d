//! The inquirer: it repeats one read request until there is an answer that can be used.
//!
//! It waits through outages and throttling, renews the credential, and gives a request up only if the provider
//! answers other requests. What an answer means for a look-up is decided by its caller.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::domain::{Answer, Content, PageAt, Request, Silence, UserPage};
use crate::lookup::error::LookUpError;
use crate::lookup::inquiry_settings::{InquirySettings, QuerySupport};
use crate::pace::{Backoff, Pace};
use crate::port::{Directory, SignInError};
use crate::sending::{CredentialStanding, Exchange, Renewal, SendSettings, Sender, renewal_after};

/// Attempts for one request while other requests are answered.
const MOST_ATTEMPTS: u32 = 6;

/// Requests that a look-up may need besides those that are counted: tests of lists and searches.
const UNCOUNTED: u64 = 32;

/// What became of one request, if the look-up can continue.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, and mostly the large one"
)]
pub(super) enum InquiryResult {
    /// An answer that can be used, and how long it took from sending to its last byte.
    Answer(Answer, Duration),
    /// All attempts failed, while another request was answered. The text says why.
    Failed(String),
    /// The request cannot be built, because of the user that it is about.
    Unsendable(String),
}

impl InquiryResult {
    /// The page of a list, if that is what was answered.
    #[expect(clippy::result_large_err, reason = "no error: the answer as it is")]
    pub(super) fn into_page(self) -> Result<UserPage, Self> {
        match self {
            Self::Answer(
                Answer {
                    status: 200..=299,
                    content: Content::Page(page),
                    ..
                },
                _,
            ) => Ok(page),
            other => Err(other),
        }
    }
}

/// Sends the read requests of a look-up, and repeats them. All requests of one look-up share it.
#[derive(Debug)]
pub struct Inquirer<D> {
    sender: Sender<D>,
    settings: InquirySettings,
    /// Whether the provider has ever answered with a user or a list.
    served: AtomicBool,
    /// Whether any user was ever shown.
    shown: AtomicBool,
    /// Whether the list shows any user; set by the first request for it.
    lists_any_user: OnceCell<bool>,
    /// When the provider last answered a request.
    answered: Mutex<Instant>,
    on_retry: OnRetry,
}

/// Called with the reason before a failed request is repeated; not after a 401 or a 429.
struct OnRetry(Box<dyn Fn(&str) + Send + Sync>);

impl std::fmt::Debug for OnRetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnRetry")
    }
}

impl<D: Directory> Inquirer<D> {
    /// An inquirer that asks `directory`. Each request waits for a permit of `pace`.
    pub fn new(directory: Arc<D>, pace: Arc<Pace>, settings: InquirySettings) -> Self {
        let send_settings = SendSettings {
            concurrency: settings.concurrency,
            throttle_wait: settings.throttle_wait,
            longest_throttling: settings.max_outage,
        };
        Self {
            sender: Sender::new(directory, pace, send_settings),
            settings,
            served: false.into(),
            shown: false.into(),
            lists_any_user: OnceCell::new(),
            answered: Mutex::new(Instant::now()),
            on_retry: OnRetry(Box::new(|_| {})),
        }
    }

    /// The same inquirer, which calls `listener` with the reason before it repeats a failed request. The listener
    /// must not block.
    #[must_use]
    pub fn on_retry(self, listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            on_retry: OnRetry(Box::new(listener)),
            ..self
        }
    }

    /// About so many more requests are to be made.
    pub(super) fn expect(&self, requests: u64) {
        self.sender
            .pace()
            .expect(requests.saturating_add(UNCOUNTED));
    }

    /// Requests sent so far, sign-in not counted.
    pub fn requests(&self) -> u64 {
        self.sender.requests()
    }

    /// Where the requests go.
    pub(super) fn directory(&self) -> &D {
        self.sender.directory()
    }

    /// What the provider lets a client find.
    pub(super) fn supports(&self) -> QuerySupport {
        self.settings.supports
    }

    /// Requests that may be in flight at the same time.
    pub(super) fn concurrency(&self) -> usize {
        self.settings.concurrency.get()
    }

    /// Sends `request` again and again until there is an answer that can be used.
    ///
    /// A request that fails again and again is given up only if a probe is answered and the request then fails
    /// once more. Otherwise it is repeated for as long as an outage may last.
    pub(super) async fn ask(&self, request: &Request) -> Result<InquiryResult, LookUpError> {
        let started = Instant::now();
        let mut backoff = Backoff::seeded(fastrand::u64(..));
        let (mut refusals, mut attempts) = (0, 0);
        let mut others_are_answered = false;
        loop {
            let exchange = self.attempt(request).await?;
            let elapsed = exchange.elapsed;
            let (why, wait) = match exchange.result {
                Ok(answer) if answer.status == 429 => {
                    if exchange.is_throttled_for_too_long {
                        let words = "it answers every request with 429 (too many requests)";
                        return Err(LookUpError::Outage(words.to_owned()));
                    }
                    continue;
                }
                Ok(answer) if answer.status == 401 => {
                    refusals += 1;
                    self.renew(&answer, refusals).await?;
                    continue;
                }
                Ok(answer) => match self.assess(answer).await? {
                    Assessed::Usable(answer) => return Ok(InquiryResult::Answer(answer, elapsed)),
                    Assessed::Repeat(why, wait) => (why, wait),
                },
                Err(Silence::Unsendable(why)) => return Ok(InquiryResult::Unsendable(why)),
                Err(Silence::Blocked(why)) => return Err(LookUpError::Blocked(why)),
                Err(silence) => (silence.to_string(), None),
            };
            attempts += 1;
            if others_are_answered {
                return Ok(InquiryResult::Failed(why));
            }
            if attempts >= MOST_ATTEMPTS {
                let probe = self.probe().await?;
                others_are_answered = matches!(probe, Probe::Answered | Probe::AccountRefused);
            }
            if self.last_answer().max(started).elapsed() > self.settings.max_outage {
                return Err(LookUpError::Outage(why));
            }
            tracing::debug!(attempts, why, "asking again");
            (self.on_retry.0)(&why);
            tokio::time::sleep(backoff.next(wait)).await;
        }
    }

    /// Sends `request` once, for an answer that the look-up can do without: `None` if no answer came.
    pub(super) async fn ask_once(&self, request: &Request) -> Result<Option<Answer>, LookUpError> {
        match self.attempt(request).await?.result {
            Err(Silence::Blocked(why)) => Err(LookUpError::Blocked(why)),
            result => Ok(result.ok()),
        }
    }

    /// Whether the provider shows any user at all. A service that has lost its users, or another service at the
    /// same address, shows none: then a 404 does not prove that a single user does not exist.
    pub(super) async fn shows_any_user(&self) -> Result<bool, LookUpError> {
        if self.shown.load(Ordering::Relaxed) || !self.settings.supports.pages {
            return Ok(true);
        }
        let asked = self.lists_any_user.get_or_try_init(|| async {
            let request = self.directory().page_request(&PageAt::FIRST, 1);
            // A provider without a list cannot be asked.
            match Box::pin(self.ask(&request)).await?.into_page() {
                Ok(page) => Ok(!page.users.is_empty()),
                Err(InquiryResult::Answer(answer, _)) => Ok(matches!(answer.status, 405 | 501)),
                Err(_) => Ok(false),
            }
        });
        asked.await.copied()
    }

    fn note_shown(&self, content: &Content) {
        let shows = match content {
            Content::User(_) => true,
            Content::Page(page) => !page.users.is_empty(),
            _ => false,
        };
        self.shown.fetch_or(shows, Ordering::Relaxed);
    }

    /// Asks for a list of one user, once. The answer shows whether the service works and whether the account
    /// may read users.
    async fn probe(&self) -> Result<Probe, LookUpError> {
        let request = self.directory().page_request(&PageAt::FIRST, 1);
        let Some(answer) = self.ask_once(&request).await? else {
            return Ok(Probe::NotAnswered);
        };
        // A service that does not list its users answers all the same.
        let is_answered = !matches!(answer.status, 401 | 408 | 425 | 429 | 500 | 502..=504 | 506..=599)
            && !matches!(answer.content, Content::Foreign(_) | Content::Broken(_));
        if is_answered {
            self.note_answer();
        }
        if matches!(
            (answer.status, &answer.content),
            (200..=299, Content::Page(_))
        ) {
            self.served.store(true, Ordering::Relaxed);
        }
        Ok(match answer.status {
            403 if is_answered => Probe::AccountRefused,
            403 => Probe::RefusedByGateway,
            _ if is_answered => Probe::Answered,
            _ => Probe::NotAnswered,
        })
    }

    /// One attempt. A request that cannot be signed because the sign-in service is out counts as not sent.
    async fn attempt(&self, request: &Request) -> Result<Exchange, LookUpError> {
        match self.sender.permit().await {
            Ok(permit) => Ok(permit.send(request).await),
            Err(SignInError::Unavailable(why)) => Ok(Exchange::unsigned(why)),
            Err(SignInError::Blocked(why)) => Err(LookUpError::Blocked(why)),
            Err(refused @ SignInError::Refused(_)) => Err(LookUpError::SignIn(refused)),
        }
    }

    /// Replaces the credential that was refused `refusals` times in a row for one request, unless that is of no
    /// use.
    async fn renew(&self, answer: &Answer, refusals: u32) -> Result<(), LookUpError> {
        let refused = if self.served.load(Ordering::Relaxed) {
            CredentialStanding::WorkedBefore
        } else {
            CredentialStanding::NeverWorked
        };
        if renewal_after(refusals, refused) != Renewal::Again {
            let words = answer
                .words()
                .unwrap_or_else(|| "the provider answers 401 to a fresh credential too".to_owned());
            return Err(LookUpError::SignIn(SignInError::Refused(words)));
        }
        match self.sender.renew(answer.credential).await {
            // The next attempt waits for the sign-in service.
            Ok(()) | Err(SignInError::Unavailable(_)) => Ok(()),
            Err(refused) => Err(LookUpError::SignIn(refused)),
        }
    }

    /// Whether an answer can be used, or the request is to be repeated.
    async fn assess(&self, answer: Answer) -> Result<Assessed, LookUpError> {
        let words = answer
            .words()
            .unwrap_or_else(|| format!("the provider answers {}", answer.status));
        let served = self.served.load(Ordering::Relaxed);
        match (answer.status, &answer.content) {
            (408 | 425 | 500 | 502..=504 | 506..=599, _) => {
                Ok(Assessed::Repeat(words, answer.wait))
            }
            (403, _) if !served => match self.probe().await? {
                // The account may read others, and not this user.
                Probe::Answered => Ok(Assessed::Usable(answer)),
                Probe::AccountRefused | Probe::RefusedByGateway => Err(LookUpError::NoRole(words)),
                Probe::NotAnswered => Ok(Assessed::Repeat(words, None)),
            },
            (200..=299, Content::User(_) | Content::Page(_)) => {
                self.served.store(true, Ordering::Relaxed);
                self.note_shown(&answer.content);
                self.note_answer();
                Ok(Assessed::Usable(answer))
            }
            (300..=399, _) | (_, Content::Foreign(_)) if !served => {
                Err(LookUpError::NotScim(words))
            }
            (200..=299, Content::TooLong) => {
                self.note_answer();
                Ok(Assessed::Usable(answer))
            }
            (200..=299, _) | (_, Content::Foreign(_) | Content::Broken(_)) => {
                // The service works, though this answer cannot be used.
                self.note_answer();
                Ok(Assessed::Repeat(words, None))
            }
            _ => {
                self.note_answer();
                Ok(Assessed::Usable(answer))
            }
        }
    }

    fn note_answer(&self) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        *answered = Instant::now();
    }

    fn last_answer(&self) -> Instant {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, and mostly the large one"
)]
enum Assessed {
    /// The answer can be used.
    Usable(Answer),
    /// The request is to be repeated: why, and how long the server asks to wait.
    Repeat(String, Option<Duration>),
}

/// What a probe has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probe {
    /// The service works, and does not refuse the account.
    Answered,
    /// The account may not read users (403).
    AccountRefused,
    /// A page that is no answer of the service says 403.
    RefusedByGateway,
    /// No answer came, or none that can be used.
    NotAnswered,
}
