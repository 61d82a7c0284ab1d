//! Why a look-up cannot go on.

use std::fmt;

use crate::port::{JournalError, SignInError};

/// Why a look-up cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookUpError {
    /// The provider has answered no request for too long.
    #[error("the provider is out: {0}")]
    Outage(String),
    /// The provider refuses the credential.
    #[error(transparent)]
    SignIn(SignInError),
    /// The account may not read users.
    #[error("the account may not read users: {0}")]
    NoRole(String),
    /// What answers is no SCIM service.
    #[error("what answers is no SCIM service: {0}")]
    NotScim(String),
    /// Something on the way, such as a proxy, lets no request through until a person has dealt with it.
    #[error("no request gets through: {0}")]
    Blocked(String),
    /// The provider does not list its users.
    #[error("the provider does not list its users: {0}")]
    NoList(String),
    /// The provider does not understand the filter, or cannot filter.
    #[error("the provider refuses the filter: {0}")]
    Filter(String),
    /// The provider does not have the attribute in which the profile looks for access.
    #[error(transparent)]
    NoAttribute(NoAttribute),
    /// The users that were found cannot be stored.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The provider does not have the attribute in which the profile looks for access, as far as its answers show:
/// the access of its users cannot be seen, so that it cannot be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAttribute {
    /// The attribute.
    pub attribute: String,
    /// The number of users that were shown, all of them without the attribute.
    pub users: u64,
    /// Other attributes in which users are shown to have access.
    pub other_access: Vec<String>,
}

impl std::error::Error for NoAttribute {}

impl fmt::Display for NoAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "access cannot be seen, so it cannot be removed: none of {} users shows the attribute `{}`, \
             and the service does not declare it (/Schemas)",
            self.users, self.attribute
        )?;
        if !self.other_access.is_empty() {
            let others = quoted(&self.other_access);
            write!(f, "; its users have access in {others}")?;
        }
        Ok(())
    }
}

impl NoAttribute {
    /// What the user of the program can do.
    pub const HINT: &'static str = "give `--disable` alone, or a profile whose `[scim.access]` names an attribute that the service \
         has; nothing was written";
}

/// Names of attributes, as part of a sentence.
fn quoted(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" and ")
}
