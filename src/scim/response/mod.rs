//! Reads what providers answer: users, lists of users, errors, and what a provider says about itself.
//!
//! Nothing here sends a request, and nothing here decides what an answer means for a user.

pub(super) mod content;
pub(super) mod json_fields;
mod json_value;
pub(super) mod known_attributes;
pub(super) mod schemas;
pub(super) mod service_config;
pub(super) mod user;
pub(super) mod user_list;
