//! A unit's next request, and the life of an intent: it is made durable, then sent, or taken back because the
//! state that it was computed from is too old by the time when the write could leave.

use tokio::time::Instant;

use crate::domain::{Effect, Fact, Outcome, Request, RequestKind};
use crate::engine::attempt_policy::{Delivery, Step};
use crate::engine::intent::{Decision, decide};
use crate::engine::stop_reason::StopReason;
use crate::engine::unit::attempts::{FirstWrite, Halt, Next, Unit};
use crate::port::{Directory, Journal, JournalError};

/// What an attempt is to do.
pub(super) enum Chosen {
    /// Send this. The intent of a write is durable.
    Request(Request),
    /// Nothing is sent.
    Next(Next),
}

impl<D: Directory, J: Journal> Unit<D, J> {
    /// Chooses the next request: the smallest write that does what is left to do, judged by the state in which
    /// the user was last shown; a read if nothing seems to be left, or if the user must be read first.
    pub(super) async fn choose(&mut self, wanted: RequestKind) -> Result<Chosen, JournalError> {
        if wanted != RequestKind::Write {
            return Ok(Chosen::Request(self.read()));
        }
        if let Some(intent) = &self.intent {
            if intent.is_void(&self.context.settings) {
                return self.take_back().await.map(Chosen::Next);
            }
            self.asked.clone_from(&intent.operations);
            return Ok(Chosen::Request(intent.request.clone()));
        }
        let decision = decide(
            self.context.sender.directory(),
            &self.context.settings,
            &self.subject,
            self.look.as_ref(),
            self.resource.as_ref(),
            self.policy.effect(),
        );
        match decision {
            Decision::Write(intent) => {
                // A whole user is sent back once.
                self.resource = None;
                let attempt = self.policy.begin_write();
                let request = intent.request.to_string();
                self.record(vec![Fact::Begun { attempt, request }]).await?;
                let request = intent.request.clone();
                self.asked.clone_from(&intent.operations);
                self.intent = Some(*intent);
                Ok(Chosen::Request(request))
            }
            Decision::Read => Ok(Chosen::Request(self.read())),
            Decision::Barred(barred) => {
                let (outcome, why) = match barred.outcome() {
                    Outcome::Protected(reason) if self.is_touched() => {
                        let why = format!(
                            "{barred}, and a part of the change was made before that was known"
                        );
                        (Outcome::Failed(reason), why)
                    }
                    outcome => (outcome, barred.to_string()),
                };
                self.settle_by_rule(outcome, why).await.map(Chosen::Next)
            }
            Decision::Refused(reason, why) => self
                .settle_by_rule(Outcome::Failed(reason), why)
                .await
                .map(Chosen::Next),
        }
    }

    fn read(&self) -> Request {
        self.context
            .sender
            .directory()
            .read_request(&self.subject.user)
    }

    /// Whether writes of the job seem to have changed the user: its state is not the one before the first write.
    fn is_touched(&self) -> bool {
        let (Some(look), Some(before)) = (&self.look, &self.subject.before) else {
            return self.policy.effect() != Effect::None;
        };
        let ids = self.context.settings.door.ids;
        self.policy.effect() != Effect::None && !look.state.has_the_same(&before.state, ids)
    }

    /// Whether the write must not leave, because the state that it was computed from is too old by now.
    pub(super) fn is_void(&self) -> bool {
        let intent = self.intent.as_ref();
        intent.is_some_and(|intent| intent.is_void(&self.context.settings))
    }

    /// Takes the intent back, because the write did not leave or was turned away. The user is to be read again,
    /// and a new state before the job may be recorded.
    pub(super) async fn take_back(&mut self) -> Result<Next, JournalError> {
        self.intent = None;
        self.resource = None;
        self.policy.take_back_write();
        let why = "what the write was made from was too old when it could be sent";
        self.record(vec![self.released(why, false)]).await?;
        let limit = self.context.settings.limits.outage;
        let since = *self.held_up_since.get_or_insert_with(Instant::now);
        if since.elapsed() < limit {
            return Ok(Next::Step(Step::Write));
        }
        let why = "no write could be sent soon enough after the read that it is made from; perhaps \
                   `--rate` is too low for `--concurrency`";
        let reason = StopReason::Outage(why.to_owned());
        Ok(Next::Halt(Halt::Fatal(reason)))
    }

    /// Takes note of what became of a write: the intent stays if the same write may go again.
    pub(super) fn after_write(&mut self, step: Step, delivery: Delivery) {
        let Some(mut intent) = self.intent.take() else {
            return;
        };
        // A write that was turned away or never left is the same write when it goes again.
        let again = matches!(step, Step::Hold(..) | Step::Renew(_) | Step::Rejected);
        if again {
            self.held_up_since.get_or_insert_with(Instant::now);
        } else {
            self.held_up_since = None;
        }
        if again || delivery == Delivery::NotSent {
            intent.is_repeated = true;
            self.intent = Some(intent);
        }
    }

    /// Whether this unit has sent the first write for the user, in this job or since a retry.
    pub(super) fn first_write(&self) -> FirstWrite {
        if self.subject.is_new() && self.policy.has_written() {
            FirstWrite::Sent
        } else {
            FirstWrite::NotSent
        }
    }
}
