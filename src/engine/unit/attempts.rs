//! The loop of a unit: one attempt after the other, until the user has an outcome or goes back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::{
    Answer, Content, Credential, Effect, Expected, Need, Operation, Request, RequestKind, Resource,
    Settlement, Silence, Verdict, judge,
};
use crate::engine::attempt_policy::{AttemptPolicy, Delivery, Step};
use crate::engine::context::Context;
use crate::engine::dispatcher::Claim;
use crate::engine::intent::{Intent, Look};
use crate::engine::stop_reason::StopReason;
use crate::engine::unit::credential::no_credential;
use crate::engine::unit::facts::{LastWords, fault};
use crate::engine::unit::next_request::Chosen;
use crate::pace::Backoff;
use crate::port::{Directory, Journal, JournalError, SignInError, Subject};
use crate::sending::{Exchange, SendPermit};

/// How a unit ended.
#[derive(Debug)]
pub(in crate::engine) struct UnitEnd {
    pub(in crate::engine) how: How,
    pub(in crate::engine) first_write: FirstWrite,
}

/// Whether a unit has sent the first write for its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum FirstWrite {
    /// The first write was sent, or may have been.
    Sent,
    /// No write was sent, or an earlier unit sent the first one.
    NotSent,
}

/// See [`UnitEnd`].
#[derive(Debug)]
pub(in crate::engine) enum How {
    /// The user has an outcome, and it is durable.
    Settled(Settled),
    /// The user goes back; if there is a reason, the whole run is to stop for it.
    Released(Option<StopReason>),
    /// The user goes back: the target answers no request. The text is its last words.
    TargetOut(String),
}

/// An outcome, and what the dispatcher has to know besides.
#[derive(Debug)]
pub(in crate::engine) struct Settled {
    pub(in crate::engine) settlement: Settlement,
    pub(in crate::engine) basis: Basis,
    pub(in crate::engine) sighting: Sighting,
}

/// What has led to an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Basis {
    /// An answer of the target.
    Answer,
    /// What was known before, without an answer.
    NoAnswer,
}

/// Whether a user was ever shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Sighting {
    /// The user was shown, by the plan or in this run.
    Shown,
    /// The user was never shown.
    NeverShown,
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
    /// A stop was asked for, or an outage has begun.
    Stopped,
    /// A request was abandoned in flight.
    Abandoned(RequestKind),
    /// The sign-in service cannot be reached, or fails.
    NoCredential(String),
    /// The target answers no request. The text is its last words.
    TargetOut(String),
    /// The run cannot go on either.
    Fatal(StopReason),
}

/// The work on one user.
pub(in crate::engine) struct Unit<D, J> {
    pub(super) context: Arc<Context<D, J>>,
    /// Cancelled when no request is to be begun any more: at a stop, or during an outage.
    pub(super) halt: CancellationToken,
    pub(super) subject: Subject,
    pub(super) policy: AttemptPolicy,
    backoff: Backoff,
    /// The next write; its intent is durable.
    pub(super) intent: Option<Intent>,
    /// The time of the first write, of those in a row, that was refused (401, 429) or came too late for the
    /// read that it was computed from.
    pub(super) held_up_since: Option<Instant>,
    /// The credential that the last request was signed with.
    pub(super) credential: Credential,
    /// The state in which the user was last shown.
    pub(super) look: Option<Look>,
    /// The whole user as last read, until a write was computed from it.
    pub(super) resource: Option<Resource>,
    /// The operations of the last write.
    pub(super) asked: Vec<Operation>,
    /// The words that a failure is explained with.
    pub(super) detail: Option<String>,
    /// The answer to the last write: it may be the cause of a failure.
    pub(super) write_words: Option<LastWords>,
    /// The last answer.
    pub(super) last_words: Option<LastWords>,
}

impl<D: Directory, J: Journal> Unit<D, J> {
    /// A unit for a user that was claimed.
    pub(in crate::engine) fn new(
        context: Arc<Context<D, J>>,
        halt: CancellationToken,
        claim: Claim,
    ) -> Self {
        let settings = &context.settings;
        let Claim { subject, intent } = claim;
        let mut policy = AttemptPolicy::of(settings.max_attempts, &subject);
        if intent.is_some() {
            policy.begin_write();
        }
        let before = subject.before.as_ref();
        let before = before.filter(|_| subject.effect == Effect::None);
        Self {
            policy,
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
            write_words: None,
            last_words: None,
        }
    }

    /// Makes attempts until the user has an outcome or has to go back.
    ///
    /// # Errors
    /// Only if the journal fails; then nothing more may be sent.
    pub(in crate::engine) async fn run(mut self) -> Result<UnitEnd, JournalError> {
        // The policy was asked already when a claim comes with an intent.
        let mut step = if self.intent.is_some() {
            Step::Write
        } else {
            self.policy.first()
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
                        first_write: self.first_write(),
                    });
                }
                Next::Halt(halt) => return self.release(halt).await,
            };
        }
    }

    /// Does what has to be done before the next request. Returns the kind of that request.
    async fn prepare(&mut self, step: Step) -> Result<RequestKind, Halt> {
        match step {
            Step::Write => Ok(RequestKind::Write),
            Step::Read | Step::AskRole(_) | Step::AskTarget(_) => Ok(RequestKind::Read),
            // The wait for the next permit makes all units wait.
            Step::Hold(kind) => Ok(kind),
            Step::BackOff(kind, asked) => self.back_off(asked).await.map(|()| kind),
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

    /// One attempt: the intent, the permit, the request, the verdict, and the records of these.
    async fn attempt(&mut self, wanted: RequestKind) -> Result<Next, JournalError> {
        if self.halt.is_cancelled() {
            return Ok(Next::Halt(Halt::Stopped));
        }
        let request = match self.choose(wanted).await? {
            Chosen::Request(request) => request,
            Chosen::Next(next) => return Ok(next),
        };
        let kind = request.kind;
        let permit = match self.permit().await {
            Ok(permit) => permit,
            Err(halt) => return Ok(Next::Halt(halt)),
        };
        if kind == RequestKind::Write && self.is_void() {
            // The wait was too long for the read that the write was computed from.
            drop(permit);
            return self.take_back().await;
        }
        let Some(exchange) = self.send(permit, &request).await else {
            return Ok(Next::Halt(Halt::Abandoned(kind)));
        };
        let must_stop = reason_to_stop(&exchange);
        let Exchange {
            result, elapsed, ..
        } = exchange;
        let verdict = self.judge(kind, &result);
        let mut facts = vec![self.note_end(kind, verdict, &result, elapsed)];
        facts.extend(self.seen_before(kind, verdict));
        let delivery = match result {
            Ok(_) | Err(Silence::Unsendable(_)) => Delivery::Answered,
            Err(Silence::Lost(_)) => Delivery::NoAnswer,
            Err(Silence::NotSent(_) | Silence::Blocked(_)) => Delivery::NotSent,
        };
        let credential = self.note_credential(verdict);
        let step = if self.shows_what_to_write(wanted, kind, verdict) {
            self.policy.after_read_for_write()
        } else {
            self.policy.after(kind, verdict, delivery, credential)
        };
        if kind == RequestKind::Write {
            self.after_write(step, delivery);
        }
        let fault = fault(verdict, &result);
        let users = &self.context.users;
        users.note_end_of_request(&self.subject.user, fault);
        let Step::Settle(settled) = step else {
            self.record(facts).await?;
            self.report(verdict, fault).await;
            let next = must_stop.map_or(Next::Step(step), |reason| Next::Halt(Halt::Fatal(reason)));
            return Ok(next);
        };
        let basis = if result.is_ok() {
            Basis::Answer
        } else {
            Basis::NoAnswer
        };
        self.settle(settled, facts, basis).await
    }

    /// Whether a read that was made before a write, to compute that write, has shown what is to be written.
    fn shows_what_to_write(
        &self,
        wanted: RequestKind,
        kind: RequestKind,
        verdict: Verdict,
    ) -> bool {
        let shown = match verdict {
            Verdict::Partial | Verdict::Advanced => true,
            Verdict::Unshown => self.policy.effect() == Effect::None,
            _ => false,
        };
        shown && (wanted, kind) == (RequestKind::Write, RequestKind::Read)
    }

    /// Sends a request; `None` if it was abandoned in flight.
    pub(super) async fn send(
        &self,
        permit: SendPermit<'_, D>,
        request: &Request,
    ) -> Option<Exchange> {
        tokio::select! {
            biased;
            () = self.context.abort.cancelled() => None,
            exchange = permit.send(request) => Some(exchange),
        }
    }

    /// What an answer means. A write that did its part counts as such only if less is left to do than
    /// ever before.
    fn judge(&mut self, kind: RequestKind, result: &Result<Answer, Silence>) -> Verdict {
        let (user, goal) = (&self.subject.user, &self.subject.goal);
        let means = self.context.settings.means;
        let expected = Expected {
            user,
            goal,
            asked: &self.asked,
            ids: means.ids,
        };
        let verdict = judge(kind, expected, result);
        let (Verdict::Advanced, Ok(answer)) = (verdict, result) else {
            return verdict;
        };
        let left = match &answer.content {
            Content::User(shown) => match goal.need(shown, means, Effect::Part) {
                Need::Write(operations) => operations.len(),
                Need::Nothing | Need::Refused(..) => usize::MAX,
            },
            _ => usize::MAX,
        };
        if self.policy.makes_progress(left) {
            Verdict::Advanced
        } else {
            Verdict::Partial
        }
    }

    /// Waits for the right to send one request, unless the unit is halted meanwhile.
    pub(super) async fn permit(&self) -> Result<SendPermit<'_, D>, Halt> {
        tokio::select! {
            biased;
            () = self.halt.cancelled() => Err(Halt::Stopped),
            permit = self.context.sender.permit() => permit.map_err(no_credential),
        }
    }

    /// Waits before the next attempt, at least as long as the server asked for.
    async fn back_off(&mut self, asked: Option<Duration>) -> Result<(), Halt> {
        let delay = self.backoff.next(asked);
        let backing_off = &self.context.backing_off;
        backing_off.fetch_add(1, Ordering::Relaxed);
        let ended = tokio::select! {
            biased;
            () = self.halt.cancelled() => Err(Halt::Stopped),
            () = tokio::time::sleep(delay) => Ok(()),
        };
        backing_off.fetch_sub(1, Ordering::Relaxed);
        ended
    }
}

/// The reason to stop the run that an exchange gives: the target has answered nothing but 429 for too long, or
/// no request gets through to it.
pub(super) fn reason_to_stop(exchange: &Exchange) -> Option<StopReason> {
    match &exchange.result {
        Ok(answer) if exchange.is_throttled_for_too_long => {
            let words = answer.words();
            let words = words.map_or_else(String::new, |words| format!(": {words}"));
            Some(StopReason::Outage(format!(
                "the server answers nothing but 429{words}"
            )))
        }
        Err(Silence::Blocked(why)) => Some(StopReason::Blocked(why.clone())),
        Ok(_) | Err(_) => None,
    }
}
