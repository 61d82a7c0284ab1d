//! What a unit makes of what happened: facts for the journal, and setbacks for the dispatcher.

use std::time::Duration;

use crate::domain::{
    Answer, Content, DecidedBy, Effect, Entry, Fact, Operation, Outcome, Reason, RequestKind,
    Settlement, Silence, Verdict,
};
use crate::engine::intent::Look;
use crate::engine::notice::{Fault, Notice};
use crate::engine::unit::attempts::{Basis, Halt, How, Next, Settled, Sighting, Unit, UnitEnd};
use crate::port::{Directory, Journal, JournalError};

/// The words of an answer, or why none came.
#[derive(Debug, Clone)]
pub(super) struct LastWords {
    /// The answer; `None` if none came.
    by: Option<DecidedBy>,
    words: Option<String>,
}

impl<D: Directory, J: Journal> Unit<D, J> {
    /// The user has an outcome. `facts` are those that led to it and are not durable yet; `basis` says whether
    /// an answer of the target led to it.
    pub(super) async fn settle(
        &mut self,
        outcome: Outcome,
        mut facts: Vec<Fact>,
        basis: Basis,
    ) -> Result<Next, JournalError> {
        let outcome = match outcome {
            Outcome::Removed(by) if self.context.restores => Outcome::Restored(by),
            other => other,
        };
        let write = self.causing_write(outcome);
        let shown = self.look.as_ref().filter(|look| look.is_own);
        let settlement = Settlement {
            outcome,
            after: shown
                .filter(|_| !self.is_gone_by(outcome))
                .map(|look| look.state.clone()),
            detail: self.settled_detail(outcome, write),
            decided_by: match write {
                Some(write) => write.by.clone(),
                // The answer that decided was recorded before.
                None if facts.is_empty() => {
                    let last = self.last_words.as_ref();
                    last.and_then(|last| last.by.clone())
                }
                None => None,
            },
        };
        facts.push(Fact::Settled(settlement.clone()));
        self.record(facts).await?;
        let is_shown = self.subject.before.is_some() || self.look.is_some();
        Ok(Next::Settled(Settled {
            settlement,
            basis,
            sighting: if is_shown {
                Sighting::Shown
            } else {
                Sighting::NeverShown
            },
        }))
    }

    /// The user has an outcome by what is known of it, without another request. `why` explains it in words.
    pub(super) async fn settle_by_rule(
        &mut self,
        outcome: Outcome,
        why: String,
    ) -> Result<Next, JournalError> {
        self.detail = Some(why);
        self.last_words = None;
        self.settle(outcome, Vec::new(), Basis::NoAnswer).await
    }

    /// The answer to the last write, if it caused a failure. A read may have followed.
    fn causing_write(&self, outcome: Outcome) -> Option<&LastWords> {
        let is_cause = matches!(outcome, Outcome::Failed(_) | Outcome::InDoubt(_))
            && outcome.reason() == self.policy.cause();
        self.write_words.as_ref().filter(|_| is_cause)
    }

    /// Whether the outcome says that the user is gone: then there is no state to record.
    fn is_gone_by(&self, outcome: Outcome) -> bool {
        outcome == Outcome::NotFound || (self.subject.goal.gone && outcome.confirmation().is_some())
    }

    /// The fact that a read has shown the state before the job's own write (P11), if it has.
    ///
    /// It has for a user that no write ever left for. It also has for a user that lacks nothing of the recorded
    /// state: then no write has taken anything, or another administrator has given it back. An undo takes
    /// nothing, so there the first recorded state stays.
    pub(super) fn seen_before(&mut self, kind: RequestKind, verdict: Verdict) -> Option<Fact> {
        let shown = matches!(
            verdict,
            Verdict::Applied | Verdict::Advanced | Verdict::Partial | Verdict::Unshown
        );
        if kind != RequestKind::Read || !shown {
            return None;
        }
        let (look, ids) = (self.look.as_ref()?, self.context.settings.means.ids);
        if self.policy.effect_to_record() == Effect::None {
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

    /// Keeps what an answer showed. Returns the fact that a request has ended.
    pub(super) fn note_end(
        &mut self,
        kind: RequestKind,
        verdict: Verdict,
        result: &Result<Answer, Silence>,
        elapsed: Duration,
    ) -> Fact {
        let (by, words) = match result {
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
        // A read without words of its own does not replace the words of the answer to the write.
        if kind == RequestKind::Write || words.is_some() {
            self.detail.clone_from(&words);
        }
        let last = LastWords {
            by: by.clone(),
            words: words.clone(),
        };
        if kind == RequestKind::Write {
            self.write_words = Some(last.clone());
        }
        if by.is_some() {
            self.last_words = Some(last);
        }
        let (status, request_id) = by.map(|by| (by.status, by.request_id)).unzip();
        tracing::debug!(
            roster.line = self.subject.line.0,
            attempt = self.policy.writes(),
            kind = ?kind,
            verdict = verdict.as_str(),
            status,
            request_id = request_id.as_ref().and_then(Option::as_deref),
            elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            "a request has ended"
        );
        Fact::Ended {
            kind,
            attempt: self.policy.writes(),
            verdict,
            status,
            request_id: request_id.flatten(),
            detail: words,
            elapsed,
        }
    }

    /// The words for an answer that shows another user, or another spelling of the id.
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
        self.context.users.note_shown(&self.subject.user);
    }

    /// The words that explain an outcome; `None` for a success.
    fn settled_detail(&self, outcome: Outcome, write: Option<&LastWords>) -> Option<String> {
        let words = |last: &LastWords| last.words.clone();
        match outcome {
            // The words of the answers on the way to success are in the events.
            Outcome::Removed(_) | Outcome::Restored(_) | Outcome::Already => None,
            Outcome::InDoubt(Reason::Unconfirmed) => {
                let shown = self.look.as_ref().map(|look| look.state.to_string());
                Some(format!(
                    "the server took the write and does not show all that it was to do: {}",
                    shown.unwrap_or_default()
                ))
            }
            Outcome::InDoubt(_) => write.and_then(words).or_else(|| self.detail.clone()),
            _ => match write {
                Some(write) => words(write),
                None => self.detail.clone(),
            },
        }
    }

    /// Gives the user back. A write that was begun and never sent does not count.
    pub(super) async fn release(mut self, halt: Halt) -> Result<UnitEnd, JournalError> {
        let abandoned = matches!(halt, Halt::Abandoned(RequestKind::Write));
        if abandoned {
            self.policy.abandon_write();
            self.intent = None;
        }
        if self.intent.take().is_some() {
            self.policy.take_back_write();
        }
        let is_out = match halt {
            Halt::Stopped => !self.context.drain.is_cancelled(),
            Halt::TargetOut(_) => true,
            Halt::Abandoned(_) | Halt::NoCredential(_) | Halt::Fatal(_) => false,
        };
        if is_out {
            self.policy.give_back_failures();
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
            first_write: self.first_write(),
        })
    }

    pub(super) fn released(&self, why: &str, unanswered: bool) -> Fact {
        Fact::Released {
            attempts: self.policy.writes(),
            effect: self.policy.effect_to_record(),
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
            // Other units must not send before the dispatcher has the error: their answers could not be recorded.
            self.context.drain.cancel();
        }
        recorded
    }

    pub(super) async fn report(&self, verdict: Verdict, fault: Fault) {
        let notice = Notice::Setback {
            line: self.subject.line,
            user: self.subject.user.clone(),
            verdict,
            fault,
            detail: self.detail.clone(),
        };
        // The dispatcher outlives its units. If it is gone, no report is read any more.
        let _ = self.context.notices.send(notice).await;
    }
}

/// The cause of a failed request.
pub(super) fn fault(verdict: Verdict, result: &Result<Answer, Silence>) -> Fault {
    match (result, verdict) {
        (Err(Silence::NotSent(_) | Silence::Blocked(_)), _) => Fault::Unsent,
        (Err(Silence::Lost(_)), _) => Fault::Target,
        (Ok(answer), Verdict::Transient(_)) if answer.status >= 500 => Fault::Target,
        // The page of a gateway is no answer of the target.
        (Ok(answer), Verdict::Uncertain | Verdict::Unreadable)
            if matches!(answer.content, Content::Foreign(_)) =>
        {
            Fault::Target
        }
        (Ok(_) | Err(Silence::Unsendable(_)), _) => Fault::Other,
    }
}
