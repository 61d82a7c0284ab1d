//! The plan of a job: which users the command will write. A plan is made by looking up all users; before a run
//! begins, its age, its digest and some of its users are checked.

mod freshness;
mod look_up_words;
mod make_plan;
mod plan_difference;
mod scope;

pub(crate) use look_up_words::{
    describe_kept_access, describe_look_up, describe_unseen_workspaces,
};

pub(super) use look_up_words::warn_of_unseen_workspaces;
pub(super) use make_plan::{plan_anew, planned};
pub(super) use scope::{CommandScope, find_scope, prepare};
