//! Plain types and pure rules. All other rooms of the crate use them.
//!
//! Nothing here does I/O, reads a clock by itself or uses another room. The rules that decide about users
//! (what an answer means, whether a user may be written, how a user ended) are pure functions, so that
//! each can be read and tested as a table.

mod evidence;
mod exchange;
mod job_ids;
mod lease_term;
mod ledger_address;
mod outcome;
mod restraint;
mod safety;
mod text;
mod time;
mod tolerance;
mod user;
mod wanted_state;
mod zone;

pub use evidence::{Effect, Entry, Fact, Finding, hex};
pub(crate) use evidence::{EventParts, NO_HASH, link};
pub(crate) use exchange::{
    Allowance, Answer, Content, Coverage, Credential, DecidedBy, Expected, Filter, ListEnd, PageAt,
    Problem, Request, Resource, Silence, UserPage, judge,
};
pub use exchange::{RequestKind, Verdict};
pub use job_ids::Line;
pub(crate) use job_ids::{JobId, RunId};
pub(crate) use lease_term::LeaseTerm;
pub(crate) use ledger_address::is_database;
pub use ledger_address::{DatabaseAddress, LedgerAddress};
pub use outcome::{Confirmation, Outcome, Reason, Settlement, Status};
pub use restraint::{Restraint, Slowed};
pub use safety::Share;
pub(crate) use safety::{
    ActiveUsers, Actor, Barred, Door, Extent, FailureLimit, FailureLimitError, Limits, ProtectList,
    Rails, Tripped,
};
pub use text::is_unseen;
pub(crate) use text::{
    TextFault, and_more, counted, escape_controls, escape_json, grouped, line_counts, name_user,
    on_one_line, one_or_many, pem_text, plain_text, user_counts,
};
pub use time::{Clock, Timestamp};
pub use tolerance::Tolerance;
pub use user::{IdRule, UserId, UserState};
pub(crate) use user::{KnownNames, Seen, name_key};
pub use wanted_state::{Access, Change};
pub(crate) use wanted_state::{
    ChangeError, Division, Goal, Held, Means, Membership, Need, Operation,
};
pub use zone::{ClockSetting, NamedZone, UnknownZone};
