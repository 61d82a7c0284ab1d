//! A unit: all attempts for one user within a run.
//!
//! A unit checks the drain token before each attempt and while it waits: for a credential, for a permit,
//! between attempts. A request in flight is cancelled only by the abort token. Journal writes are never
//! cancelled.

mod credential;
mod question;
mod record;
mod write;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::SemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::{
    Answer, Content, Credential, Effect, Expected, Need, Operation, Request, RequestKind, Resource,
    Settlement, Silence, Verdict, judge,
};
use crate::engine::claim::Claim;
use crate::engine::context::{Context, Counted};
use crate::engine::course::{Course, Fate, Step};
use crate::engine::intent::{Intent, Look};
use crate::engine::stop::StopReason;
use crate::engine::unit::record::{Said, fault};
use crate::engine::unit::write::Chosen;
use crate::pace::Backoff;
use crate::port::{Directory, Journal, JournalError, SignInError, Subject};

/// How a unit ended, and whether a write of its left, or may have, for a user that none was sent for before.
#[derive(Debug)]
pub(super) struct UnitEnd {
    pub(super) how: How,
    pub(super) wrote: bool,
}

/// See [`UnitEnd`].
#[derive(Debug)]
pub(super) enum How {
    /// The user has an outcome, and it is durable.
    Settled(Settled),
    /// The user goes back; if there is a reason, the whole run is to stop for it.
    Released(Option<StopReason>),
    /// The user goes back: the target answers no request, and this is what it said last.
    TargetOut(String),
}

/// An outcome, and what the dispatcher has to know besides.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) settlement: Settlement,
    /// An answer of the target has led to it.
    pub(super) answered: bool,
    /// The user was shown, by the plan or in this run.
    pub(super) was_seen: bool,
}

/// What follows from one attempt.
pub(super) enum Next {
    /// Another step.
    Step(Step),
    /// The user has an outcome, and it is durable.
    Settled(Settled),
    /// The unit does not go on.
    Halt(Halt),
}

/// Why a unit does not go on.
pub(super) enum Halt {
    /// A stop was asked for, or the target is out.
    Stopped,
    /// A request was abandoned.
    Abandoned(RequestKind),
    /// The sign-in service cannot be reached, or fails.
    NoCredential(String),
    /// The target answers no request: what it said last.
    TargetOut(String),
    /// The run cannot go on either.
    Fatal(StopReason),
}

pub(super) struct Unit<D, J> {
    pub(super) context: Arc<Context<D, J>>,
    /// Cancelled when nothing more is to be begun: at a stop, or during an outage.
    pub(super) halt: CancellationToken,
    subject: Subject,
    pub(super) course: Course,
    backoff: Backoff,
    /// The next write; its intent is durable.
    intent: Option<Intent>,
    /// Since when a write has been turned away, or has come too late for what it was made from.
    held_up_since: Option<Instant>,
    /// The credential that the last request was signed with.
    pub(super) credential: Credential,
    /// What was shown of the user last.
    look: Option<Look>,
    /// The whole user as last read, until a write was made from it.
    resource: Option<Resource>,
    /// What the last write was to do.
    asked: Vec<Operation>,
    pub(super) detail: Option<String>,
    /// The answer to the write that a failure is blamed on.
    blamed: Option<Said>,
    /// The last answer.
    last: Option<Said>,
}

impl<D: Directory, J: Journal> Unit<D, J> {
    /// A unit for a user that was claimed.
    pub(super) fn new(context: Arc<Context<D, J>>, halt: CancellationToken, claim: Claim) -> Self {
        let settings = &context.settings;
        let Claim { subject, intent } = claim;
        let mut course = Course::of(settings.max_attempts, &subject);
        if intent.is_some() {
            course.begin_write();
        }
        let before = subject.before.as_ref();
        let before = before.filter(|_| subject.effect == Effect::None);
        Self {
            course,
            backoff: Backoff::seeded(settings.seed ^ subject.line.0),
            look: before.map(|seen| Look::stored(seen, settings.clock)),
            context,
            halt,
            subject,
            intent,
            held_up_since: None,
            credential: Credential::default(),
            resource: None,
            asked: Vec::new(),
            detail: None,
            blamed: None,
            last: None,
        }
    }

    /// Makes attempts until the user has an outcome or has to go back.
    ///
    /// # Errors
    /// Only if the journal fails; then nothing more may be sent.
    pub(super) async fn run(mut self) -> Result<UnitEnd, JournalError> {
        // A claim with an intent has followed the course already.
        let mut step = if self.intent.is_some() {
            Step::Write
        } else {
            self.course.first()
        };
        loop {
            let next = match (step, self.prepare(step).await) {
                (Step::AskRole(outcome), Ok(_)) => self.ask_role(outcome).await?,
                (Step::AskTarget(outcome), Ok(_)) => self.ask_target(outcome).await?,
                (_, Ok(kind)) => self.attempt(kind).await?,
                (_, Err(halt)) => Next::Halt(halt),
            };
            step = match next {
                Next::Step(step) => step,
                Next::Halt(Halt::NoCredential(why)) => {
                    self.without_credential(step.kind(), why).await
                }
                Next::Settled(settled) => {
                    return Ok(UnitEnd {
                        how: How::Settled(settled),
                        wrote: self.wrote_first(),
                    });
                }
                Next::Halt(halt) => return self.release(halt).await,
            };
        }
    }

    /// Does what has to be done before the next request, and says of which kind that is.
    async fn prepare(&mut self, step: Step) -> Result<RequestKind, Halt> {
        match step {
            Step::Write => Ok(RequestKind::Write),
            Step::Read | Step::AskRole(_) | Step::AskTarget(_) => Ok(RequestKind::Read),
            // The wait for a permit is what makes all units wait.
            Step::Hold(kind) => Ok(kind),
            Step::BackOff(kind, asked) => self.rest(asked).await.map(|()| kind),
            Step::Renew(kind) => self.renew().await.map(|()| kind),
            Step::Settle(_) => unreachable!("settled where the answer was judged"),
            Step::Rejected => {
                let words = self.detail.clone().unwrap_or_else(|| {
                    "the provider answers 401 to a fresh credential too".to_owned()
                });
                Err(Halt::Fatal(StopReason::SignIn(SignInError::Refused(words))))
            }
        }
    }

    /// One request: its intent, the permit to send, the request, the verdict, and the record of it all.
    async fn attempt(&mut self, wanted: RequestKind) -> Result<Next, JournalError> {
        if self.halt.is_cancelled() {
            return Ok(Next::Halt(Halt::Stopped));
        }
        let request = match self.choose(wanted).await? {
            Chosen::Request(request) => request,
            Chosen::Next(next) => return Ok(next),
        };
        let kind = request.kind;
        let slot = match self.permit_to_send().await {
            Ok(slot) => slot,
            Err(halt) => return Ok(Next::Halt(halt)),
        };
        if kind == RequestKind::Write && self.is_void() {
            // The wait was too long for what the write was computed from.
            drop(slot);
            return self.take_back().await;
        }
        let start = Instant::now();
        let Some(exchange) = self.send(&request).await else {
            return Ok(Next::Halt(Halt::Abandoned(kind)));
        };
        drop(slot);
        let verdict = self.judge(kind, &exchange);
        let fatal = self.weigh_exchange(&exchange);
        let mut facts = vec![self.note(kind, verdict, &exchange, start.elapsed())];
        facts.extend(self.seen_before(kind, verdict));
        let fate = match exchange {
            Ok(_) | Err(Silence::Unsendable(_)) => Fate::Answered,
            Err(Silence::Lost(_)) => Fate::NoAnswer,
            Err(Silence::NotSent(_) | Silence::Blocked(_)) => Fate::NotSent,
        };
        let had_served = self.weigh_credential(verdict);
        let step = if self.shows_what_to_write(wanted, kind, verdict) {
            self.course.after_read_for_write()
        } else {
            self.course.after(kind, verdict, fate, had_served)
        };
        if kind == RequestKind::Write {
            self.after_write(step, fate);
        }
        let fault = fault(verdict, &exchange);
        self.context.note_failing(&self.subject.user, fault);
        let Step::Settle(outcome) = step else {
            self.record(facts).await?;
            self.report(verdict, fault).await;
            return Ok(fatal.map_or(Next::Step(step), |reason| Next::Halt(Halt::Fatal(reason))));
        };
        self.settle(outcome, facts, exchange.is_ok()).await
    }

    /// Whether a read that was made for the sake of the next write has shown what is to be written.
    fn shows_what_to_write(
        &self,
        wanted: RequestKind,
        kind: RequestKind,
        verdict: Verdict,
    ) -> bool {
        let shown = match verdict {
            Verdict::Partial | Verdict::Advanced => true,
            Verdict::Unshown => self.course.effect() == Effect::None,
            _ => false,
        };
        shown && (wanted, kind) == (RequestKind::Write, RequestKind::Read)
    }

    /// Sends a request; `None` if it was abandoned on the way.
    pub(super) async fn send(&self, request: &Request) -> Option<Result<Answer, Silence>> {
        self.context.requests.fetch_add(1, Ordering::Relaxed);
        tokio::select! {
            biased;
            () = self.context.abort.cancelled() => None,
            exchange = self.context.directory.send(request) => Some(exchange),
        }
    }

    /// What an answer means. A write that did its part counts as such only if less is left to do than
    /// ever before.
    fn judge(&mut self, kind: RequestKind, exchange: &Result<Answer, Silence>) -> Verdict {
        let (user, goal) = (&self.subject.user, &self.subject.goal);
        let means = self.context.settings.means;
        let expected = Expected {
            user,
            goal,
            asked: &self.asked,
            ids: means.ids,
        };
        let verdict = judge(kind, expected, exchange);
        let (Verdict::Advanced, Ok(answer)) = (verdict, exchange) else {
            return verdict;
        };
        let left = match &answer.content {
            Content::User(shown) => match goal.need(shown, means, Effect::Part) {
                Need::Write(operations) => operations.len(),
                Need::Nothing | Need::Refused(..) => usize::MAX,
            },
            _ => usize::MAX,
        };
        if self.course.comes_closer(left) {
            Verdict::Advanced
        } else {
            Verdict::Partial
        }
    }

    pub(super) async fn permit_to_send(&self) -> Result<SemaphorePermit<'_>, Halt> {
        tokio::select! {
            biased;
            () = self.halt.cancelled() => Err(Halt::Stopped),
            permit = async {
                // The slots are never closed, but if they were, nothing more should be sent.
                let slot = self.context.slots.acquire().await.map_err(|_| Halt::Stopped)?;
                self.signed_in(self.context.directory.ready()).await?;
                self.context.pace.permit().await;
                Ok(slot)
            } => permit,
        }
    }

    async fn rest(&mut self, asked: Option<Duration>) -> Result<(), Halt> {
        let delay = self.backoff.next(asked);
        let _counted = Counted::new(&self.context.resting);
        tokio::select! {
            biased;
            () = self.halt.cancelled() => Err(Halt::Stopped),
            () = tokio::time::sleep(delay) => Ok(()),
        }
    }

    /// A `Retry-After` in one answer delays all requests of the process, starting when the answer arrives
    /// (P6): waiting for the journal first would let others send meanwhile. Says whether the run is to stop:
    /// the target has answered nothing but 429 for too long, or no request gets through to it.
    pub(super) fn weigh_exchange(&self, exchange: &Result<Answer, Silence>) -> Option<StopReason> {
        let answer = match exchange {
            Ok(answer) => answer,
            Err(Silence::Blocked(why)) => return Some(StopReason::Blocked(why.clone())),
            Err(_) => return None,
        };
        let throttle_wait = self.context.settings.throttle_wait;
        self.context.pace.heed(answer, throttle_wait);
        self.context.throttled_for_too_long(answer)
    }
}
