//! The state of the scripted tenant: its users, the requests that arrived, and each broken promise that it saw.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Door, KnownNames, RequestKind};

/// How old a state may be that a whole list is computed from, when the write arrives.
const FRESH: Duration = Duration::from_mins(1);

/// One user as the tenant knows it.
#[derive(Debug, Clone)]
pub(crate) struct FakeUser {
    pub(crate) active: bool,
    pub(crate) workspaces: Vec<String>,
    pub(crate) is_deleted: bool,
    pub(crate) user_name: Option<String>,
    pub(crate) addresses: Vec<String>,
    /// When an answer showed the user last.
    pub(super) shown_at: Option<Instant>,
    /// Writes that arrived.
    pub(crate) writes: u32,
    /// Writes that were answered with 401 or 429.
    pub(crate) turned_away: u32,
    /// Writes that took effect in full.
    pub(crate) applied: u32,
    /// Reads that arrived.
    pub(crate) reads: u32,
    /// The last of them that a write was computed from.
    pub(super) read_used: u32,
    /// Requests of each kind, including those that never left.
    pub(super) asked: [u32; 2],
}

impl FakeUser {
    /// A user with access, for whom nothing has arrived yet.
    pub(super) fn new() -> Self {
        Self {
            active: true,
            workspaces: vec!["w1".to_owned(), "w2".to_owned()],
            is_deleted: false,
            user_name: None,
            addresses: Vec::new(),
            shown_at: None,
            writes: 0,
            turned_away: 0,
            applied: 0,
            reads: 0,
            read_used: 0,
            asked: [0; 2],
        }
    }

    /// Whether the user has no access left.
    pub(crate) fn is_gone(&self) -> bool {
        self.is_deleted || (!self.active && self.workspaces.is_empty())
    }
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    pub(crate) user: String,
    pub(crate) kind: RequestKind,
}

#[derive(Debug, Default)]
pub(super) struct TenantState {
    pub(super) people: HashMap<String, FakeUser>,
    pub(super) arrivals: Vec<Arrival>,
    pub(super) broken: Vec<String>,
    /// The credential that the run holds, how old a good one may be, and how often it was renewed.
    pub(super) credential: u64,
    pub(super) good_from: u64,
    pub(super) renewals: u64,
    /// Until when the sign-in service is out.
    pub(super) no_sign_in_until: Option<Instant>,
    /// When the tenant asked for a wait of all requests, and until when.
    pub(super) closed: Option<(Instant, Instant)>,
    pub(super) now: usize,
    pub(super) peak: usize,
    /// Which users may not be written.
    pub(super) door: Door,
}

impl TenantState {
    /// P7: checks what must hold when a write arrives.
    pub(super) fn check_write(&mut self, user: &str, asked: &str) {
        let person = &self.people[user];
        let known = KnownNames {
            user_name: person.user_name.clone(),
            addresses: Some(person.addresses.clone()),
            ..KnownNames::default()
        };
        let mut broken = Vec::new();
        if let Err(barred) = self.door.is_protected(Some(user), &known) {
            broken.push(format!("{user} is written: {barred}"));
        }
        let is_made_from_it = asked.contains("SetWorkspaces") || asked.contains(" on read ");
        // Until a run reads the user, only the wall clock shows the age, and it does not advance here.
        if is_made_from_it
            && let Some(age) = person.shown_at.map(|shown| shown.elapsed())
            && age > FRESH
        {
            broken.push(format!("{user} is written by a state that is {age:?} old"));
        }
        self.broken.extend(broken);
    }
}

/// The workspaces that a write sends as a whole list.
pub(super) fn whole_list(asked: &str) -> Option<Vec<String>> {
    let (_, rest) = asked.split_once("SetWorkspaces([")?;
    let (ids, _) = rest.split_once("])")?;
    let ids = ids.split(", ").filter(|id| !id.is_empty());
    Some(ids.map(|id| id.trim_matches('"').to_owned()).collect())
}
