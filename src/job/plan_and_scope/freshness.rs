//! Checks whether a plan that was made before still holds: its age, its digest in the ledger, and a sample of its
//! users.

use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::domain::{Barred, Clock, Entry, Fact, UserId};
use crate::job::plan_and_scope::plan_difference;
use crate::job::site::Site;
use crate::job::{JobError, RailError, SiteError};
use crate::ledger::{Job, JobPlan, Ledger, RunEnding, RunKind, UserRow};
use crate::plan::plan_header;
use crate::settings::Span;

/// Users of a plan that are read again before the first write.
const SAMPLE: usize = 10;

/// Refuses a plan that is older than `ttl`.
pub(super) fn check_age(plan: &JobPlan, ttl: Duration) -> Result<(), RailError> {
    match Clock::System.now().since(plan.at) {
        Some(age) if age <= ttl => Ok(()),
        Some(age) => {
            let seconds = Duration::from_secs(age.as_secs());
            Err(RailError::Stale(format!(
                "it was made {} ago, and may be {} old (`--plan-ttl`)",
                Span(seconds),
                Span(ttl)
            )))
        }
        None => Err(RailError::Stale(
            "it was made in the future: the clock of this machine was set back".to_owned(),
        )),
    }
}

/// Some users of a plan, which are read again before the first write.
pub(super) async fn draw_sample(ledger: &mut Ledger, job: &Job) -> Result<Vec<UserRow>, JobError> {
    Ok(ledger.sample(job, SAMPLE).await?)
}

/// Refuses a plan that is not stored as it was made. Of the users only those around the sample are compared here; the
/// others are compared before they are claimed.
pub(super) async fn check_digest(
    ledger: &mut Ledger,
    job: &Job,
    plan: &JobPlan,
    site: &Site<'_>,
    sample: &[UserRow],
) -> Result<(), JobError> {
    let lines: Vec<_> = sample.iter().map(|row| row.line).collect();
    let header = plan_header(job, &site.criteria.means);
    let Some(found) = ledger.check_plan(job, &header, &lines).await? else {
        let why = "an earlier version of this program made it";
        return Err(RailError::Stale(why.to_owned()).into());
    };
    if found == plan.digest {
        return Ok(());
    }
    Err(SiteError::OtherPlan {
        found,
        planned: plan.digest.clone(),
    }
    .into())
}

/// Reads the sample again: if these users differ from the plan, other users may differ, too. The names that they have now
/// are stored, so that the door judges by them even if this plan is thrown away.
pub(super) async fn check_sample(
    ledger: &mut Ledger,
    job: &Job,
    site: &Site<'_>,
    sample: Vec<UserRow>,
) -> Result<(), JobError> {
    let inquirer = site.inquirer();
    let door = &site.criteria.door;
    let (mut changed, mut renamed) = (Vec::new(), Vec::new());
    let looked_at = sample.len();
    let asked = sample.into_iter().filter_map(|row| {
        let (id, seen) = (row.user_id.clone()?, row.before.clone()?);
        Some((row, id, seen))
    });
    let mut reads = stream::iter(asked)
        .map(|(row, id, seen)| {
            let inquirer = &inquirer;
            async move {
                let now = site.read(inquirer, &UserId::new(&id)).await;
                (row, id, seen, now)
            }
        })
        .buffered(SAMPLE);
    while let Some((row, id, seen, now)) = reads.next().await {
        let now = match now? {
            Ok(state) => state,
            Err(absence) if absence.is_not_found() => {
                changed.push(plan_difference::gone(&row));
                continue;
            }
            // The sample skips a user that cannot be read now: the run reads that user again and reports it.
            Err(_) => continue,
        };
        let is_changed = !seen.state.agrees_with(&now, job.ids);
        if is_changed {
            changed.push(plan_difference::between(&row, &seen.state, &now, job.ids));
        }
        let mut known = row.known.clone();
        known.update(&now);
        if !known.has_the_names_of(&row.known) {
            // What was not shown when the plan was made has not changed since.
            let then = door.may_write(Some(&id), &row.known.or_shown_by(&known));
            let at_present = door.may_write(Some(&id), &known);
            let moved = moved(then, at_present).filter(|_| !is_changed);
            changed.extend(moved.map(|why| plan_difference::line(&row, &why)));
            renamed.push(Entry {
                line: row.line,
                at: Clock::System.now(),
                fact: Fact::Sampled(now),
            });
        }
    }
    if !renamed.is_empty() {
        let run = ledger.start_run(job, RunKind::Plan, &site.mandate).await?;
        ledger.note(job, &run, &renamed).await?;
        ledger
            .end_run(&run, RunEnding::Finished, site.tally())
            .await?;
    }
    if changed.is_empty() {
        return Ok(());
    }
    Err(RailError::Stale(plan_difference::list(&changed, looked_at)).into())
}

/// What has changed about whether a user may be written, if anything has.
fn moved(then: Result<(), Barred>, now: Result<(), Barred>) -> Option<String> {
    match (then, now) {
        (then, now) if then == now => None,
        (_, Err(barred)) => Some(barred.to_string()),
        (Err(barred), Ok(())) => Some(format!("no longer so: {barred}")),
        (Ok(()), Ok(())) => None,
    }
}
