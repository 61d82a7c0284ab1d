//! The plan of a job: made if there is none, and refused if it is stale.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::job::At;
use crate::cli::job::stale::{check_age, check_digest, check_sample};
use crate::cli::terminal::Terminal;
use crate::domain::{Access, UserId, UserState};
use crate::ledger::{Job, Ledger, NewRun, RunEnding, RunKind};
use crate::lookup::{Inquirer, InquirySettings, LookUpError, LookUpProgress, read};
use crate::plan::{LookUpSummary, LookUps, PlanError, UnmetPatterns, make, unmet};
use crate::progress::Looking;
use crate::scim::ScimClient;

/// The time between two words about a provider that does not answer.
const EVERY: Duration = Duration::from_secs(10);

impl At<'_> {
    /// Who asks the provider, for look-ups.
    pub(in crate::cli) fn inquirer(&self) -> Inquirer<ScimClient> {
        let settings = InquirySettings {
            concurrency: self.settings.concurrency,
            throttle_wait: self.settings.throttle_wait,
            max_outage: self.settings.limits.outage,
            supports: self.settings.connection.finds(),
        };
        let signed_in = &self.signed_in;
        let client = Arc::clone(&signed_in.client);
        let terminal = self.terminal;
        let told = Mutex::new(None::<tokio::time::Instant>);
        Inquirer::new(client, Arc::clone(&signed_in.pace), settings).on_retry(move |why| {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_none_or(|last| last.elapsed() >= EVERY) {
                *told = Some(tokio::time::Instant::now());
                terminal.note(&format!("asking again: {why}"));
            }
        })
    }

    /// One user as the provider shows it; why not, in words.
    pub(in crate::cli) async fn read(
        &self,
        inquirer: &Inquirer<ScimClient>,
        user: &UserId,
    ) -> Result<Result<UserState, crate::lookup::Absence>, Failure> {
        Ok(read(inquirer, user).await?)
    }
}

/// The job with a plan that it may be worked on by: its own, or one that is made now.
pub(super) async fn planned(
    ledger: &mut Ledger,
    job: Job,
    at: &At<'_>,
    no_lookup: bool,
) -> Result<Job, Failure> {
    match &job.plan {
        None => {
            let job = plan(ledger, &job, at, no_lookup).await?;
            if let Some(plan) = &job.plan {
                let looked_up = LookUpSummary::read(plan);
                at.terminal.note(&how(&looked_up));
                if let Some(words) = kept(&looked_up) {
                    at.terminal.warn(&words);
                }
            }
            Ok(job)
        }
        // A retry moves lines of a job that was planned: it looks them up itself.
        Some(plan) if job.retry.is_none() && !ledger.was_run(&job).await? => {
            check_age(plan, at)?;
            check_digest(ledger, &job, plan, at).await?;
            check_sample(ledger, &job, at).await?;
            Ok(job)
        }
        Some(_) => Ok(job),
    }
}

/// The job with a plan that is made now. One that is being worked on keeps its own.
pub(super) async fn anew(ledger: &mut Ledger, job: Job, at: &At<'_>) -> Result<Job, Failure> {
    let job = match &job.plan {
        Some(_) if ledger.was_run(&job).await? => return Ok(job),
        Some(_) => ledger.discard_plan(&job, "planned again").await?,
        None => job,
    };
    plan(ledger, &job, at, false).await
}

/// How many patterns of the protect list are printed before the rest is shortened to `…`.
const UNMET_SHOWN: usize = 5;

/// Says which patterns of the protect list cover no user of the job: some are probably misspelt.
async fn tell_unmet(ledger: &mut Ledger, job: &Job, at: &At<'_>) -> Result<(), Failure> {
    let UnmetPatterns { patterns, unnamed } = unmet(ledger, job, &at.criteria).await?;
    if patterns.is_empty() {
        return Ok(());
    }
    let all = at.criteria.door.protected.patterns().len();
    let mut shown: Vec<_> = patterns.iter().take(UNMET_SHOWN).cloned().collect();
    if patterns.len() > UNMET_SHOWN {
        shown.push("…".to_owned());
    }
    let unknown = match unnamed {
        0 => String::new(),
        users => format!(" whose name is known (of {users} it is not)"),
    };
    at.terminal.note(&format!(
        "{} of {all} patterns of the protect list cover no user of this job{unknown}: {}",
        patterns.len(),
        shown.join(", ")
    ));
    Ok(())
}

/// Makes the plan of a job.
async fn plan(
    ledger: &mut Ledger,
    job: &Job,
    at: &At<'_>,
    no_lookup: bool,
) -> Result<Job, Failure> {
    if no_lookup && ledger.unseen_count(job).await?.1 > 0 {
        let message = "some lines of the roster have no user id, and names have to be looked up";
        return Err(Failure::new(Exit::Usage, message).hint("leave `--no-lookup` out".to_owned()));
    }
    let run = ledger.start_run(job, RunKind::Plan, &at.mandate).await?;
    let inquirer = at.inquirer();
    let mut looking = Looking::new(at.progress);
    let mut tell =
        |look: LookUpProgress| looking.tell(look.strategy.as_str(), look.requests, look.left);
    let asked = (!no_lookup).then(|| LookUps {
        inquirer: &inquirer,
        ttl: at.settings.safety.plan_ttl,
        active_needed: at.settings.safety.rails.enough_active(job.users),
    });
    let made = make(ledger, job, &run, asked, &at.criteria, &mut tell).await;
    looking.end();
    let ending = match &made {
        Ok(_) => RunEnding::Finished,
        Err(_) => RunEnding::Stopped("the look-up failed"),
    };
    match made {
        Ok(job) => {
            ledger.end_run(&run, ending, at.tally()).await?;
            tell_unmet(ledger, &job, at).await?;
            Ok(job)
        }
        Err(PlanError::Ledger(error)) => Err(error.into()),
        Err(PlanError::LookUp(error)) => {
            // The ledger's own trouble would hide what went wrong first.
            let _ = ledger.end_run(&run, ending, at.tally()).await;
            Err(error.into())
        }
    }
}

/// Looks up again the users for whom a retry needs a new look-up.
pub(super) async fn look_again(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    at: &At<'_>,
) -> Result<(), Failure> {
    let inquirer = at.inquirer();
    let mut looking = Looking::new(at.progress);
    let mut tell =
        |look: LookUpProgress| looking.tell(look.strategy.as_str(), look.requests, look.left);
    let asked = LookUps {
        inquirer: &inquirer,
        ttl: at.settings.safety.plan_ttl,
        active_needed: None,
    };
    let looking_up = crate::plan::look_again(ledger, job, run, asked, &at.criteria, &mut tell);
    let looked = Box::pin(looking_up).await;
    looking.end();
    Ok(looked?)
}

/// How the users were looked up, for people.
pub(in crate::cli) fn how(looked_up: &LookUpSummary) -> String {
    let requests = looked_up.requests;
    let s = if requests == 1 { "" } else { "s" };
    let way = match looked_up.method.as_str() {
        "pages" => format!("looked up by the pages of the user list, {requests} request{s}"),
        "singly" => format!("looked up one by one, {requests} request{s}"),
        "nothing" => "nobody had to be looked up".to_owned(),
        _ => return "not looked up: each user is read right before the write".to_owned(),
    };
    let at_least = if looked_up.active_is_at_least {
        "at least "
    } else {
        ""
    };
    let tenant = match (looked_up.total, looked_up.active) {
        (Some(total), Some(active)) => {
            format!("; the tenant has {total} users, {at_least}{active} active")
        }
        (Some(total), None) => format!("; the tenant has {total} users"),
        (None, Some(active)) => format!("; the tenant has {at_least}{active} active users"),
        (None, None) => String::new(),
    };
    way + &tenant
}

/// What users keep though their access is taken, for people: the profile does not know where it stands.
pub(in crate::cli) fn kept(looked_up: &LookUpSummary) -> Option<String> {
    if looked_up.kept_access.is_empty() {
        return None;
    }
    let names: Vec<_> = looked_up
        .kept_access
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    let names = names.join(" and ");
    Some(format!(
        "users keep what they have in {names}: this profile does not remove it"
    ))
}

/// Workspaces that the change names and no user who was looked up had, for people.
pub(in crate::cli) fn unseen(ids: &[String]) -> Option<String> {
    let names: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
    let (these, is) = match names.len() {
        0 => return None,
        1 => ("workspace", "its id is"),
        _ => ("workspaces", "their ids are"),
    };
    let names = names.join(" and ");
    Some(format!(
        "no user who was looked up is a member of the {these} {names}: check that {is} right"
    ))
}

/// Warns of the workspaces that the job's change names and no user was seen in: their ids may be mistyped.
/// Returns whether there are any.
pub(super) async fn tell_unseen(
    ledger: &mut Ledger,
    job: &Job,
    terminal: Terminal,
) -> Result<bool, Failure> {
    let Access::RemoveFrom(ids) = job.change.access() else {
        return Ok(false);
    };
    // A look-up by the list has seen users outside the roster, too.
    let looked_up = job.plan.as_ref().map(LookUpSummary::read);
    let ids = match &looked_up {
        Some(looked_up) if looked_up.is_made() => &looked_up.unseen_workspaces,
        _ => ids,
    };
    let words = unseen(&ledger.workspaces_unseen(job, ids).await?);
    if let Some(words) = &words {
        terminal.warn(words);
    }
    Ok(words.is_some())
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::LookUp(error) => error.into(),
            PlanError::Ledger(error) => error.into(),
        }
    }
}

impl From<LookUpError> for Failure {
    fn from(error: LookUpError) -> Self {
        let (exit, hint) = match error {
            LookUpError::SignIn(error) => return error.into(),
            LookUpError::NoAttribute(ref missing) => {
                let hint = missing.hint();
                return Self::new(Exit::Settings, error).hint(hint);
            }
            LookUpError::Outage(_) => (
                Exit::StoppedEarly,
                "what was looked up is kept: the same command continues",
            ),
            LookUpError::NoRole(_) => (
                Exit::SignIn,
                "give the account the role of a user administrator; if the provider speaks of the \
                 credential, renew that; nothing was written",
            ),
            LookUpError::Blocked(_) => (
                Exit::Settings,
                "put that right: the same command then continues; nothing was written",
            ),
            LookUpError::NotScim(_) => (Exit::Settings, "check `--scim-url`; nothing was written"),
            LookUpError::NoList(_) => (
                Exit::Settings,
                "check `--scim-url`, and that the profile is the provider's",
            ),
            LookUpError::Filter(_) => (Exit::Usage, "correct `--filter`, or leave it out"),
            LookUpError::Journal(_) => (
                Exit::Ledger,
                "put that right; the same command then continues",
            ),
        };
        Self::new(exit, error).hint(hint.to_owned())
    }
}
