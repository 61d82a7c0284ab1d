//! What `--json` prints: one object for each verb. Members are added in later versions, and none is removed or gets
//! another meaning within one `schema`; a test keeps that. `docs/json.md` and `docs/schemas` are made from these types.
//!
//! It must not know how the facts are found, or where the text goes.

mod check_form;
mod failure_form;
mod form_version;
mod job_forms;
mod list_forms;
mod plan_form;
mod roster_form;
mod user_forms;

#[cfg(test)]
mod documentation;

pub(crate) use check_form::{AccessForm, CheckForm, ClockForm, EstimateForm, PaceForm, UsersForm};
pub(crate) use failure_form::FailureForm;
pub(crate) use form_version::{SCHEMA, VERSION};
pub(crate) use job_forms::{
    CancelledForm, CopiedForm, JobsForm, NothingForm, OrderForm, OrderedForm, PrunedForm, RunForm,
    StatusForm, VerifyForm, WorkedForm,
};
pub(crate) use list_forms::{
    ExportForm, ProfileForm, ProfilesForm, SandboxForm, SettingForm, SettingsForm, WorkerForm,
};
pub(crate) use plan_form::{GroupForm, PlanForm, PlannedUser, RefusalForm, WorkForm};
pub(crate) use roster_form::{BadLineForm, ColumnForm, RepeatForm, RosterForm};
pub(crate) use user_forms::{EventForm, ExplainForm, HistoryForm, UserForm};
