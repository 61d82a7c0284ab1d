//! The generated list of workspaces of the tenant.
//!
//! A user's workspaces are a set of at most 64 bits over this list, so that a hundred thousand users need
//! little memory. The list never changes while the sandbox runs, so it has no lock.

use crate::sandbox::tenant::people::{mix, workspace_set};

/// How many workspaces the tenant has: more than the 50 that one call may name.
pub(crate) const COUNT: usize = 60;

/// A set of workspaces: bit `n` stands for the `n`th workspace of the [`WorkspaceList`].
pub(crate) type Set = u64;

/// One workspace.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// 32 lower-case hex digits.
    pub(crate) id: String,
    /// Such as `Workspace 03`.
    pub(crate) name: String,
}

/// All workspaces of the tenant.
#[derive(Debug)]
pub(crate) struct WorkspaceList(Vec<Workspace>);

impl WorkspaceList {
    /// The list for a seed.
    pub(crate) fn made(seed: u64) -> Self {
        Self((0..COUNT).map(|number| made(seed, number)).collect())
    }

    /// The members of a set, in the order of the list.
    pub(crate) fn members(&self, set: Set) -> impl Iterator<Item = &Workspace> {
        let listed = self.0.iter().enumerate();
        listed
            .filter(move |(number, _)| set & (1 << number) != 0)
            .map(|(_, workspace)| workspace)
    }

    /// The set of the one workspace with this id (upper or lower case).
    pub(crate) fn by_id(&self, id: &str) -> Option<Set> {
        self.position(|workspace| workspace.id.eq_ignore_ascii_case(id))
    }

    /// The set of the one workspace with this name.
    pub(crate) fn by_name(&self, name: &str) -> Option<Set> {
        self.position(|workspace| workspace.name == name)
    }

    fn position(&self, test: impl Fn(&Workspace) -> bool) -> Option<Set> {
        self.0.iter().position(test).map(|number| 1 << number)
    }
}

/// The `number`th workspace of a seed.
fn made(seed: u64, number: usize) -> Workspace {
    let salt = seed ^ 0x5eed_0f00_0000_0000;
    let id = mix(salt, number as u64);
    Workspace {
        id: format!("{id:032x}"),
        name: format!("Workspace {:02}", number + 1),
    }
}

/// The ids of the workspaces that a made person starts with.
pub(crate) fn ids_of(seed: u64, person: usize) -> Vec<String> {
    let set = workspace_set(seed, person);
    let numbers = (0..COUNT).filter(|number| set & (1 << number) != 0);
    numbers.map(|number| made(seed, number).id).collect()
}
