//! The sender: a slot, a credential and a rate-limit permit for each request, then the request itself.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::domain::{Answer, Credential, Request, Silence};
use crate::pace::Pace;
use crate::port::{Directory, SignInError};
use crate::sending::refused_credential::CredentialStanding;

/// How requests are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SendSettings {
    /// Requests in flight at the same time, at most.
    pub concurrency: NonZeroUsize,
    /// How long all requests wait after a 429 that names no time.
    pub throttle_wait: Duration,
    /// For how long the server may answer nothing but 429.
    pub longest_throttling: Duration,
}

/// Sends requests to one directory. All requests of a run, or of a look-up, go through the same sender.
#[derive(Debug)]
pub(crate) struct Sender<D> {
    directory: Arc<D>,
    pace: Arc<Pace>,
    settings: SendSettings,
    /// Limits the number of requests in flight.
    slots: Semaphore,
    /// Requests sent.
    requests: AtomicU64,
    /// Callers that wait for a credential.
    signing_in: AtomicUsize,
    /// The newest credential with which a request was served, as its number plus one; 0 if there is none.
    served_up_to: AtomicU64,
    throttling: Mutex<Throttling>,
}

/// The right to send one request now: a slot that was free, a good credential, and a permit of the pace.
#[derive(Debug)]
#[must_use = "a permit that is not used has cost a place under the rate limit"]
pub(crate) struct SendPermit<'a, D> {
    sender: &'a Sender<D>,
    _slot: SemaphorePermit<'a>,
}

/// One request that was sent, and what came back.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The answer, or why there is none.
    pub result: Result<Answer, Silence>,
    /// From sending to the last byte of the answer.
    pub elapsed: Duration,
    /// Whether the server has answered nothing but 429 for longer than the settings allow.
    pub is_throttled_for_too_long: bool,
}

impl Exchange {
    /// The exchange of a request that could not be signed, because the sign-in service cannot be reached.
    pub(crate) fn unsigned(why: String) -> Self {
        Self {
            result: Err(Silence::NotSent(why)),
            elapsed: Duration::ZERO,
            is_throttled_for_too_long: false,
        }
    }
}

impl<D: Directory> Sender<D> {
    /// A sender of requests to `directory`, each of which takes a permit of `pace`.
    pub(crate) fn new(directory: Arc<D>, pace: Arc<Pace>, settings: SendSettings) -> Self {
        Self {
            directory,
            pace,
            settings,
            slots: Semaphore::new(settings.concurrency.get()),
            requests: 0.into(),
            signing_in: 0.into(),
            served_up_to: 0.into(),
            throttling: Mutex::default(),
        }
    }

    /// Waits for a free slot, a good credential and a rate-limit permit, in this order.
    ///
    /// The slot is taken before the permit, so that a permit is never held by a request that cannot leave.
    /// Dropping the future gives the slot back.
    ///
    /// # Errors
    /// There is no credential to sign the request with.
    ///
    /// # Panics
    /// Never: the slots are not closed.
    pub(crate) async fn permit(&self) -> Result<SendPermit<'_, D>, SignInError> {
        let slot = self.slots.acquire().await;
        let slot = slot.expect("the slots of a sender are never closed");
        {
            let _counted = Counted::new(&self.signing_in);
            self.directory.ready().await?;
        }
        self.pace.permit().await;
        Ok(SendPermit {
            sender: self,
            _slot: slot,
        })
    }

    /// Replaces a credential that was refused. Many callers with the same `refused` credential cause one
    /// renewal.
    ///
    /// # Errors
    /// The sign-in service refuses, or cannot be reached.
    pub(crate) async fn renew(&self, refused: Credential) -> Result<(), SignInError> {
        let _counted = Counted::new(&self.signing_in);
        self.directory.renew(refused).await
    }

    /// Takes note that the provider has served a request that was signed with this credential.
    pub(crate) fn note_served(&self, credential: Credential) {
        self.served_up_to
            .fetch_max(credential.0 + 1, Ordering::Relaxed);
    }

    /// What is known of a credential that was just refused.
    pub(crate) fn standing(&self, credential: Credential) -> CredentialStanding {
        if self.served_up_to.load(Ordering::Relaxed) > credential.0 {
            CredentialStanding::WorkedBefore
        } else {
            CredentialStanding::NeverWorked
        }
    }

    /// Where the requests go.
    pub(crate) fn directory(&self) -> &D {
        &self.directory
    }

    /// The pace that all requests of the process share.
    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Requests sent so far, sign-in not counted.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests that hold a slot: they wait for a credential or a permit, or for their answer.
    pub(crate) fn in_flight(&self) -> usize {
        let slots = self.settings.concurrency.get();
        slots.saturating_sub(self.slots.available_permits())
    }

    /// Callers that wait for a credential.
    pub(crate) fn signing_in(&self) -> usize {
        self.signing_in.load(Ordering::Relaxed)
    }
}

impl<D: Directory> SendPermit<'_, D> {
    /// Sends one request, once, and gives the slot back when the answer has arrived.
    ///
    /// A wait that the answer asks for delays all requests of the process, starting before this returns: a
    /// caller that writes to the journal first would let others send meanwhile (P6). Dropping the future
    /// abandons the request: then it is not known whether it took effect.
    pub(crate) async fn send(self, request: &Request) -> Exchange {
        let sender = self.sender;
        sender.requests.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        let result = sender.directory.send(request).await;
        Exchange {
            elapsed: start.elapsed(),
            is_throttled_for_too_long: result
                .as_ref()
                .is_ok_and(|answer| sender.apply_rate_limits(answer)),
            result,
        }
    }
}

impl<D> Sender<D> {
    /// Applies the rate-limit headers of an answer to the pace. Returns whether the server has throttled for
    /// too long.
    fn apply_rate_limits(&self, answer: &Answer) -> bool {
        let settings = &self.settings;
        self.pace
            .apply_rate_limit_headers(answer, settings.throttle_wait);
        let throttling = &self.throttling;
        let mut throttling = throttling.lock().unwrap_or_else(PoisonError::into_inner);
        throttling.note(answer, settings.longest_throttling, Instant::now())
    }
}

/// Counts one caller in for as long as it lives, also if its future is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Follows the answers of one run or look-up, to notice a server that only throttles.
#[derive(Debug, Default)]
struct Throttling {
    /// Until when the server may answer 429 alone. It is set by the first 429, and cleared by any other answer.
    until: Option<Instant>,
}

impl Throttling {
    /// Takes note of an answer. Returns whether the server has answered nothing but 429 for longer than
    /// `limit`. The wait that the first of these answers asked for does not count.
    fn note(&mut self, answer: &Answer, limit: Duration, now: Instant) -> bool {
        if answer.status != 429 {
            self.until = None;
            return false;
        }
        if let Some(until) = self.until {
            return now >= until;
        }
        let allowed = answer.wait.unwrap_or_default().saturating_add(limit);
        // A limit too long for the clock is never reached.
        self.until = now.checked_add(allowed);
        false
    }
}
