//! What a unit reports: facts to the journal, setbacks to the dispatcher.

use std::time::Duration;

use crate::domain::{
    Answer, Content, DecidedBy, Effect, Entry, Fact, Operation, Outcome, Reason, RequestKind,
    Settlement, Silence, Verdict,
};
use crate::engine::event::{Event, Fault};
use crate::engine::intent::Look;
use crate::engine::unit::{Halt, How, Next, Settled, Unit, UnitEnd};
use crate::port::{Directory, Journal, JournalError};

/// What an answer said, or the silence in its place.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// The answer; `None` if none came.
    by: Option<DecidedBy>,
    words: Option<String>,
}

impl<D: Directory, J: Journal> Unit<D, J> {
    /// The user has an outcome. `facts` are what led to it and is not durable yet; `answered` says whether
    /// an answer of the target has.
    pub(super) async fn settle(
        &mut self,
        outcome: Outcome,
        mut facts: Vec<Fact>,
        answered: bool,
    ) -> Result<Next, JournalError> {
        let outcome = match outcome {
            Outcome::Removed(by) if self.context.restores => Outcome::Restored(by),
            other => other,
        };
        let blamed = self.blamed_for(outcome);
        let shown = self.look.as_ref().filter(|look| look.is_own);
        let settlement = Settlement {
            outcome,
            after: shown
                .filter(|_| !self.is_gone_by(outcome))
                .map(|look| look.state.clone()),
            detail: self.settled_detail(outcome, blamed),
            decided_by: match blamed {
                Some(said) => said.by.clone(),
                // The answer that decided was recorded before.
                None if facts.is_empty() => self.last.as_ref().and_then(|said| said.by.clone()),
                None => None,
            },
        };
        facts.push(Fact::Settled(settlement.clone()));
        self.record(facts).await?;
        Ok(Next::Settled(Settled {
            settlement,
            answered,
            was_seen: self.subject.before.is_some() || self.look.is_some(),
        }))
    }

    /// The user has an outcome by what is known of it, without another request: `why`, for people.
    pub(super) async fn settle_by_rule(
        &mut self,
        outcome: Outcome,
        why: String,
    ) -> Result<Next, JournalError> {
        self.detail = Some(why);
        self.last = None;
        self.settle(outcome, Vec::new(), false).await
    }

    /// The answer to the write that a failure is blamed on, if one is: a read may have followed.
    fn blamed_for(&self, outcome: Outcome) -> Option<&Said> {
        let blamed = matches!(outcome, Outcome::Failed(_) | Outcome::InDoubt(_))
            && outcome.reason() == self.course.blame();
        self.blamed.as_ref().filter(|_| blamed)
    }

    /// Nothing is left to show of a user that is gone.
    fn is_gone_by(&self, outcome: Outcome) -> bool {
        outcome == Outcome::NotFound || (self.subject.goal.gone && outcome.confirmation().is_some())
    }

    /// What a read showed of a user as it is before the job's own write (P11): a user for whom no write ever
    /// left; or one who lacks nothing of what was there before, so that no write has taken anything, or
    /// another administrator has given it back. An undo has nothing to take, so there the first look stays.
    pub(super) fn seen_before(&mut self, kind: RequestKind, verdict: Verdict) -> Option<Fact> {
        let shown = matches!(
            verdict,
            Verdict::Applied | Verdict::Advanced | Verdict::Partial | Verdict::Unshown
        );
        if kind != RequestKind::Read || !shown {
            return None;
        }
        let (look, ids) = (self.look.as_ref()?, self.context.settings.means.ids);
        if self.course.effect_left() == Effect::None {
            return Some(Fact::LookedUp(look.state.clone()));
        }
        let before = self.subject.before.as_mut()?;
        let is_renewed = !self.context.restores
            && look.state.has_all_of(&before.state, ids)
            && !look.state.has_the_same(&before.state, ids);
        if !is_renewed {
            return None;
        }
        before.state = look.state.clone();
        Some(Fact::Renewed(look.state.clone()))
    }

    /// Keeps what an answer showed, and puts it into the words of the journal.
    pub(super) fn note(
        &mut self,
        kind: RequestKind,
        verdict: Verdict,
        exchange: &Result<Answer, Silence>,
        elapsed: Duration,
    ) -> Fact {
        let (by, words) = match exchange {
            Ok(answer) => {
                self.credential = answer.credential;
                self.note_shown(kind, answer);
                let by = DecidedBy {
                    status: answer.status,
                    request_id: answer.request_id.clone(),
                };
                let words = answer.words();
                (Some(by), words.or_else(|| self.shown_instead(kind, answer)))
            }
            Err(silence) => (None, Some(silence.to_string())),
        };
        // What a read merely shows does not take the place of what was said to the write.
        if kind == RequestKind::Write || words.is_some() {
            self.detail.clone_from(&words);
        }
        let said = Said {
            by: by.clone(),
            words: words.clone(),
        };
        if kind == RequestKind::Write {
            self.blamed = Some(said.clone());
        }
        if by.is_some() {
            self.last = Some(said);
        }
        let (status, request_id) = by.map(|by| (by.status, by.request_id)).unzip();
        Fact::Ended {
            kind,
            attempt: self.course.writes(),
            verdict,
            status,
            request_id: request_id.flatten(),
            detail: words,
            elapsed,
        }
    }

    /// Which other user, or which other spelling of the id, an answer shows.
    fn shown_instead(&self, kind: RequestKind, answer: &Answer) -> Option<String> {
        let Content::User(state) = &answer.content else {
            return None;
        };
        let (ids, user) = (self.context.settings.means.ids, &self.subject.user);
        let is_about_a_group = kind == RequestKind::Write
            && matches!(*self.asked, [Operation::Leave(_) | Operation::Join(_)]);
        let is_another = !ids.is_same(user.as_str(), &state.id) && !is_about_a_group;
        is_another.then(|| {
            format!(
                "the provider shows user {} in the place of {user}",
                state.id
            )
        })
    }

    /// Keeps the user as an answer shows it.
    fn note_shown(&mut self, kind: RequestKind, answer: &Answer) {
        let Content::User(state) = &answer.content else {
            return;
        };
        let settings = &self.context.settings;
        if !settings
            .means
            .ids
            .is_same(self.subject.user.as_str(), &state.id)
        {
            return;
        }
        self.subject.known.update(state);
        self.look = Some(Look::now(state.clone(), settings.clock));
        // The answer to a write may show a part of the user only.
        let whole = answer.resource.as_ref();
        self.resource = whole.filter(|_| kind == RequestKind::Read).cloned();
        // Another unit may have been quicker; one user is enough.
        let _ = self.context.known.set(self.subject.user.clone());
    }

    fn settled_detail(&self, outcome: Outcome, blamed: Option<&Said>) -> Option<String> {
        let words = |said: &Said| said.words.clone();
        match outcome {
            // What was said on the way to success is in the events.
            Outcome::Removed(_) | Outcome::Restored(_) | Outcome::Already => None,
            Outcome::InDoubt(Reason::Unconfirmed) => {
                let shown = self.look.as_ref().map(|look| look.state.to_string());
                Some(format!(
                    "the server took the write and does not show all that it was to do: {}",
                    shown.unwrap_or_default()
                ))
            }
            Outcome::InDoubt(_) => blamed.and_then(words).or_else(|| self.detail.clone()),
            _ => match blamed {
                Some(said) => words(said),
                None => self.detail.clone(),
            },
        }
    }

    /// Gives the user back: a write that was begun and never sent does not count.
    pub(super) async fn release(mut self, halt: Halt) -> Result<UnitEnd, JournalError> {
        let abandoned = matches!(halt, Halt::Abandoned(RequestKind::Write));
        if abandoned {
            self.course.abandon_write();
            self.intent = None;
        }
        if self.intent.take().is_some() {
            self.course.take_back_write();
        }
        let is_out = match halt {
            Halt::Stopped => !self.context.drain.is_cancelled(),
            Halt::TargetOut(_) => true,
            Halt::Abandoned(_) | Halt::NoCredential(_) | Halt::Fatal(_) => false,
        };
        if is_out {
            self.course.give_back_failures();
        }
        let (why, how) = match halt {
            Halt::Stopped if self.context.drain.is_cancelled() => {
                ("the run was stopped", How::Released(None))
            }
            Halt::TargetOut(words) => ("the target is out", How::TargetOut(words)),
            Halt::Stopped | Halt::NoCredential(_) => ("the target is out", How::Released(None)),
            Halt::Abandoned(_) => (
                "the run was stopped while a request was in flight",
                How::Released(None),
            ),
            Halt::Fatal(reason) => ("the run could not go on", How::Released(Some(reason))),
        };
        self.record(vec![self.released(why, abandoned)]).await?;
        Ok(UnitEnd {
            how,
            wrote: self.wrote_first(),
        })
    }

    pub(super) fn released(&self, why: &str, unanswered: bool) -> Fact {
        Fact::Released {
            attempts: self.course.writes(),
            effect: self.course.effect_left(),
            unanswered,
            why: why.to_owned(),
        }
    }

    pub(super) async fn record(&self, facts: Vec<Fact>) -> Result<(), JournalError> {
        let at = self.context.settings.clock.now();
        let line = self.subject.line;
        let entries = facts.into_iter().map(|fact| Entry { line, at, fact });
        let recorded = self.context.journal.record(entries.collect()).await;
        if recorded.is_err() {
            // Other units must not send before the dispatcher has the error: no answer could be recorded.
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
        // The dispatcher outlives its units; if it is gone, no report is read any more.
        let _ = self.context.reports.send(event).await;
    }
}

/// Whom a setback speaks against.
pub(super) fn fault(verdict: Verdict, exchange: &Result<Answer, Silence>) -> Fault {
    match (exchange, verdict) {
        (Err(Silence::NotSent(_) | Silence::Blocked(_)), _) => Fault::Unsent,
        (Err(Silence::Lost(_)), _) => Fault::Target,
        (Ok(answer), Verdict::Transient(_)) if answer.status >= 500 => Fault::Target,
        // The page of a gateway is not the target's answer.
        (Ok(answer), Verdict::Uncertain | Verdict::Unreadable)
            if matches!(answer.content, Content::Foreign(_)) =>
        {
            Fault::Target
        }
        (Ok(_) | Err(Silence::Unsendable(_)), _) => Fault::Other,
    }
}
