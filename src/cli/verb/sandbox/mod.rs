//! `offboard sandbox`: the verb, and rosters of the users that a sandbox makes.

mod made_roster;
mod serve;

pub(crate) use made_roster::{roster_record, write_roster};
pub(crate) use serve::{SandboxArgs, sandbox, start};
