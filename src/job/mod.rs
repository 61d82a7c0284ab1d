//! A job from the roster to the last user: find or load it, sign in, plan, pass the rails, confirm, write the
//! canary, run, and close the run; also retry, verify and undo.
//!
//! It joins the ledger, the plan and the engine with the provider that the settings name. It prints nothing
//! and parses no argument: all that it says and asks goes through a [`Voice`], and what it has done is
//! returned. So the command line, the benchmark and tests start a job in the same way. It must not know
//! clap, indicatif, `cli` or the standard streams.

mod error;
mod gate;
mod latest;
mod pace_keeper;
mod plan_and_scope;
mod selection;
mod setup;
mod sign_in;
mod site;
mod voice;
mod work;

pub use error::JobError;
pub(crate) use error::SiteError;
pub use gate::{CanaryError, RailError};
pub(crate) use latest::{ChosenJob, choose_begun, describe_job};
pub(crate) use plan_and_scope::{
    describe_kept_access, describe_look_up, describe_unseen_workspaces,
};
pub use selection::JobRequest;
pub(crate) use selection::{SelectionError, select};
pub use setup::{RunOptions, Setup};
pub use sign_in::Sessions;
pub(crate) use sign_in::{SecretError, SignedIn};
pub(crate) use site::operator;
pub use voice::{RunProgress, Signals, Voice};
pub use work::{JobEnd, JobResult, VerifyOptions, run, verify};
pub(crate) use work::{
    LeftAlone, PlannedJob, ProviderCheck, ProviderCheckError, UndoError, UndoRest, UndoStart,
    VerifyResult, by_order, check_provider, continue_undo, order, plan, retry, start_undo,
    warn_if_undone,
};
