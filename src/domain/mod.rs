//! Plain types and pure rules. All other rooms of the crate use them.
//!
//! Nothing here does I/O, reads a clock by itself or uses another room. The rules that decide about users
//! (what an answer means, whether a user may be written, how a user ended) are pure functions, so that
//! each can be read and tested as a table.

mod evidence;
mod exchange;
mod job_ids;
mod outcome;
mod safety;
mod text;
mod time;
mod user;
mod wanted_state;

pub use evidence::{Effect, Entry, EventParts, Fact, Finding, NO_HASH, hex, link};
pub use exchange::{
    Allowance, Answer, Content, Coverage, Credential, DecidedBy, Expected, Filter, ListEnd, PageAt,
    Problem, Request, RequestKind, Resource, Silence, UserPage, Verdict, judge,
};
pub use job_ids::{JobId, Line, RunId};
pub use outcome::{Confirmation, Outcome, Reason, ReasonError, Settlement, Status};
pub use safety::{
    ActiveUsers, Actor, Barred, Door, Extent, FailureLimit, FailureLimitError, Limits, ProtectList,
    Rails, Share, ShareError, Tripped,
};
pub use text::{
    TextFault, escape_controls, escape_json, is_unseen, on_one_line, pem_text, plain_text,
};
pub use time::{Clock, Timestamp};
pub use user::{IdRule, IdSet, KnownNames, Seen, UserId, UserState, name_key};
pub use wanted_state::{
    Access, Change, ChangeError, Division, Goal, Held, Means, Membership, Need, Operation,
};
