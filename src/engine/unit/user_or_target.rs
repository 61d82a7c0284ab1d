//! What a unit finds out before it gives a user up.
//!
//! A 403 can mean "this user is protected" or "our account lost its role". To tell them apart, the unit reads
//! a user that was readable before. In the same way it distinguishes a user that cannot be read from a target
//! that answers no request (P5).

use crate::domain::{
    Answer, Content, Effect, Outcome, PageAt, Reason, Request, RequestKind, Silence, UserId,
};
use crate::engine::attempt_policy::Step;
use crate::engine::stop_reason::StopReason;
use crate::engine::unit::attempts::{Basis, Halt, Next, Unit, reason_to_stop};
use crate::port::{Directory, Journal, JournalError};

/// What the answer to a question says about the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Account {
    /// It may read users.
    Served,
    /// It may not.
    Refused,
    /// Not known: no answer came, or one that says nothing about the account.
    Unknown,
}

/// What the list of users has shown.
#[derive(Debug)]
enum Listed {
    /// A user that does not fail at present.
    User(UserId),
    /// The target answered, and showed no other user, or one that fails too.
    NoOther,
    /// The target did not answer. The text is what came instead.
    NoAnswer(String),
}

impl<D: Directory, J: Journal> Unit<D, J> {
    /// The user may be neither written nor read. If a user that was shown in this run may not be read
    /// either, or the list of users may not, the account has lost its role, and no user fails for it.
    pub(super) async fn ask_role(&mut self, outcome: Outcome) -> Result<Next, JournalError> {
        let directory = self.context.sender.directory();
        let known = self.context.users.shown();
        let mut questions = Vec::new();
        if let Some(known) = known.filter(|known| self.is_another(known)) {
            questions.push(directory.read_request(known));
        } else {
            // The user that the plan has seen may be protected too: then the list decides.
            let planned = self.context.users.seen_by_plan();
            let planned = planned.filter(|known| self.is_another(known));
            questions.extend(planned.map(|known| directory.read_request(known)));
            questions.push(directory.page_request(&PageAt::FIRST, 1));
        }
        let mut account = Account::Unknown;
        for question in questions {
            let reply = match self.ask(&question).await {
                Ok(reply) => reply,
                Err(halt) => return Ok(Next::Halt(halt)),
            };
            account = judge_account(&question, &reply);
            if account != Account::Refused {
                break;
            }
        }
        match account {
            Account::Served => self.settle(outcome, Vec::new(), Basis::Answer).await,
            Account::Refused => {
                let words = self.detail.clone().unwrap_or_default();
                Ok(Next::Halt(Halt::Fatal(StopReason::NoRole(words))))
            }
            // The user's own read is made again before the next question.
            Account::Unknown if self.policy.may_ask_again() => {
                Ok(Next::Step(Step::BackOff(RequestKind::Read, None)))
            }
            // The target answers for this user but not for any other one. Waiting would not help.
            Account::Unknown if self.context.users.was_out_before(&self.subject.user) => {
                let words = "the user is refused, and no question about the account is answered";
                let reason = StopReason::Outage(words.to_owned());
                Ok(Next::Halt(Halt::Fatal(reason)))
            }
            Account::Unknown => {
                let words = "nothing that the account asks is answered".to_owned();
                Ok(Next::Halt(self.target_out(words)))
            }
        }
    }

    /// The user cannot be read. If the target answers a question about another user, this user has failed. If
    /// it does not, the target is out, and no user fails for it (P5).
    pub(super) async fn ask_target(&mut self, outcome: Outcome) -> Result<Next, JournalError> {
        if outcome.reason() == Some(Reason::Unreadable) && self.was_no_user_shown() {
            let words = self.detail.clone().unwrap_or_default();
            return Ok(Next::Halt(Halt::Fatal(StopReason::NotScim(words))));
        }
        let known = self
            .context
            .users
            .not_failing(|known| self.is_another(known));
        let known = match known {
            Some(known) => known,
            None => match self.ask_list().await {
                Ok(Listed::User(known)) => known,
                // The target answers, and no other user fails.
                Ok(Listed::NoOther) if !self.context.users.fails_for_others(&self.subject.user) => {
                    return self.give_up(outcome).await;
                }
                // Every user that is known fails. It is not known that each of them fails by itself.
                Ok(Listed::NoOther) => {
                    let words = self.detail.clone().unwrap_or_default();
                    return Ok(Next::Halt(self.target_out(words)));
                }
                Ok(Listed::NoAnswer(words)) => return Ok(Next::Halt(self.target_out(words))),
                Err(halt) => return Ok(Next::Halt(halt)),
            },
        };
        let question = self.context.sender.directory().read_request(&known);
        match self.ask(&question).await {
            Err(halt) => Ok(Next::Halt(halt)),
            Ok(reply) if is_answer(&reply) => self.give_up(outcome).await,
            Ok(reply) => Ok(Next::Halt(self.target_out(words(&reply)))),
        }
    }

    /// The target answers no request: the user goes back, and the run ends if that goes on for too long.
    fn target_out(&self, words: String) -> Halt {
        if self.context.users.note_given_back(&self.subject.user) {
            Halt::Fatal(StopReason::Outage(words))
        } else {
            Halt::TargetOut(words)
        }
    }

    /// The target answers, but not for this user.
    async fn give_up(&mut self, outcome: Outcome) -> Result<Next, JournalError> {
        self.context.users.note_given_up(&self.subject.user);
        self.settle(outcome, Vec::new(), Basis::Answer).await
    }

    /// Asks for one user of the list.
    async fn ask_list(&mut self) -> Result<Listed, Halt> {
        let question = self
            .context
            .sender
            .directory()
            .page_request(&PageAt::FIRST, 1);
        let reply = self.ask(&question).await?;
        if !is_answer(&reply) {
            return Ok(Listed::NoAnswer(words(&reply)));
        }
        let Ok(answer) = reply else {
            return Ok(Listed::NoOther);
        };
        let listed = match answer.content {
            Content::Page(page) => page.users.into_iter().next(),
            Content::User(user) => Some(user),
            _ => None,
        };
        let listed = listed.map(|user| UserId::new(user.id));
        let fits = |user: &UserId| self.is_another(user) && !self.context.users.is_failing(user);
        Ok(listed.filter(fits).map_or(Listed::NoOther, Listed::User))
    }

    /// No user was ever shown, not even to the plan, and no write was sent for this one.
    fn was_no_user_shown(&self) -> bool {
        self.context.users.shown().is_none()
            && self.context.users.seen_by_plan().is_none()
            && self.subject.before.is_none()
            && self.policy.effect_to_record() == Effect::None
    }

    fn is_another(&self, known: &UserId) -> bool {
        let ids = self.context.settings.means.ids;
        !ids.is_same(known.as_str(), self.subject.user.as_str())
    }

    /// Sends a question. Its answer is about no user of the job, so that it is not recorded.
    async fn ask(&mut self, question: &Request) -> Result<Result<Answer, Silence>, Halt> {
        let permit = self.permit().await?;
        let exchange = self.send(permit, question).await;
        let exchange = exchange.ok_or(Halt::Abandoned(RequestKind::Read))?;
        match reason_to_stop(&exchange) {
            Some(reason) => Err(Halt::Fatal(reason)),
            None => Ok(exchange.result),
        }
    }
}

/// What the answer to a question says about the account.
fn judge_account(question: &Request, reply: &Result<Answer, Silence>) -> Account {
    let Ok(answer) = reply else {
        return Account::Unknown;
    };
    match answer.status {
        403 => Account::Refused,
        401 if question.kind == RequestKind::List => Account::Refused,
        401 => Account::Unknown,
        _ if is_answer(reply) => Account::Served,
        _ => Account::Unknown,
    }
}

/// What came instead of an answer, in words.
fn words(reply: &Result<Answer, Silence>) -> String {
    match reply {
        Ok(answer) => answer
            .words()
            .unwrap_or_else(|| format!("the server answers {}", answer.status)),
        Err(silence) => silence.to_string(),
    }
}

/// Whether the target itself has answered.
fn is_answer(reply: &Result<Answer, Silence>) -> bool {
    match reply {
        Ok(answer) => match answer.status {
            501 | 505 => true,
            408 | 425 | 429 | 500..=599 => false,
            // The page of a gateway is no answer of the target.
            _ => !matches!(answer.content, Content::Foreign(_)),
        },
        Err(_) => false,
    }
}
