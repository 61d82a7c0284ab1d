//! What a unit finds out before it gives a user up: whether it is this user who may not be touched or the
//! account that may not, and whether it is this user who cannot be read or the target that is out.

use crate::domain::{
    Answer, Content, Effect, Outcome, PageAt, Reason, Request, RequestKind, Silence, UserId,
};
use crate::engine::course::Step;
use crate::engine::stop::StopReason;
use crate::engine::unit::{Halt, Next, Unit};
use crate::port::{Directory, Journal, JournalError};

/// What the answer to a question says of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Served {
    /// The account is served.
    Yes,
    /// It is refused.
    Refused,
    /// Not known: no answer, or one that says nothing about it.
    Unknown,
}

/// What the list of users has shown.
#[derive(Debug)]
enum Listed {
    /// A user that does not fail at present.
    User(UserId),
    /// The target answered, and showed no other user, or one that fails too.
    NoOther,
    /// The target did not answer: what it said instead.
    Silent(String),
}

impl<D: Directory, J: Journal> Unit<D, J> {
    /// The user may be neither written nor read. If a user that was served in this run may not be read
    /// either, or the list of users may not, it is the account that may not, and no user fails for it.
    pub(super) async fn ask_role(&mut self, outcome: Outcome) -> Result<Next, JournalError> {
        let directory = &self.context.directory;
        let known = self.context.known.get();
        let mut questions = Vec::new();
        if let Some(known) = known.filter(|known| self.is_another(known)) {
            questions.push(directory.read_request(known));
        } else {
            // One user that the plan saw may be as protected as this one: the list has the last word.
            let planned = self.context.seen_by_plan.as_ref();
            let planned = planned.filter(|known| self.is_another(known));
            questions.extend(planned.map(|known| directory.read_request(known)));
            questions.push(directory.page_request(&PageAt::FIRST, 1));
        }
        let mut served = Served::Unknown;
        for question in questions {
            let exchange = match self.ask(&question).await {
                Ok(exchange) => exchange,
                Err(halt) => return Ok(Next::Halt(halt)),
            };
            served = weigh_role(&question, &exchange);
            if served != Served::Refused {
                break;
            }
        }
        match served {
            Served::Yes => self.settle(outcome, Vec::new(), true).await,
            Served::Refused => {
                let words = self.detail.clone().unwrap_or_default();
                Ok(Next::Halt(Halt::Fatal(StopReason::NoRole(words))))
            }
            // The user's own read is made again before the next question.
            Served::Unknown if self.course.may_ask_again() => {
                Ok(Next::Step(Step::BackOff(RequestKind::Read, None)))
            }
            // The user is answered, and no question is: that will hardly end by itself.
            Served::Unknown if self.context.was_out_before(&self.subject.user) => {
                let words = "the user is refused, and no question about the account is answered";
                let reason = StopReason::Outage(words.to_owned());
                Ok(Next::Halt(Halt::Fatal(reason)))
            }
            Served::Unknown => {
                let words = "nothing that the account asks is answered".to_owned();
                Ok(Next::Halt(self.target_out(words)))
            }
        }
    }

    /// The user cannot be read. If the target answers a question about another one, that is this user's
    /// own failure; if it does not, the target is out, and no user fails for it (P5).
    pub(super) async fn ask_target(&mut self, outcome: Outcome) -> Result<Next, JournalError> {
        if outcome.reason() == Some(Reason::Unreadable) && self.is_no_user_known() {
            let words = self.detail.clone().unwrap_or_default();
            return Ok(Next::Halt(Halt::Fatal(StopReason::NotScim(words))));
        }
        let known = self.context.not_failing(|known| self.is_another(known));
        let known = match known {
            Some(known) => known,
            None => match self.ask_list().await {
                Ok(Listed::User(known)) => known,
                // Nothing but this user fails, and the target answers.
                Ok(Listed::NoOther) if !self.context.fails_for_others(&self.subject.user) => {
                    return self.give_up(outcome).await;
                }
                // Every user that is known fails: that it is they, each by itself, would be a claim.
                Ok(Listed::NoOther) => {
                    let words = self.detail.clone().unwrap_or_default();
                    return Ok(Next::Halt(self.target_out(words)));
                }
                Ok(Listed::Silent(words)) => return Ok(Next::Halt(self.target_out(words))),
                Err(halt) => return Ok(Next::Halt(halt)),
            },
        };
        let question = self.context.directory.read_request(&known);
        match self.ask(&question).await {
            Err(halt) => Ok(Next::Halt(halt)),
            Ok(exchange) if is_answer(&exchange) => self.give_up(outcome).await,
            Ok(exchange) => Ok(Next::Halt(self.target_out(words(&exchange)))),
        }
    }

    /// The target answers no request: the user goes back, and the run ends if that goes on for too long.
    fn target_out(&self, words: String) -> Halt {
        if self.context.is_out_for_too_long(&self.subject.user) {
            Halt::Fatal(StopReason::Outage(words))
        } else {
            Halt::TargetOut(words)
        }
    }

    /// The target answers, but not for this user.
    async fn give_up(&mut self, outcome: Outcome) -> Result<Next, JournalError> {
        self.context.note_given_up(&self.subject.user);
        self.settle(outcome, Vec::new(), true).await
    }

    /// Asks for one user of the list.
    async fn ask_list(&mut self) -> Result<Listed, Halt> {
        let question = self.context.directory.page_request(&PageAt::FIRST, 1);
        let exchange = self.ask(&question).await?;
        if !is_answer(&exchange) {
            return Ok(Listed::Silent(words(&exchange)));
        }
        let Ok(answer) = exchange else {
            return Ok(Listed::NoOther);
        };
        let listed = match answer.content {
            Content::Page(page) => page.users.into_iter().next(),
            Content::User(user) => Some(user),
            _ => None,
        };
        let listed = listed.map(|user| UserId::new(user.id));
        let fits = |user: &UserId| self.is_another(user) && !self.context.is_failing(user);
        Ok(listed.filter(fits).map_or(Listed::NoOther, Listed::User))
    }

    /// No user was ever shown, not even to the plan, and nothing was written to this one.
    fn is_no_user_known(&self) -> bool {
        self.context.known.get().is_none()
            && self.context.seen_by_plan.is_none()
            && self.subject.before.is_none()
            && self.course.effect_left() == Effect::None
    }

    fn is_another(&self, known: &UserId) -> bool {
        let ids = self.context.settings.means.ids;
        !ids.is_same(known.as_str(), self.subject.user.as_str())
    }

    /// Sends a question. Its answer is about no user of the job, so that the journal hears nothing of it.
    async fn ask(&mut self, question: &Request) -> Result<Result<Answer, Silence>, Halt> {
        let slot = self.permit_to_send().await?;
        let exchange = self.send(question).await;
        drop(slot);
        let exchange = exchange.ok_or(Halt::Abandoned(RequestKind::Read))?;
        match self.weigh_exchange(&exchange) {
            Some(reason) => Err(Halt::Fatal(reason)),
            None => Ok(exchange),
        }
    }
}

/// What the answer to a question says about the account.
fn weigh_role(question: &Request, exchange: &Result<Answer, Silence>) -> Served {
    let Ok(answer) = exchange else {
        return Served::Unknown;
    };
    match answer.status {
        403 => Served::Refused,
        401 if question.kind == RequestKind::List => Served::Refused,
        401 => Served::Unknown,
        _ if is_answer(exchange) => Served::Yes,
        _ => Served::Unknown,
    }
}

/// What came instead of an answer, for people.
fn words(exchange: &Result<Answer, Silence>) -> String {
    match exchange {
        Ok(answer) => answer
            .words()
            .unwrap_or_else(|| format!("the server answers {}", answer.status)),
        Err(silence) => silence.to_string(),
    }
}

/// Whether the target itself has answered.
fn is_answer(exchange: &Result<Answer, Silence>) -> bool {
    match exchange {
        Ok(answer) => match answer.status {
            501 | 505 => true,
            408 | 425 | 429 | 500..=599 => false,
            // The page of a gateway is not the target's answer.
            _ => !matches!(answer.content, Content::Foreign(_)),
        },
        Err(_) => false,
    }
}
