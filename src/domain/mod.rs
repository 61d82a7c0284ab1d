//! Plain types and pure rules, in the words that code, SQL, help and reports share.
//!
//! Nothing here does I/O, reads a clock by itself or knows any other module of the crate. The rules
//! that decide about people (what an answer means, how a user ended) live here so that they can be
//! read, and tested, as tables.

mod answer;
mod chain;
mod change;
mod coverage;
mod door;
mod entry;
mod goal;
mod id;
mod known;
mod limit;
mod name;
mod operation;
mod outcome;
mod plain_text;
mod protect;
mod rails;
mod state;
mod time;
mod verdict;
mod escape;

pub use answer::{
    Allowance, Answer, Content, Credential, DecidedBy, Filter, PageAt, Problem, Request,
    RequestKind, Resource, Silence, UserPage,
};
pub use chain::{EventParts, NO_HASH, hex, link};
pub use change::{Access, Change, ChangeError};
pub use coverage::{Coverage, ListEnd};
pub use door::{Barred, Door};
pub use entry::{Effect, Entry, Fact, Finding};
pub use goal::{Goal, Held, Membership, Need};
pub use id::{IdRule, IdSet, JobId, Line, RunId, UserId};
pub use known::KnownNames;
pub use limit::{FailureLimit, FailureLimitError, Limits};
pub use name::name_key;
pub use operation::{Means, Operation};
pub use outcome::{Confirmation, Outcome, Reason, ReasonError, Settlement, Status};
pub use plain_text::{TextFault, pem_text, plain_text};
pub use protect::{Actor, ProtectList};
pub use rails::{ActiveUsers, Extent, Rails, Share, ShareError, Tripped};
pub use state::{Seen, UserState};
pub use time::{Clock, Timestamp};
pub use verdict::{Verdict, judge};
pub use escape::{escape_controls, escape_json, is_unseen, on_one_line};
