//! One request, its answer or its silence, and what that means for a user.

mod answer;
mod list_coverage;
mod request;
mod verdict;

pub(crate) use answer::{
    Allowance, Answer, Content, Credential, DecidedBy, Problem, Resource, Silence, UserPage,
};
pub(crate) use list_coverage::{Coverage, ListEnd};
pub use request::RequestKind;
pub(crate) use request::{Filter, PageAt, Request};
pub use verdict::Verdict;
pub(crate) use verdict::{Expected, judge};
