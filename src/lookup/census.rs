//! What a look-up has seen of a tenant as a whole.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::{IdRule, UserState};

/// What all users together have shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Census {
    /// Times that a user was shown.
    pub shown: u64,
    /// Of the workspaces that the change names, those that a shown user has.
    pub workspaces: BTreeSet<String>,
    /// Attributes other than the profile's in which users have access.
    pub other_access: BTreeSet<String>,
}

impl Census {
    /// Takes users who were shown. `named` are the workspaces that the change names.
    pub(super) fn take(&mut self, users: &[UserState], named: &[String], ids: IdRule) {
        self.shown += users.len() as u64;
        for user in users {
            let has = user.workspaces.as_deref().unwrap_or_default();
            let has = ids.set(has);
            let had = named.iter().filter(|id| has.contains(id));
            self.workspaces.extend(had.cloned());
            for attribute in &user.other_access {
                if !self.other_access.contains(attribute) {
                    self.other_access.insert(attribute.clone());
                }
            }
        }
    }

    /// The workspaces that the change names and that no shown user has.
    pub(super) fn unseen(&self, named: Vec<String>) -> Vec<String> {
        let mut unseen = named;
        unseen.retain(|id| !self.workspaces.contains(id));
        unseen
    }
}
