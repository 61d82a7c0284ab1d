//! What a unit tells: facts to the journal, setbacks to the dispatcher.

use std::time::Duration;

use crate::domain::{
    Answer, Content, Effect, Entry, Fact, Outcome, RequestKind, Settlement, Silence, Verdict,
};
use crate::engine::event::{Event, Fault};
use crate::engine::unit::{Halt, Next, Unit, UnitEnd};
use crate::port::{Directory, Journal, JournalError};

impl<D: Directory, J: Journal> Unit<D, J> {
    pub(super) async fn settle(
        &mut self,
        outcome: Outcome,
        mut facts: Vec<Fact>,
    ) -> Result<Next, JournalError> {
        let outcome = match outcome {
            Outcome::Removed(by) if self.context.restores => Outcome::Restored(by),
            other => other,
        };
        let settlement = Settlement {
            outcome,
            // Who is gone has nothing any more.
            after: (self.after.take()).filter(|_| !self.is_gone_by(outcome)),
            detail: self.settled_detail(outcome),
            decided_by: None,
        };
        facts.push(Fact::Settled(settlement.clone()));
        self.record(facts).await?;
        let served = outcome.confirmation().is_some();
        if served && self.context.known.get().is_none() {
            // Somebody else may have been quicker; one is enough.
            let _ = self.context.known.set(self.subject.user.clone());
        }
        Ok(Next::Settled(settlement))
    }

    fn is_gone_by(&self, outcome: Outcome) -> bool {
        self.subject.goal.gone && outcome.confirmation().is_some()
    }

    /// What a read showed of a user for whom nothing was ever sent: it is what they had before (P11).
    pub(super) fn seen_before(&self, kind: RequestKind, verdict: Verdict) -> Option<Fact> {
        let untouched = self.course.writes() == 0 && !self.course.is_touched();
        let shown = matches!(
            verdict,
            Verdict::Applied | Verdict::Advanced | Verdict::Partial
        );
        let before = self.after.clone()?;
        (kind == RequestKind::Read && untouched && shown).then_some(Fact::LookedUp(before))
    }

    /// Keeps what an answer showed, and puts it into the words of the journal.
    pub(super) fn note(
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
                    && self
                        .context
                        .settings
                        .means
                        .ids
                        .is_same(self.subject.user.as_str(), &state.id)
                {
                    self.after = Some(state.clone());
                    // The answer to a write may show a part of the user only.
                    let whole = answer.resource.as_ref();
                    self.resource = whole.filter(|_| kind == RequestKind::Read).cloned();
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
            Outcome::Removed(_) | Outcome::Restored(_) | Outcome::Already => None,
            _ => self.detail.clone(),
        }
    }

    /// Gives the user back: a write that was begun and never sent does not count.
    pub(super) async fn release(mut self, halt: Halt) -> Result<UnitEnd, JournalError> {
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
            effect: if self.course.is_touched() {
                Effect::Maybe
            } else {
                Effect::None
            },
            unanswered: false,
            why: why.to_owned(),
        }
    }

    pub(super) async fn record(&self, facts: Vec<Fact>) -> Result<(), JournalError> {
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
pub(super) fn fault(verdict: Verdict, exchange: &Result<Answer, Silence>) -> Fault {
    match (exchange, verdict) {
        (Err(Silence::NotSent(_)), _) => Fault::Unsent,
        (Err(Silence::Unsendable(_)), _) => Fault::Other,
        (Err(Silence::Lost(_)), _) => Fault::Target,
        (Ok(answer), Verdict::Transient(_)) if answer.status >= 500 => Fault::Target,
        (Ok(_), _) => Fault::Other,
    }
}
