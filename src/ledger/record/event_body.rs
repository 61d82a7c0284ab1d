//! What an event says: one variant for each kind.
//!
//! The stored text of an event never changes, since the chain hashes it: members may be added to a kind,
//! none is renamed, moved or removed. A member that an earlier version did not write has a default.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IntoDeserializer;
use serde::de::value::Error as WordError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{Confirmation, Effect, Finding, IdRule, RequestKind, Status, Verdict};
use crate::ledger::RunKind;
use crate::ledger::record::word;

/// How a request ended: it was answered, or no answer came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestEnd<'a> {
    /// Which write it was, or follows.
    #[serde(default)]
    pub attempt: u32,
    /// What was asked.
    #[serde(with = "word")]
    pub kind: RequestKind,
    /// What the answer means, in one word.
    pub verdict: Cow<'a, str>,
    /// The code of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// The HTTP status; `None` if no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The server's name for the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Cow<'a, str>>,
    /// The provider's own words, or why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Cow<'a, str>>,
    /// From sending to the last byte of the answer, in milliseconds.
    #[serde(default)]
    pub elapsed_ms: u64,
}

impl RequestEnd<'_> {
    /// Whether this is about a write that left: it was answered, or may have left and no answer came. One
    /// that was turned away before it was looked at (401, 429) is repeated, and counts once.
    pub fn is_sent_write(&self) -> bool {
        let is = |one: Verdict| self.verdict == one.as_str();
        self.kind == RequestKind::Write
            && !is(Verdict::Throttled(None))
            && !is(Verdict::Unauthorized)
            && (is(Verdict::Uncertain) || self.status.is_some())
    }
}

/// What an event says. The name of a variant is the kind of the event; its fields, in this order, are the
/// members of the stored JSON object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum EventBody<'a> {
    /// A roster was loaded. The first event of a chain: it says which job this is.
    JobLoaded {
        /// What is asked for every user.
        change: Cow<'a, str>,
        /// How the provider compares ids.
        #[serde(default, with = "word::optional")]
        ids: Option<IdRule>,
        /// The job's id.
        job: Cow<'a, str>,
        /// Records in the roster.
        lines: u64,
        /// How the roster was read, and by which profile: a JSON object.
        #[serde(default)]
        reading: Option<Cow<'a, Value>>,
        /// SHA-256 of the roster's bytes.
        roster_digest: Cow<'a, str>,
        /// The SCIM base URL.
        target: Cow<'a, str>,
        /// Distinct valid users.
        users: u64,
        /// The program's version.
        #[serde(default)]
        version: Option<Cow<'a, str>>,
    },
    /// The chain of a job begins that was loaded before there were chains. It says which job this is.
    ChainBegun {
        /// What is asked for every user.
        change: Cow<'a, str>,
        /// Events of the job that are not in the chain.
        events_before: u64,
        /// How the provider compares ids.
        #[serde(default, with = "word::optional")]
        ids: Option<IdRule>,
        /// The job's id.
        job: Cow<'a, str>,
        /// Records in the roster.
        lines: u64,
        /// SHA-256 of the roster's bytes.
        roster_digest: Cow<'a, str>,
        /// The SCIM base URL.
        target: Cow<'a, str>,
        /// Distinct valid users.
        users: u64,
        /// The program's version.
        version: Cow<'a, str>,
    },
    /// A run has begun. Versions before the plan wrote neither its kind nor who asked for it.
    RunStarted {
        /// The account that signs in, as it was typed.
        account: Cow<'a, str>,
        /// The account's own id at the provider.
        #[serde(default)]
        actor_id: Option<Cow<'a, str>>,
        /// Who has approved it.
        #[serde(default)]
        approver: Option<Cow<'a, str>>,
        /// The machine.
        host: Cow<'a, str>,
        /// What the run does.
        #[serde(default, with = "word::optional")]
        kind: Option<RunKind>,
        /// The user of the operating system.
        #[serde(default)]
        operator: Option<Cow<'a, str>>,
        /// The process.
        #[serde(default)]
        pid: u32,
        /// Why, in words.
        #[serde(default)]
        reason: Option<Cow<'a, str>>,
        /// The run's id.
        #[serde(default)]
        run: Cow<'a, str>,
        /// Runs that had not ended, and are taken for dead.
        #[serde(default)]
        runs_found_dead: u64,
        /// What was set, without secrets: a JSON object.
        #[serde(default)]
        settings: Option<Cow<'a, Value>>,
        /// The provider's id of the tenant.
        #[serde(default)]
        tenant: Option<Cow<'a, str>>,
        /// The ticket that asks for the job.
        #[serde(default)]
        ticket: Option<Cow<'a, str>>,
        /// The program's version.
        version: Cow<'a, str>,
    },
    /// A run has ended.
    RunEnded {
        /// How.
        ending: Cow<'a, str>,
        /// Requests sent.
        #[serde(default)]
        requests: Option<u64>,
        /// The run's id.
        #[serde(default)]
        run: Cow<'a, str>,
        /// Answers that asked for fewer requests.
        #[serde(default)]
        throttled: Option<u64>,
        /// Why it stopped early, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Cow<'a, str>>,
    },
    /// A verification has read all users: how often each finding was made.
    VerificationEnded(BTreeMap<Cow<'a, str>, u64>),
    /// The plan is whole.
    Planned {
        /// SHA-256 over all its lines.
        digest: Cow<'a, str>,
        /// How the users were looked up: a JSON object.
        looked_up: Cow<'a, Value>,
        /// Users that it writes.
        to_write: u64,
    },
    /// The plan was discarded: users that were not written are looked up again.
    PlanDiscarded {
        /// Why, for people.
        why: Cow<'a, str>,
    },
    /// What was seen of a user is too old: the user is looked up again.
    LookForgotten {},
    /// The first users are as the job wants them: the others follow.
    CanaryPassed {
        /// How many first users there were.
        users: u64,
    },
    /// A line is never sent: it is invalid, or a duplicate.
    SetAside {
        /// For people.
        #[serde(default)]
        detail: Option<Cow<'a, str>>,
        /// Which of the two.
        #[serde(with = "word")]
        outcome: Status,
        /// The code of why.
        #[serde(default)]
        reason: Option<Cow<'a, str>>,
    },
    /// A retry is confirmed.
    RetryConfirmed {
        /// Of the users that it writes, the ones that are active as far as is known.
        active: u64,
        /// Users that it writes.
        to_write: u64,
    },
    /// A run of an undo of this job has ended.
    Undone {
        /// The hash at which the chain of the undo ends.
        head: Option<Cow<'a, str>>,
        /// The undo's id.
        undo: Cow<'a, str>,
        /// The users of the undo, by outcome.
        users: BTreeMap<Cow<'a, str>, u64>,
    },
    /// A user was looked up: what the user has before anything is written.
    LookedUp {
        /// The id that the provider gave.
        id: Cow<'a, str>,
        /// Whether the user may sign in, if that was shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        active: Option<bool>,
        /// The user's workspaces, if they were shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workspaces: Option<Cow<'a, [String]>>,
    },
    /// A user was read again right before the first write. Only names change by this, and no event has them.
    Sampled {
        /// The id that the provider gave.
        id: Cow<'a, str>,
        /// Whether the user may sign in, if that was shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        active: Option<bool>,
        /// The user's workspaces, if they were shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workspaces: Option<Cow<'a, [String]>>,
    },
    /// A write is about to be sent.
    Begun {
        /// Which write for this user it is.
        attempt: u32,
        /// The request, without the credential.
        request: Cow<'a, str>,
    },
    /// A request was answered, or no answer came.
    Ended(RequestEnd<'a>),
    /// A user has an outcome.
    Settled {
        /// Which.
        #[serde(with = "word")]
        outcome: Status,
        /// The code of why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Cow<'a, str>>,
        /// What showed that the user is as wanted.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "word::optional"
        )]
        confirmed_by: Option<Confirmation>,
        /// Whether the user may sign in now, if that was shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        active: Option<bool>,
        /// The user's workspaces now, if they were shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workspaces: Option<Cow<'a, [String]>>,
        /// The provider's own words, or ours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<Cow<'a, str>>,
        /// The HTTP status of the answer that decided, where it is not the last one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        http_status: Option<u16>,
        /// The server's name for that request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<Cow<'a, str>>,
        /// The request that led to the outcome at once. Earlier versions stored it as an event of its own, as
        /// this one does where something happened in between.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<RequestEnd<'a>>,
    },
    /// A user was read again, after the outcome.
    Verified {
        /// What was found.
        #[serde(with = "word")]
        finding: Finding,
        /// Whether the user may sign in now, if that was shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        active: Option<bool>,
        /// The user's workspaces now, if they were shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        workspaces: Option<Cow<'a, [String]>>,
        /// What differs, or why nothing was shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<Cow<'a, str>>,
    },
    /// A user is given back: a later run deals with the user.
    Released {
        /// Writes that count.
        #[serde(default)]
        attempts: u32,
        /// Whether a write may have taken effect, and no answer has shown whether.
        #[serde(default)]
        in_doubt: bool,
        /// What the writes so far may have done. Earlier versions did not say.
        #[serde(default, with = "word::optional")]
        effect: Option<Effect>,
        /// Whether a write left, or may have, of which no answer was recorded.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unanswered: bool,
        /// Why, for people.
        #[serde(default)]
        why: Cow<'a, str>,
    },
    /// An event of a kind that this version does not know. It is kept, hashed and shown as it is stored.
    #[serde(skip)]
    Unknown,
}

/// The kinds of event that this version knows, by the words in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::ledger) enum EventKind {
    JobLoaded,
    ChainBegun,
    RunStarted,
    RunEnded,
    VerificationEnded,
    Planned,
    PlanDiscarded,
    LookForgotten,
    CanaryPassed,
    SetAside,
    RetryConfirmed,
    Undone,
    LookedUp,
    Sampled,
    Begun,
    Ended,
    Settled,
    Verified,
    Released,
}

impl EventKind {
    /// How many there are.
    #[cfg(test)]
    pub(in crate::ledger) const COUNT: usize = Self::Released as usize + 1;

    /// The kind with this word.
    pub(in crate::ledger) fn from_word(word: &str) -> Option<Self> {
        Self::deserialize(IntoDeserializer::<WordError>::into_deserializer(word)).ok()
    }
}

impl EventBody<'static> {
    /// Reads an event of this kind. One of a kind that this version does not know is
    /// [`EventBody::Unknown`].
    ///
    /// # Errors
    /// The kind is known, and the object is none of it.
    pub fn read(kind: &str, body: Value) -> Result<Self, serde_json::Error> {
        if EventKind::from_word(kind).is_none() {
            return Ok(Self::Unknown);
        }
        let members = [("kind", Value::from(kind)), ("body", body)];
        let event = members.map(|(name, value)| (name.to_owned(), value));
        Self::deserialize(Value::Object(event.into_iter().collect()))
    }
}

impl EventBody<'_> {
    /// Whether a chain may begin with this event: it says which job the chain is of.
    pub fn begins_chain(&self) -> bool {
        matches!(self, Self::JobLoaded { .. } | Self::ChainBegun { .. })
    }

    /// How a request ended, if this says it: an event of its own, or a part of the outcome.
    pub fn request_end(&self) -> Option<&RequestEnd<'_>> {
        match self {
            Self::Ended(end) => Some(end),
            Self::Settled { answer, .. } => answer.as_ref(),
            _ => None,
        }
    }
}
