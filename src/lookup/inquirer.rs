//! One read request, seen through to an answer that says something.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::domain::{Answer, Content, IdRule, Request, Silence};
use crate::pace::{Backoff, Pace};
use crate::port::{Directory, JournalError, SignInError};

/// Renewals of the credential for one request, at most.
const MOST_RENEWALS: u32 = 3;

/// Attempts for one request while others are answered.
const MOST_ATTEMPTS: u32 = 6;

/// How inquiries are made.
#[derive(Debug, Clone, Copy)]
pub struct InquirySettings {
    /// Requests in flight at the same time, at most.
    pub concurrency: NonZeroUsize,
    /// How long everybody waits after a 429 that names no time.
    pub throttle_wait: Duration,
    /// How long the provider may answer nobody.
    pub max_outage: Duration,
    /// What the provider lets a client find.
    pub finds: Finds,
}

/// What a provider lets a client find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finds {
    /// Whether the list of all users can be gone through.
    pub pages: bool,
    /// Users on one page, as far as a client may ask for.
    pub page_size: u64,
    /// Names in one search; with 0 names are found in the list alone.
    pub names: usize,
    /// Whether users can be searched by whether they are active.
    pub active: bool,
    /// How the provider compares ids.
    pub ids: IdRule,
}

/// Why a look-up cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookUpError {
    /// The provider has answered nobody for too long.
    #[error("the provider is out: {0}")]
    Outage(String),
    /// Who we are is refused.
    #[error(transparent)]
    SignIn(SignInError),
    /// The account may not read users.
    #[error("the account may not read users: a role is missing ({0})")]
    NoRole(String),
    /// What answers is no SCIM service.
    #[error("what answers is no SCIM service: {0}")]
    NotScim(String),
    /// The provider does not list its users.
    #[error("the provider does not list its users: {0}")]
    NoList(String),
    /// The provider does not understand the filter, or cannot filter.
    #[error("the provider refuses the filter: {0}")]
    Filter(String),
    /// What is found cannot be kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What became of one request, if the look-up goes on.
#[derive(Debug)]
pub(super) enum Heard {
    /// An answer that says something, and how long it took from sending to its last byte.
    Answer(Answer, Duration),
    /// All attempts failed, while others were answered.
    Nothing(String),
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
    /// Whether any user was ever shown.
    served: AtomicBool,
    /// When the provider last answered anybody.
    answered: Mutex<Instant>,
    on_trouble: OnTrouble,
}

/// Told whenever a request has to be made again: why.
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
            answered: Mutex::new(Instant::now()),
            on_trouble: OnTrouble(Box::new(|_| {})),
        }
    }

    /// Tells `listener`, whenever a request has to be made again, why. It must not block.
    #[must_use]
    pub fn on_trouble(self, listener: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            on_trouble: OnTrouble(Box::new(listener)),
            ..self
        }
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
    pub(super) async fn ask(&self, request: &Request) -> Result<Heard, LookUpError> {
        let started = Instant::now();
        let mut backoff = Backoff::seeded(fastrand::u64(..));
        let (mut renewals, mut attempts) = (0, 0);
        loop {
            let (exchange, elapsed) = self.attempt(request).await?;
            let trouble = match exchange {
                Ok(answer) if answer.status == 429 => continue,
                Ok(answer) if answer.status == 401 => {
                    renewals += 1;
                    self.renew(&answer, renewals).await?;
                    continue;
                }
                Ok(answer) => match self.weigh(answer)? {
                    Weighed::Final(answer) => return Ok(Heard::Answer(answer, elapsed)),
                    Weighed::Trouble(why, wait) => (why, wait),
                },
                Err(silence) => (silence.to_string(), None),
            };
            attempts += 1;
            let (why, wait) = trouble;
            let last = self.last_answer();
            if last > started && attempts >= MOST_ATTEMPTS {
                return Ok(Heard::Nothing(why));
            }
            if last.max(started).elapsed() > self.settings.max_outage {
                return Err(LookUpError::Outage(why));
            }
            tracing::debug!(attempts, why, "asking again");
            (self.on_trouble.0)(&why);
            tokio::time::sleep(backoff.next(wait)).await;
        }
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
            Err(refused) => return Err(LookUpError::SignIn(refused)),
        }
        self.pace.permit().await;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        let exchange = self.directory.send(request).await;
        if let Ok(answer) = &exchange {
            self.pace.heed(answer, self.settings.throttle_wait);
        }
        Ok((exchange, sent.elapsed()))
    }

    /// A fresh credential that is refused is wrong; one with which somebody was served has ended.
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
    fn weigh(&self, answer: Answer) -> Result<Weighed, LookUpError> {
        let words = answer
            .words()
            .unwrap_or_else(|| format!("the provider answers {}", answer.status));
        let served = self.served.load(Ordering::Relaxed);
        match (answer.status, &answer.content) {
            (408 | 425 | 500 | 502..=504 | 506..=599, _) => {
                Ok(Weighed::Trouble(words, answer.wait))
            }
            (403, _) if !served => Err(LookUpError::NoRole(words)),
            (200..=299, Content::User(_) | Content::Page(_)) => {
                self.served.store(true, Ordering::Relaxed);
                self.note_answer();
                Ok(Weighed::Final(answer))
            }
            (_, Content::Foreign(_)) if !served => Err(LookUpError::NotScim(words)),
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

    fn note_answer(&self) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        *answered = Instant::now();
    }

    fn last_answer(&self) -> Instant {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Weighed {
    Final(Answer),
    /// Why, and how long the server asks to wait.
    Trouble(String, Option<Duration>),
}
