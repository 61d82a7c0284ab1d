//! A register in memory.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Line, Reason, UserId, UserState, name_key};
use crate::lookup::tests::fake_provider::named;
use crate::lookup::{Absence, Outstanding, Position, Register, Sought, Wants};
use crate::port::JournalError;

/// Seeks users by id and by name, and keeps in memory what was found.
#[derive(Default)]
pub(super) struct MemoryRegister {
    sought: BTreeMap<u64, Sought>,
    /// Whether users are to be shown with their access.
    pub(super) wants_access: bool,
    /// Whether users are to be shown with their addresses.
    wants_addresses: bool,
    /// The workspaces that the change names.
    workspaces: Vec<String>,
    pub(super) found: BTreeMap<u64, UserState>,
    pub(super) missing: BTreeMap<u64, Reason>,
    candidates: BTreeMap<u64, BTreeMap<String, UserState>>,
    pub(super) ambiguous: BTreeSet<u64>,
    pub(super) position: Option<Position>,
    /// How often users that were read one by one were stored.
    pub(super) stored: usize,
}

impl MemoryRegister {
    pub(super) fn new(
        ids: impl IntoIterator<Item = u64>,
        names: impl IntoIterator<Item = u64>,
    ) -> Self {
        let mut this = Self::default();
        for number in ids {
            this = this.with_id(&format!("ID{number}"));
        }
        for number in names {
            let line = this.sought.len() as u64;
            let sought = Sought::UserName {
                line: Line(line + 2),
                name: named(number),
                is_hit: false,
            };
            this.sought.insert(line, sought);
        }
        this
    }

    pub(super) fn with_id(mut self, id: &str) -> Self {
        let line = self.sought.len() as u64;
        let id = UserId::new(id);
        self.sought.insert(line, Sought::Id(Line(line + 2), id));
        self
    }

    /// Spells the names in capitals.
    pub(super) fn in_capitals(&mut self) {
        for sought in self.sought.values_mut() {
            if let Sought::UserName { name, .. } = sought {
                *name = name.to_uppercase();
            }
        }
    }

    /// The same users, whose access is to be shown.
    pub(super) fn with_access(self) -> Self {
        Self {
            wants_access: true,
            ..self
        }
    }

    /// The same users, whose addresses may decide about them.
    pub(super) fn with_addresses(self) -> Self {
        Self {
            wants_addresses: true,
            ..self
        }
    }

    pub(super) fn with_workspaces(self, ids: [&str; 2]) -> Self {
        Self {
            workspaces: ids.map(str::to_owned).to_vec(),
            ..self
        }
    }

    fn left(&self) -> impl Iterator<Item = Sought> {
        let open = |line: &u64| {
            !self.found.contains_key(line)
                && !self.missing.contains_key(line)
                && !self.ambiguous.contains(line)
        };
        let left = self.sought.iter().filter(move |(line, _)| open(line));
        left.map(|(line, sought)| match sought.clone() {
            Sought::UserName {
                line: nth, name, ..
            } => Sought::UserName {
                line: nth,
                name,
                is_hit: self.candidates.contains_key(line),
            },
            by_id @ Sought::Id(..) => by_id,
        })
    }

    fn is_shown(&self, state: &UserState) -> bool {
        state.active.is_some()
            && (!self.wants_access || state.workspaces.is_some())
            && self.is_named(state)
    }

    fn is_named(&self, state: &UserState) -> bool {
        !self.wants_addresses || (state.addresses.is_some() && state.user_name.is_some())
    }
}

impl Register for MemoryRegister {
    fn wants(&self) -> Wants {
        Wants {
            access: self.wants_access,
            workspaces: self.workspaces.clone(),
            names: true,
        }
    }

    async fn lacking(&mut self, users: &[UserState]) -> Result<Vec<usize>, JournalError> {
        let left: Vec<_> = self.left().collect();
        let is_sought = |user: &UserState| {
            left.iter().any(|sought| match sought {
                Sought::Id(_, id) => id.as_str() == user.id,
                Sought::UserName { name, .. } => {
                    user.user_name.as_deref().map(name_key) == Some(name_key(name))
                }
            })
        };
        let lacking = users.iter().enumerate();
        let lacking = lacking.filter(|(_, user)| is_sought(user) && !self.is_named(user));
        Ok(lacking.map(|(nth, _)| nth).collect())
    }

    async fn outstanding(&mut self) -> Result<Outstanding, JournalError> {
        let by_id = self.left().filter(|one| matches!(one, Sought::Id(..)));
        let by_id = by_id.count() as u64;
        Ok(Outstanding {
            by_id,
            by_name: self.left().count() as u64 - by_id,
        })
    }

    async fn next(&mut self, after: Line, limit: usize) -> Result<Vec<Sought>, JournalError> {
        let next = self.left().filter(|one| one.line() > after);
        Ok(next.take(limit).collect())
    }

    async fn position(&mut self) -> Result<Option<Position>, JournalError> {
        Ok(self.position.clone())
    }

    async fn found(
        &mut self,
        users: Vec<UserState>,
        position: Option<Position>,
    ) -> Result<(), JournalError> {
        self.position = position.or_else(|| self.position.take());
        for user in users {
            for (line, sought) in &self.sought {
                let is_open = !self.found.contains_key(line);
                match sought {
                    Sought::Id(_, id) if id.as_str().eq_ignore_ascii_case(&user.id) => {
                        if is_open && self.is_shown(&user) {
                            self.found.insert(*line, user.clone());
                        }
                    }
                    Sought::UserName { name, .. } => {
                        let shown = user.user_name.as_deref().map(name_key);
                        if is_open && shown == Some(name_key(name)) {
                            let fits = self.candidates.entry(*line).or_default();
                            fits.insert(user.id.clone(), user.clone());
                        }
                    }
                    Sought::Id(..) => {}
                }
            }
        }
        Ok(())
    }

    async fn seen(&mut self, users: Vec<(Sought, UserState)>) -> Result<Vec<Sought>, JournalError> {
        self.stored += usize::from(!users.is_empty());
        let mut unshown = Vec::new();
        for (sought, state) in users {
            if self.wants_access && state.workspaces.is_none() {
                unshown.push(sought);
            } else {
                self.found.insert(sought.line().0 - 2, state);
            }
        }
        Ok(unshown)
    }

    async fn resolve(&mut self) -> Result<(), JournalError> {
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.retain(|line, _| !self.missing.contains_key(line));
        for (line, fits) in candidates {
            let mut states = fits.into_values();
            match (states.next(), states.next()) {
                (Some(one), None) if self.is_shown(&one) => {
                    self.found.insert(line, one);
                }
                (Some(one), None) => {
                    let id = UserId::new(one.id);
                    self.sought.insert(line, Sought::Id(Line(line + 2), id));
                }
                _ => {
                    self.ambiguous.insert(line);
                }
            }
        }
        Ok(())
    }

    async fn missing(&mut self, absent: Vec<(Sought, Absence)>) -> Result<(), JournalError> {
        for (sought, absence) in absent {
            self.missing.insert(sought.line().0 - 2, absence.reason);
        }
        Ok(())
    }
}
