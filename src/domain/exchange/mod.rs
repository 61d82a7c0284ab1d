//! One request, its answer or its silence, and what that means for a user.

mod answer;
mod list_coverage;
mod request;
mod verdict;

pub use answer::{
    Allowance, Answer, Content, Credential, DecidedBy, Problem, Resource, Silence, UserPage,
};
pub use list_coverage::{Coverage, ListEnd};
pub use request::{Filter, PageAt, Request, RequestKind};
pub use verdict::{Expected, Verdict, judge};
