//! One read request, seen through to an answer that says something.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

use crate::domain::{Answer, Content, PageAt, Request, Silence, UserPage};
use crate::lookup::error::LookUpError;
use crate::lookup::finds::{Finds, InquirySettings};
use crate::pace::{Backoff, Pace};
use crate::port::{Directory, SignInError};

/// Renewals of the credential for one request, at most.
const MOST_RENEWALS: u32 = 3;

/// Attempts for one request while others are answered.
const MOST_ATTEMPTS: u32 = 6;

/// Requests that a look-up may need besides those that are counted: tests of lists and searches.
const BESIDES: u64 = 32;

/// What became of one request, if the look-up goes on.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, and mostly the large one"
)]
pub(super) enum Heard {
    /// An answer that says something, and how long it took from sending to its last byte.
    Answer(Answer, Duration),
    /// All attempts failed, while another request was answered.
    Nothing(String),
    /// The request cannot be built: it is about this user alone.
    Unsendable(String),
}

impl Heard {
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

/// What came of one request, and how long that took.
type Exchange = (Result<Answer, Silence>, Duration);

/// Asks the provider, for as long as it takes. Shared by all requests of a look-up.
#[derive(Debug)]
pub struct Inquirer<D> {
    directory: Arc<D>,
    pace: Arc<Pace>,
    settings: InquirySettings,
    slots: Semaphore,
    requests: AtomicU64,
    /// Whether a user, or a list, was ever answered.
    served: AtomicBool,
    /// Whether any user was ever shown.
    shown: AtomicBool,
    /// Whether the list shows any user; set by the first request for it.
    lists_anybody: OnceCell<bool>,
    /// When the provider last answered a request for any user.
    answered: Mutex<Instant>,
    /// Since when every answer has been a 429.
    throttled: Mutex<Option<Instant>>,
    on_trouble: OnTrouble,
}

/// Called with the reason before a failed request is repeated; not after a 401 or a 429.
struct OnTrouble(Box<dyn Fn(&str) + Send + Sync>);

impl std::fmt::Debug for OnTrouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnTrouble")
    }
}

impl<D: Directory> Inquirer<D> {
    /// An inquirer at `directory`; every request takes its leave of `pace`.
    pub fn new(directory: Arc<D>, pace: Arc<Pace>, settings: InquirySettings) -> Self {
        Self {
            directory,
            pace,
            settings,
            slots: Semaphore::new(settings.concurrency.get()),
            requests: 0.into(),
            served: false.into(),
            shown: false.into(),
            lists_anybody: OnceCell::new(),
            answered: Mutex::new(Instant::now()),
            throttled: Mutex::default(),
            on_trouble: OnTrouble(Box::new(|_| {})),
        }
    }

    /// Calls `listener` with the reason whenever a request has to be repeated. It must not block.
    #[must_use]
    pub fn on_trouble(self, listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            on_trouble: OnTrouble(Box::new(listener)),
            ..self
        }
    }

    /// Takes note that about so many more requests are to be made.
    pub(super) fn expect(&self, requests: u64) {
        self.pace.expect(requests.saturating_add(BESIDES));
    }

    /// Requests sent so far, sign-in not counted.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Where the requests come from.
    pub(super) fn directory(&self) -> &D {
        &self.directory
    }

    /// What the provider lets a client find.
    pub(super) fn finds(&self) -> Finds {
        self.settings.finds
    }

    /// Requests that may be in flight at the same time.
    pub(super) fn concurrency(&self) -> usize {
        self.settings.concurrency.get()
    }

    /// Asks until there is an answer that says something about what was asked.
    ///
    /// A request that fails again and again is given up only if a probe is answered and it then fails
    /// once more. Else it is repeated for as long as an outage may last.
    pub(super) async fn ask(&self, request: &Request) -> Result<Heard, LookUpError> {
        let started = Instant::now();
        let mut backoff = Backoff::seeded(fastrand::u64(..));
        let (mut renewals, mut attempts) = (0, 0);
        let mut is_alone = false;
        loop {
            let (exchange, elapsed) = self.attempt(request).await?;
            let trouble = match exchange {
                Ok(answer) if answer.status == 429 => {
                    self.note_throttled()?;
                    continue;
                }
                Ok(answer) if answer.status == 401 => {
                    self.note_unthrottled();
                    renewals += 1;
                    self.renew(&answer, renewals).await?;
                    continue;
                }
                Ok(answer) => {
                    self.note_unthrottled();
                    match self.weigh(answer).await? {
                        Weighed::Final(answer) => return Ok(Heard::Answer(answer, elapsed)),
                        Weighed::Trouble(why, wait) => (why, wait),
                    }
                }
                Err(Silence::Unsendable(why)) => return Ok(Heard::Unsendable(why)),
                Err(Silence::Blocked(why)) => return Err(LookUpError::Blocked(why)),
                Err(silence) => (silence.to_string(), None),
            };
            attempts += 1;
            let (why, wait) = trouble;
            if is_alone {
                return Ok(Heard::Nothing(why));
            }
            if attempts >= MOST_ATTEMPTS {
                is_alone = self.probe().await?.is_some_and(|told| told.is_alive);
            }
            if self.last_answer().max(started).elapsed() > self.settings.max_outage {
                return Err(LookUpError::Outage(why));
            }
            tracing::debug!(attempts, why, "asking again");
            (self.on_trouble.0)(&why);
            tokio::time::sleep(backoff.next(wait)).await;
        }
    }

    /// Asks once, for something that can be done without: whatever is no answer is `None`.
    pub(super) async fn ask_once(&self, request: &Request) -> Result<Option<Answer>, LookUpError> {
        match self.attempt(request).await? {
            (Err(Silence::Blocked(why)), _) => Err(LookUpError::Blocked(why)),
            (exchange, _) => Ok(exchange.ok()),
        }
    }

    /// Whether the provider shows any user at all. A service that has lost its users, or an address that
    /// is not theirs, shows none: then a 404 does not prove that a single user is not there.
    pub(super) async fn shows_anybody(&self) -> Result<bool, LookUpError> {
        if self.shown.load(Ordering::Relaxed) || !self.settings.finds.pages {
            return Ok(true);
        }
        let asked = self.lists_anybody.get_or_try_init(|| async {
            let request = self.directory.page_request(&PageAt::FIRST, 1);
            // A provider without a list cannot be asked.
            match Box::pin(self.ask(&request)).await?.into_page() {
                Ok(page) => Ok(!page.users.is_empty()),
                Err(Heard::Answer(answer, _)) => Ok(matches!(answer.status, 405 | 501)),
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

    /// A request about no user in particular, sent once: what it shows is about the account and the
    /// service. `None` if there is no answer.
    async fn probe(&self) -> Result<Option<Probe>, LookUpError> {
        let request = self.directory.page_request(&PageAt::FIRST, 1);
        let Some(answer) = self.ask_once(&request).await? else {
            return Ok(None);
        };
        // A service that does not list its users answers all the same.
        let is_alive = !matches!(answer.status, 401 | 408 | 425 | 429 | 500 | 502..=504 | 506..=599)
            && !matches!(answer.content, Content::Foreign(_) | Content::Broken(_));
        if is_alive {
            self.note_answer();
        }
        if matches!(
            (answer.status, &answer.content),
            (200..=299, Content::Page(_))
        ) {
            self.served.store(true, Ordering::Relaxed);
        }
        Ok(Some(Probe {
            is_alive,
            is_refused: answer.status == 403,
        }))
    }

    /// One attempt: a slot, a credential, leave of the pace, then the request.
    async fn attempt(&self, request: &Request) -> Result<Exchange, LookUpError> {
        // The slots are never closed.
        let _slot = self.slots.acquire().await;
        match self.directory.ready().await {
            Ok(()) => {}
            Err(SignInError::Unavailable(why)) => {
                return Ok((Err(Silence::NotSent(why)), Duration::ZERO));
            }
            Err(SignInError::Blocked(why)) => return Err(LookUpError::Blocked(why)),
            Err(refused) => return Err(LookUpError::SignIn(refused)),
        }
        self.pace.permit().await;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        let exchange = self.directory.send(request).await;
        if let Ok(answer) = &exchange {
            self.pace.apply_rate_limit_headers(answer, self.settings.throttle_wait);
        }
        Ok((exchange, sent.elapsed()))
    }

    /// A fresh credential that is refused is wrong, unless a request was served before: then it has ended.
    async fn renew(&self, answer: &Answer, renewals: u32) -> Result<(), LookUpError> {
        let served = self.served.load(Ordering::Relaxed);
        if renewals > 1 && (!served || renewals > MOST_RENEWALS) {
            let words = answer
                .words()
                .unwrap_or_else(|| "the provider answers 401 to a fresh credential too".to_owned());
            return Err(LookUpError::SignIn(SignInError::Refused(words)));
        }
        match self.directory.renew(answer.credential).await {
            // The next attempt waits for the service.
            Ok(()) | Err(SignInError::Unavailable(_)) => Ok(()),
            Err(refused) => Err(LookUpError::SignIn(refused)),
        }
    }

    /// Whether an answer says something, or is the trouble of the moment.
    async fn weigh(&self, answer: Answer) -> Result<Weighed, LookUpError> {
        let words = answer
            .words()
            .unwrap_or_else(|| format!("the provider answers {}", answer.status));
        let served = self.served.load(Ordering::Relaxed);
        match (answer.status, &answer.content) {
            (408 | 425 | 500 | 502..=504 | 506..=599, _) => {
                Ok(Weighed::Trouble(words, answer.wait))
            }
            (403, _) if !served => match self.probe().await? {
                // Others are shown to the account: it is this user who is not.
                Some(told) if told.is_alive && !told.is_refused => Ok(Weighed::Final(answer)),
                Some(told) if told.is_refused => Err(LookUpError::NoRole(words)),
                _ => Ok(Weighed::Trouble(words, None)),
            },
            (200..=299, Content::User(_) | Content::Page(_)) => {
                self.served.store(true, Ordering::Relaxed);
                self.note_shown(&answer.content);
                self.note_answer();
                Ok(Weighed::Final(answer))
            }
            (300..=399, _) | (_, Content::Foreign(_)) if !served => {
                Err(LookUpError::NotScim(words))
            }
            (200..=299, Content::TooLong) => {
                self.note_answer();
                Ok(Weighed::Final(answer))
            }
            (200..=299, _) | (_, Content::Foreign(_) | Content::Broken(_)) => {
                // It answers, if not to the question.
                self.note_answer();
                Ok(Weighed::Trouble(words, None))
            }
            _ => {
                self.note_answer();
                Ok(Weighed::Final(answer))
            }
        }
    }

    /// Takes note of a 429. Together they may last as long as an outage.
    fn note_throttled(&self) -> Result<(), LookUpError> {
        let mut throttled = self
            .throttled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let since = *throttled.get_or_insert_with(Instant::now);
        if since.elapsed() > self.settings.max_outage {
            let words = "it answers every request with 429 (too many requests)";
            return Err(LookUpError::Outage(words.to_owned()));
        }
        Ok(())
    }

    fn note_unthrottled(&self) {
        let mut throttled = self
            .throttled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *throttled = None;
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
enum Weighed {
    Final(Answer),
    /// Why, and how long the server asks to wait.
    Trouble(String, Option<Duration>),
}

/// What the neutral request has shown.
struct Probe {
    /// Whether the service answers.
    is_alive: bool,
    /// Whether the account is refused.
    is_refused: bool,
}
