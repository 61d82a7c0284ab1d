//! A unit: all attempts for one user within a run.
//!
//! It looks at the drain token before it begins an attempt, and while it waits for a credential, for
//! leave to send, and between attempts. A request under way races the abort token alone; what is said
//! to the journal races nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::SemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::{
    Answer, Content, Credential, Entry, Fact, Outcome, Reason, Request, RequestKind, Settlement,
    Silence, UserState, Verdict, judge,
};
use crate::engine::context::{Context, Counted};
use crate::engine::course::{Course, Fate, Step};
use crate::engine::event::{Event, Fault};
use crate::engine::stop::StopReason;
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
    pub(super) detail: Option<String>,
}

impl<D: Directory, J: Journal> Unit<D, J> {
    /// A unit for `subject`; `begun` says that the intent of its first write is durable.
    pub(super) fn new(
        context: Arc<Context<D, J>>,
        halt: CancellationToken,
        subject: Subject,
        begun: bool,
    ) -> Self {
        let settings = &context.settings;
        let mut course = Course::new(settings.max_attempts, subject.attempts, subject.in_doubt);
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
    async fn attempt(&mut self, kind: RequestKind) -> Result<Next, JournalError> {
        if self.halt.is_cancelled() {
            return Ok(Next::Halt(Halt::Stopped));
        }
        let request = self.request(kind);
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
        let verdict = judge(kind, &self.subject.user, self.context.change, &exchange);
        self.heed(verdict, &exchange);
        let ended = self.note(kind, verdict, &exchange, start.elapsed());
        let fate = match exchange {
            Ok(_) => Fate::Answered,
            Err(Silence::Lost(_)) => Fate::NoAnswer,
            Err(Silence::NotSent(_)) => Fate::NotSent,
        };
        let had_served = self.weigh_credential(verdict);
        let step = self.course.after(kind, verdict, fate, had_served);
        if kind == RequestKind::Write {
            // What was held up or never left is the same write when it goes again.
            let again = matches!(step, Step::Hold(..) | Step::Renew(_) | Step::Rejected);
            self.begun = again || fate == Fate::NotSent;
        }
        let Step::Settle(outcome) = step else {
            self.record(vec![ended]).await?;
            self.report(verdict, fault(verdict, &exchange)).await;
            return Ok(Next::Step(step));
        };
        if outcome == Outcome::InDoubt(Reason::Unreadable) && self.context.known.get().is_none() {
            // Nobody has been shown yet: this is hardly about one user.
            self.record(vec![ended]).await?;
            let words = self.detail.clone().unwrap_or_default();
            return Ok(Next::Halt(Halt::Fatal(StopReason::NotScim(words))));
        }
        self.settle(outcome, vec![ended]).await
    }

    pub(super) async fn settle(
        &mut self,
        outcome: Outcome,
        mut facts: Vec<Fact>,
    ) -> Result<Next, JournalError> {
        let settlement = Settlement {
            outcome,
            after: self.after.take(),
            detail: self.settled_detail(outcome),
        };
        facts.push(Fact::Settled(settlement.clone()));
        self.record(facts).await?;
        let served = matches!(outcome, Outcome::Removed(_) | Outcome::Already);
        if served && self.context.known.get().is_none() {
            // Somebody else may have been quicker; one is enough.
            let _ = self.context.known.set(self.subject.user.clone());
        }
        Ok(Next::Settled(settlement))
    }

    fn request(&self, kind: RequestKind) -> Request {
        let user = &self.subject.user;
        match kind {
            RequestKind::Write => self
                .context
                .directory
                .write_request(user, self.context.change),
            RequestKind::Read => self.context.directory.read_request(user),
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
    pub(super) fn heed(&self, verdict: Verdict, exchange: &Result<Answer, Silence>) {
        let Ok(answer) = exchange else { return };
        let pace = &self.context.pace;
        // A wait of nothing is no answer to "too many requests": it would be asked for at once again.
        let asked = answer.wait.filter(|wait| !wait.is_zero());
        if matches!(verdict, Verdict::Throttled(_)) {
            // What is asked for plainly overrules what is only hinted at.
            let wait = asked.or_else(|| answer.allowance?.wait());
            let wait = wait.unwrap_or(self.context.settings.throttle_wait);
            pace.throttled(wait, "the server asks for fewer requests");
        } else if let Some(wait) = asked {
            pace.hold(wait, "the server asks to wait");
        } else {
            pace.served(answer.allowance);
        }
    }

    /// Keeps what an answer showed, and puts it into the words of the journal.
    fn note(
        &mut self,
        kind: RequestKind,
        verdict: Verdict,
        exchange: &Result<Answer, Silence>,
        elapsed: Duration,
    ) -> Fact {
        let words;
        let (status, request_id) = match exchange {
            Ok(answer) => {
                self.credential = answer.credential;
                words = answer.words();
                if let Content::User(state) = &answer.content
                    && self.subject.user.is_same(&state.id)
                {
                    self.after = Some(state.clone());
                }
                (Some(answer.status), answer.request_id.clone())
            }
            Err(silence) => {
                words = Some(silence.to_string());
                (None, None)
            }
        };
        // What a read merely shows does not take the place of what was said to the write.
        if kind == RequestKind::Write || words.is_some() {
            self.detail.clone_from(&words);
        }
        Fact::Ended {
            kind,
            attempt: self.course.writes(),
            verdict,
            status,
            request_id,
            detail: words,
            elapsed,
        }
    }

    fn settled_detail(&self, outcome: Outcome) -> Option<String> {
        match outcome {
            // What was said on the way to success is in the events.
            Outcome::Removed(_) | Outcome::Already => None,
            Outcome::NotFound | Outcome::Failed(_) | Outcome::InDoubt(_) => self.detail.clone(),
        }
    }

    /// Gives the user back: a write that was begun and never sent does not count.
    async fn release(mut self, halt: Halt) -> Result<UnitEnd, JournalError> {
        if matches!(halt, Halt::Abandoned(RequestKind::Write)) {
            self.course.abandon_write();
            self.begun = false;
        }
        if std::mem::take(&mut self.begun) {
            self.course.take_back_write();
        }
        if matches!(halt, Halt::Stopped) && !self.context.drain.is_cancelled() {
            self.course.give_back_failures();
        }
        let (why, reason) = match halt {
            Halt::Stopped if self.context.drain.is_cancelled() => ("the run was stopped", None),
            Halt::Stopped | Halt::NoCredential(_) => ("the target is out", None),
            Halt::Abandoned(_) => ("the run was stopped while a request was under way", None),
            Halt::Fatal(reason) => ("the run could not go on", Some(reason)),
        };
        self.record(vec![self.released(why)]).await?;
        Ok(UnitEnd::Released(reason))
    }

    fn released(&self, why: &str) -> Fact {
        Fact::Released {
            attempts: self.course.writes(),
            in_doubt: self.course.is_touched(),
            why: why.to_owned(),
        }
    }

    async fn record(&self, facts: Vec<Fact>) -> Result<(), JournalError> {
        let at = self.context.settings.clock.now();
        let line = self.subject.line;
        let entries = facts.into_iter().map(|fact| Entry { line, at, fact });
        let recorded = self.context.journal.record(entries.collect()).await;
        if recorded.is_err() {
            // Others must not send until the dispatcher hears of it: nobody could record the answer.
            self.context.drain.cancel();
        }
        recorded
    }

    pub(super) async fn report(&self, verdict: Verdict, fault: Fault) {
        let event = Event::Setback {
            line: self.subject.line,
            user: self.subject.user.clone(),
            verdict,
            fault,
            detail: self.detail.clone(),
        };
        // The dispatcher outlives its units; if it is gone, nobody listens any more.
        let _ = self.context.reports.send(event).await;
    }
}

/// Whom a setback speaks against.
fn fault(verdict: Verdict, exchange: &Result<Answer, Silence>) -> Fault {
    match (exchange, verdict) {
        (Err(Silence::NotSent(_)), _) => Fault::Unsent,
        (Err(Silence::Lost(_)), _) => Fault::Target,
        (Ok(answer), Verdict::Transient(_)) if answer.status >= 500 => Fault::Target,
        (Ok(_), _) => Fault::Other,
    }
}
