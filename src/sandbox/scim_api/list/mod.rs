//! `GET /Users`: the query of a list request, its filter, and the pages of users that answer it.

pub(crate) mod list_call;
pub(crate) mod list_filter;
pub(crate) mod list_query;
