//! A job before it is stored: what it is asked to do, and the lines of its roster.

use crate::domain::{Change, Goal, IdRule, UserId};
use crate::ledger::Job;

/// What makes a job.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// SHA-256 of target, change and roster digest.
    pub key: String,
    /// The SCIM base URL.
    pub target: String,
    /// What is asked for every user.
    pub change: Change,
    /// The roster, as an absolute path.
    pub roster_path: String,
    /// SHA-256 of the roster's bytes.
    pub roster_digest: String,
    /// The roster's column names.
    pub roster_header: Vec<String>,
    /// How the provider compares ids.
    pub ids: IdRule,
    /// How the roster was read, and by which profile: a JSON object.
    pub reading: serde_json::Value,
    /// The job that this one takes back.
    pub parent: Option<i64>,
}

/// One roster line.
#[derive(Debug, Clone)]
pub struct NewLine {
    /// Where the record begins.
    pub line: u64,
    /// The user that it names.
    pub names: Names,
    /// The e-mail address or user name that the roster gives.
    pub user_name: Option<String>,
    /// What this user is to have, where the change does not say.
    pub goal: Option<Goal>,
    /// The roster's own columns.
    pub cells: Vec<String>,
}

/// The user that a roster line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// The user with this id.
    Id(UserId),
    /// The user whose `userName` this is; the id is found when the user is looked up.
    UserName(String),
    /// No user: the line cannot be used.
    NoUser(Unusable),
}

/// Why a line cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// A stable code.
    pub reason: &'static str,
    /// For people.
    pub detail: String,
}

/// What was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// The new job.
    pub job: Job,
    /// Lines that name a user that an earlier line names.
    pub duplicates: u64,
}

/// How a roster differs from the one that an unfinished job was loaded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Users that only the new roster names.
    pub added: u64,
    /// The first of them.
    pub added_sample: Vec<String>,
    /// Users that only the old roster names.
    pub removed: u64,
    /// The first of them.
    pub removed_sample: Vec<String>,
}
