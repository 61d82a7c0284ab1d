//! A unit: all attempts for one user within a run.
//!
//! It looks at the drain token before it begins an attempt, and while it waits for a credential, for
//! leave to send, and between attempts. A request under way races the abort token alone; what is said
//! to the journal races nothing.

mod credential;
mod record;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::SemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::{
    Answer, Content, Credential, Effect, Fact, Need, Operation, Outcome, Reason, Request,
    RequestKind, Resource, Settlement, Silence, UserState, Verdict, judge,
};
use crate::engine::context::{Context, Counted};
use crate::engine::course::{Course, Fate, Step};
use crate::engine::stop::StopReason;
use crate::engine::unit::record::fault;
use crate::pace::Backoff;
use crate::port::{Directory, Journal, JournalError, SignInError, Subject};

/// How a unit ended.
#[derive(Debug)]
pub(super) enum UnitEnd {
    /// The user has an outcome, and it is durable.
    Settled(Settlement),
    /// The user goes back; if there is a reason, the whole run is to stop for it.
    Released(Option<StopReason>),
}

/// What follows from one attempt.
pub(super) enum Next {
    /// Another step.
    Step(Step),
    /// The user has an outcome, and it is durable.
    Settled(Settlement),
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
    /// The intent of the next write is durable already.
    begun: bool,
    /// The credential that the last request was signed with.
    pub(super) credential: Credential,
    after: Option<UserState>,
    /// The whole user as last shown, until a write was made from it.
    resource: Option<Resource>,
    /// What the last write was to do.
    asked: Vec<Operation>,
    pub(super) detail: Option<String>,
}

impl<D: Directory, J: Journal> Unit<D, J> {
    /// A unit for `subject`; `begun` says that the intent of its first write is durable, which it is
    /// for whoever need not be read first.
    pub(super) fn new(
        context: Arc<Context<D, J>>,
        halt: CancellationToken,
        subject: Subject,
        begun: bool,
    ) -> Self {
        let settings = &context.settings;
        let mut course = Course::new(
            settings.max_attempts,
            subject.attempts,
            subject.effect == Effect::Maybe,
            begun,
            subject.goal.gone,
        );
        if begun {
            course.begin_write();
        }
        Self {
            course,
            backoff: Backoff::seeded(settings.seed ^ subject.line.0),
            context,
            halt,
            subject,
            begun,
            credential: Credential::default(),
            after: None,
            resource: None,
            asked: Vec::new(),
            detail: None,
        }
    }

    /// Makes attempts until the user has an outcome or has to go back.
    ///
    /// # Errors
    /// Only if the journal fails; then nothing more may be sent.
    pub(super) async fn run(mut self) -> Result<UnitEnd, JournalError> {
        // Its claim followed the course: whoever is to be written first has a durable intent.
        let mut step = if self.begun { Step::Write } else { Step::Read };
        loop {
            let next = match (step, self.prepare(step).await) {
                (Step::AskRole(outcome), Ok(_)) => self.ask_role(outcome).await?,
                (_, Ok(kind)) => self.attempt(kind).await?,
                (_, Err(halt)) => Next::Halt(halt),
            };
            step = match next {
                Next::Step(step) => step,
                Next::Halt(Halt::NoCredential(why)) => {
                    self.without_credential(step.kind(), why).await
                }
                Next::Settled(settlement) => return Ok(UnitEnd::Settled(settlement)),
                Next::Halt(halt) => return self.release(halt).await,
            };
        }
    }

    /// Does what has to be done before the next request, and says of which kind that is.
    async fn prepare(&mut self, step: Step) -> Result<RequestKind, Halt> {
        match step {
            Step::Write => Ok(RequestKind::Write),
            Step::Read | Step::AskRole(_) => Ok(RequestKind::Read),
            // Leave to send is what makes everybody wait.
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

    /// One request: its intent, leave to send, the request, the verdict, and the record of it all.
    async fn attempt(&mut self, wanted: RequestKind) -> Result<Next, JournalError> {
        if self.halt.is_cancelled() {
            return Ok(Next::Halt(Halt::Stopped));
        }
        let (kind, request) = match self.request(wanted) {
            Ok(request) => (request.kind, request),
            Err((reason, why)) => {
                self.detail = Some(why);
                return self.settle(Outcome::Failed(reason), Vec::new()).await;
            }
        };
        if kind == RequestKind::Write && !self.begun {
            let attempt = self.course.begin_write();
            let request = request.to_string();
            self.record(vec![Fact::Begun { attempt, request }]).await?;
            self.begun = true;
        }
        let slot = match self.leave_to_send().await {
            Ok(slot) => slot,
            Err(halt) => return Ok(Next::Halt(halt)),
        };
        self.context.requests.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        let exchange = tokio::select! {
            biased;
            () = self.context.abort.cancelled() => {
                return Ok(Next::Halt(Halt::Abandoned(kind)));
            }
            exchange = self.context.directory.send(&request) => exchange,
        };
        drop(slot);
        let verdict = self.judge(kind, &exchange);
        self.heed(&exchange);
        let mut facts = vec![self.note(kind, verdict, &exchange, start.elapsed())];
        facts.extend(self.seen_before(kind, verdict));
        let fate = match exchange {
            Ok(_) => Fate::Answered,
            Err(Silence::Lost(_)) => Fate::NoAnswer,
            Err(Silence::NotSent(_)) => Fate::NotSent,
            Err(Silence::Unsendable(_)) => Fate::Answered,
        };
        let had_served = self.weigh_credential(verdict);
        let shown = matches!(verdict, Verdict::Partial | Verdict::Advanced);
        let step = if shown && (wanted, kind) == (RequestKind::Write, RequestKind::Read) {
            self.course.after_read_for_write()
        } else {
            self.course.after(kind, verdict, fate, had_served)
        };
        if kind == RequestKind::Write {
            // What was held up or never left is the same write when it goes again.
            let again = matches!(step, Step::Hold(..) | Step::Renew(_) | Step::Rejected);
            self.begun = again || fate == Fate::NotSent;
        }
        let Step::Settle(outcome) = step else {
            self.record(facts).await?;
            self.report(verdict, fault(verdict, &exchange)).await;
            return Ok(Next::Step(step));
        };
        if outcome.reason() == Some(Reason::Unreadable) && self.context.known.get().is_none() {
            // Nobody has been shown yet: this is hardly about one user.
            self.record(facts).await?;
            let words = self.detail.clone().unwrap_or_default();
            return Ok(Next::Halt(Halt::Fatal(StopReason::NotScim(words))));
        }
        self.settle(outcome, facts).await
    }

    /// The next request: the smallest write that does what is still to be done, as far as the user
    /// has been shown; a read where nothing seems to be left. Or why no request will do.
    fn request(&mut self, kind: RequestKind) -> Result<Request, (Reason, String)> {
        let (directory, user) = (&self.context.directory, &self.subject.user);
        if kind != RequestKind::Write {
            return Ok(directory.read_request(user));
        }
        let means = self.context.settings.means;
        let resource = self.resource.take().filter(|_| means.from_read);
        if means.from_read && resource.is_none() {
            // Every write is made from a look of its own. An intent that was made from another one
            // is taken back: what is sent may differ.
            if std::mem::take(&mut self.begun) {
                self.course.take_back_write();
            }
            return Ok(directory.read_request(user));
        }
        let before = self.subject.before.as_ref().map(|seen| &seen.state);
        let Some(shown) = self.after.as_ref().or(before) else {
            return Ok(directory.read_request(user));
        };
        match self.subject.goal.need(shown, means, self.subject.effect) {
            Need::Write(operations) => {
                let portion = means.portion(&operations);
                self.asked = portion.to_vec();
                Ok(directory.write_request(user, portion, resource.as_ref()))
            }
            Need::Nothing => Ok(directory.read_request(user)),
            Need::Refused(reason, why) => Err((reason, why)),
        }
    }

    /// What an answer means. A write that did its part counts as such only if less is left to do than
    /// ever before.
    fn judge(&mut self, kind: RequestKind, exchange: &Result<Answer, Silence>) -> Verdict {
        let (user, goal) = (&self.subject.user, &self.subject.goal);
        let verdict = judge(
            kind,
            user,
            goal,
            &self.asked,
            self.context.settings.means.ids,
            exchange,
        );
        let (Verdict::Advanced, Ok(answer)) = (verdict, exchange) else {
            return verdict;
        };
        let left = match &answer.content {
            Content::User(shown) => {
                match goal.need(shown, self.context.settings.means, Effect::Part) {
                    Need::Write(operations) => operations.len(),
                    Need::Nothing | Need::Refused(..) => usize::MAX,
                }
            }
            _ => usize::MAX,
        };
        if self.course.comes_closer(left) {
            Verdict::Advanced
        } else {
            Verdict::Partial
        }
    }

    pub(super) async fn leave_to_send(&self) -> Result<SemaphorePermit<'_>, Halt> {
        tokio::select! {
            biased;
            () = self.halt.cancelled() => Err(Halt::Stopped),
            leave = async {
                // The slots are never closed, but if they were, nothing more should be sent.
                let slot = self.context.slots.acquire().await.map_err(|_| Halt::Stopped)?;
                self.signed_in(self.context.directory.ready()).await?;
                self.context.pace.permit().await;
                Ok(slot)
            } => leave,
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

    /// P6: what the server asks of one, it asks of all, from the moment it is known. Waiting for
    /// the journal first would let others send meanwhile.
    pub(super) fn heed(&self, exchange: &Result<Answer, Silence>) {
        if let Ok(answer) = exchange {
            let throttle_wait = self.context.settings.throttle_wait;
            self.context.pace.heed(answer, throttle_wait);
        }
    }
}
