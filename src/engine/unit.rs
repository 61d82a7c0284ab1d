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

use crate::domain::{
    Answer, Content, Credential, Entry, Fact, Outcome, Request, RequestKind, Settlement, Silence,
    UserState, Verdict, judge,
};
use crate::engine::context::{Context, Counted};
use crate::engine::course::{Course, Fate, Step};
use crate::engine::event::Event;
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
enum Next {
    /// Another step.
    Step(Step),
    /// The user has an outcome, and it is durable.
    Settled(Settlement),
    /// The unit does not go on.
    Halt(Halt),
}

/// Why a unit does not go on.
enum Halt {
    /// A stop was asked for.
    Stopped,
    /// A request was abandoned.
    Abandoned(RequestKind),
    /// The run cannot go on either.
    Fatal(StopReason),
}

pub(super) struct Unit<D, J> {
    context: Arc<Context<D, J>>,
    subject: Subject,
    course: Course,
    backoff: Backoff,
    /// The intent of the next write is durable already.
    begun: bool,
    /// The credential that the last request was signed with.
    credential: Credential,
    after: Option<UserState>,
    detail: Option<String>,
}

impl<D: Directory, J: Journal> Unit<D, J> {
    /// A unit for `subject`; `begun` says that the intent of its first write is durable.
    pub(super) fn new(context: Arc<Context<D, J>>, subject: Subject, begun: bool) -> Self {
        let settings = &context.settings;
        let mut course = Course::new(settings.max_attempts, subject.attempts, subject.in_doubt);
        if begun {
            course.begin_write();
        }
        Self {
            course,
            backoff: Backoff::seeded(settings.seed ^ subject.line.0),
            context,
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
            let next = match self.prepare(step).await {
                Ok(kind) => self.attempt(kind).await?,
                Err(halt) => Next::Halt(halt),
            };
            step = match next {
                Next::Step(step) => step,
                Next::Settled(settlement) => return Ok(UnitEnd::Settled(settlement)),
                Next::Halt(halt) => return self.release(halt).await,
            };
        }
    }

    /// Does what has to be done before the next request, and says of which kind that is.
    async fn prepare(&mut self, step: Step) -> Result<RequestKind, Halt> {
        match step {
            Step::Write => Ok(RequestKind::Write),
            Step::Read => Ok(RequestKind::Read),
            // Leave to send is what makes everybody wait.
            Step::Hold(kind) => Ok(kind),
            Step::BackOff(kind, asked) => self.rest(asked).await.map(|()| kind),
            Step::Renew(kind) => self.renew().await.map(|()| kind),
            Step::Settle(_) => unreachable!("settled where the answer was judged"),
            Step::Unreachable => Err(Halt::Fatal(StopReason::Unreachable(
                self.detail.clone().unwrap_or_default(),
            ))),
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
        if self.context.drain.is_cancelled() {
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
        self.weigh_credential(verdict);
        let doubted = self.course.has_inherited_doubt();
        let step = self.course.after(kind, verdict, fate);
        if kind == RequestKind::Write {
            // What was held up or never left is the same write when it goes again.
            let again = matches!(step, Step::Hold(..) | Step::Renew(_) | Step::Rejected);
            self.begun = again || fate == Fate::NotSent;
        }
        let Step::Settle(outcome) = step else {
            let mut facts = vec![ended];
            if doubted && !self.course.has_inherited_doubt() {
                facts.push(self.released("the write that was in doubt took no effect"));
            }
            self.record(facts).await?;
            self.report(verdict).await;
            return Ok(Next::Step(step));
        };
        let settlement = Settlement {
            outcome,
            after: self.after.take(),
            detail: self.settled_detail(outcome),
        };
        self.record(vec![ended, Fact::Settled(settlement.clone())])
            .await?;
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

    async fn leave_to_send(&self) -> Result<SemaphorePermit<'_>, Halt> {
        tokio::select! {
            biased;
            () = self.context.drain.cancelled() => Err(Halt::Stopped),
            leave = async {
                // The slots are never closed, but if they were, nothing more should be sent.
                let slot = self.context.slots.acquire().await.map_err(|_| Halt::Stopped)?;
                self.signed_in(self.context.directory.ready()).await?;
                self.context.pace.permit().await;
                Ok(slot)
            } => leave,
        }
    }

    async fn renew(&self) -> Result<(), Halt> {
        tokio::select! {
            biased;
            () = self.context.drain.cancelled() => Err(Halt::Stopped),
            renewed = self.signed_in(self.context.directory.renew(self.credential)) => renewed,
        }
    }

    async fn signed_in(
        &self,
        signing_in: impl Future<Output = Result<(), SignInError>>,
    ) -> Result<(), Halt> {
        let _counted = Counted::new(&self.context.signing_in);
        signing_in
            .await
            .map_err(|error| Halt::Fatal(StopReason::SignIn(error)))
    }

    async fn rest(&mut self, asked: Option<Duration>) -> Result<(), Halt> {
        let delay = self.backoff.next(asked);
        let _counted = Counted::new(&self.context.resting);
        tokio::select! {
            biased;
            () = self.context.drain.cancelled() => Err(Halt::Stopped),
            () = tokio::time::sleep(delay) => Ok(()),
        }
    }

    /// P6: what the server asks of one, it asks of all, from the moment it is known. Waiting for
    /// the journal first would let others send meanwhile.
    fn heed(&self, verdict: Verdict, exchange: &Result<Answer, Silence>) {
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

    /// A credential that was refused after others had been served with it was good and has ended:
    /// that is no sign that fresh ones are refused.
    fn weigh_credential(&mut self, verdict: Verdict) {
        let served = &self.context.served;
        match verdict {
            Verdict::Applied | Verdict::Partial | Verdict::Refused(_) => {
                served.fetch_max(self.credential.0 + 1, Ordering::Relaxed);
            }
            Verdict::Unauthorized if served.load(Ordering::Relaxed) > self.credential.0 => {
                self.course.forgive_renewal();
            }
            // A gateway may throttle or fail before it looks at the credential.
            _ => {}
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
        let (why, reason) = match halt {
            Halt::Stopped => ("the run was stopped", None),
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

    async fn report(&self, verdict: Verdict) {
        let event = Event::Setback {
            line: self.subject.line,
            user: self.subject.user.clone(),
            verdict,
            detail: self.detail.clone(),
        };
        // The dispatcher outlives its units; if it is gone, nobody listens any more.
        let _ = self.context.reports.send(event).await;
    }
}
