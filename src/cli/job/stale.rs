//! Whether a plan that was made before still holds: its age, its digest in the ledger, and some of its users.

use std::time::Duration;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::job::{At, change};
use crate::domain::{Barred, Clock, Entry, Fact, UserId};
use crate::ledger::{Job, JobPlan, Ledger, RunEnding, RunKind};
use crate::plan::overview;
use crate::settings::Span;

/// Users of a plan who are looked at again before the first write.
const SAMPLE: usize = 10;

fn stale(why: &str) -> Failure {
    Failure::new(Exit::Rail, format!("the plan is stale: {why}")).hint(
        "nothing was written; make a new plan with `offboard plan` and the same arguments, look at it, \
         then run"
            .to_owned(),
    )
}

pub(super) fn check_age(plan: &JobPlan, at: &At<'_>) -> Result<(), Failure> {
    let ttl = at.settings.safety.plan_ttl;
    match Clock::System.now().since(plan.at) {
        Some(age) if age <= ttl => Ok(()),
        Some(age) => {
            let seconds = Duration::from_secs(age.as_secs());
            Err(stale(&format!(
                "it was made {} ago, and may be {} old (`--plan-ttl`)",
                Span(seconds),
                Span(ttl)
            )))
        }
        None => Err(stale(
            "it was made in the future: somebody has set the clock",
        )),
    }
}

/// A run works on its plan only.
pub(super) async fn check_digest(
    ledger: &mut Ledger,
    job: &Job,
    plan: &JobPlan,
    at: &At<'_>,
) -> Result<(), Failure> {
    let found = overview(ledger, job, &at.criteria).await?.digest;
    if found == plan.digest {
        return Ok(());
    }
    let message = format!(
        "what the ledger holds is not the plan that was made: its digest is {found}, and was {}",
        plan.digest
    );
    let hint = "somebody has changed the ledger, or the profile names other limits: plan again";
    Err(Failure::new(Exit::Ledger, message).hint(hint.to_owned()))
}

/// Looks at some users again: if they are not as the plan has them, others are not either. The names that
/// they have now are kept, so that the door judges by them, whatever becomes of this plan.
pub(super) async fn check_sample(
    ledger: &mut Ledger,
    job: &Job,
    at: &At<'_>,
) -> Result<(), Failure> {
    let inquirer = at.inquirer();
    let door = &at.criteria.door;
    let (mut changed, mut renamed) = (Vec::new(), Vec::new());
    let sample = ledger.sample(job, SAMPLE).await?;
    let looked_at = sample.len();
    for row in sample {
        let (Some(id), Some(seen)) = (&row.user_id, &row.before) else {
            continue;
        };
        let now = match at.read(&inquirer, &UserId::new(id)).await? {
            Ok(state) => state,
            Err(absence) if absence.is_not_found() => {
                changed.push(change::gone(&row));
                continue;
            }
            // The sample skips a user that cannot be read now: the run reads that user again and reports it.
            Err(_) => continue,
        };
        let is_changed = !seen.state.agrees_with(&now, job.ids);
        if is_changed {
            changed.push(change::between(&row, &seen.state, &now, job.ids));
        }
        let mut known = row.known.clone();
        known.update(&now);
        if !known.has_the_names_of(&row.known) {
            // What was not shown when the plan was made has not changed since.
            let then = door.may_write(Some(id), &row.known.or_shown_by(&known));
            let at_present = door.may_write(Some(id), &known);
            let moved = moved(then, at_present).filter(|_| !is_changed);
            changed.extend(moved.map(|why| change::line(&row, &why)));
            renamed.push(Entry {
                line: row.line,
                at: Clock::System.now(),
                fact: Fact::Sampled(now),
            });
        }
    }
    if !renamed.is_empty() {
        let run = ledger.start_run(job, RunKind::Plan, &at.mandate).await?;
        ledger.note(job, &run, &renamed).await?;
        ledger
            .end_run(&run, RunEnding::Finished, at.tally())
            .await?;
    }
    if changed.is_empty() {
        return Ok(());
    }
    Err(stale(&change::list(&changed, looked_at)))
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
