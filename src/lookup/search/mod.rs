//! Finding users by their names with searches, and when the result of a search can be believed.

pub(super) mod by_name;
mod search_trust;
pub(super) mod spelling;
