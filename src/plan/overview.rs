//! What a plan comes to: its lines in groups, how many users it writes, and which patterns of the protect
//! list cover no user. Nothing here changes the ledger.

use std::collections::BTreeMap;

use crate::domain::{ActiveUsers, Extent, Operation, Status};
use crate::ledger::{Job, JobPlan, Ledger, LedgerError, Pages, Retriable, UserRow};
use crate::plan::line_decision::Criteria;
use crate::plan::plan_totals::PlanTotals;
use crate::plan::planning::LookUpSummary;

/// How many lines of each group are kept for display.
const SHOWN: usize = 5;

/// The totals of a plan.
#[derive(Debug)]
pub(crate) struct Overview {
    /// The lines, grouped by their status. Users that are to be written are pending.
    pub groups: BTreeMap<Status, PlanGroup>,
    /// How many users the plan writes. The number of active users in the tenant is not known here.
    pub extent: Extent,
    /// The number of lines.
    pub lines: u64,
}

/// The lines with one status.
#[derive(Debug, Default)]
pub(crate) struct PlanGroup {
    /// How many lines there are.
    pub lines: u64,
    /// The first of them, each with its operations.
    pub first: Vec<(UserRow, Vec<Operation>)>,
}

/// Counts the users of a job that have no outcome yet, and those among them that are active or may be.
pub(crate) async fn active_to_write(
    ledger: &mut Ledger,
    job: &Job,
) -> Result<Retriable, LedgerError> {
    let mut open = Retriable::default();
    let mut pages = Pages::of_lines();
    while let Some(page) = pages
        .next(async |after, limit| ledger.open_plan_lines(job, after, limit).await)
        .await?
    {
        for row in &page {
            let seen = row.before.as_ref();
            open.users += 1;
            open.active += u64::from(seen.is_none_or(|seen| seen.state.active != Some(false)));
        }
    }
    Ok(open)
}

/// The patterns of the protect list that cover no user of a job.
#[derive(Debug, Default)]
pub(crate) struct UnmetPatterns {
    /// These patterns, as they were written.
    pub patterns: Vec<String>,
    /// How many users have no known name, so that any pattern may cover them.
    pub unnamed: u64,
}

/// Finds the patterns of the protect list that cover no user of the job, by what was seen of the users.
pub(crate) async fn unmet(
    ledger: &mut Ledger,
    job: &Job,
    criteria: &Criteria,
) -> Result<UnmetPatterns, LedgerError> {
    let mut unmet = criteria.door.protected.clone();
    let mut unnamed = 0;
    let mut pages = Pages::of_lines();
    while !unmet.is_empty() {
        let page = pages
            .next(async |after, limit| ledger.plan_lines(job, after, limit).await)
            .await?;
        let Some(page) = page else { break };
        for row in &page {
            let id = row.user_id.as_deref();
            criteria.door.leave_out_met(&mut unmet, id, &row.known);
            let is_a_user = !matches!(
                row.status,
                Status::NotFound | Status::Invalid | Status::Duplicate
            );
            unnamed += u64::from(is_a_user && row.known.user_name.is_none());
        }
    }
    Ok(UnmetPatterns {
        patterns: unmet.patterns().map(str::to_owned).collect(),
        unnamed,
    })
}

/// Reads the open lines of a job and adds up its plan, as it is now.
async fn totals(
    ledger: &mut Ledger,
    job: &Job,
    criteria: &Criteria,
) -> Result<PlanTotals, LedgerError> {
    let mut totals = PlanTotals::default();
    let mut pages = Pages::of_lines();
    while let Some(page) = pages
        .next(async |after, limit| ledger.open_plan_lines(job, after, limit).await)
        .await?
    {
        for row in &page {
            totals.take(row, criteria.operations(row).as_deref());
        }
    }
    Ok(totals)
}

/// Shows the plan of a job as it is now, also if the job has run since the plan was made.
pub(crate) async fn overview(
    ledger: &mut Ledger,
    job: &Job,
    criteria: &Criteria,
) -> Result<Overview, LedgerError> {
    let active = totals(ledger, job, criteria).await?.active;
    show(ledger, job, criteria, active).await
}

/// Shows a plan that was made just now. What it adds up to is stored with it.
pub(crate) async fn overview_of_new(
    ledger: &mut Ledger,
    job: &Job,
    plan: &JobPlan,
    criteria: &Criteria,
) -> Result<Overview, LedgerError> {
    let active = LookUpSummary::read(plan).active_to_write;
    show(ledger, job, criteria, active).await
}

async fn show(
    ledger: &mut Ledger,
    job: &Job,
    criteria: &Criteria,
    active: u64,
) -> Result<Overview, LedgerError> {
    let counts = ledger.counts(job).await?;
    let mut groups = BTreeMap::new();
    for status in Status::ALL.iter().copied() {
        let lines = counts.of(status);
        if lines == 0 {
            continue;
        }
        // With as many as there are, the search ends at the last of them.
        let limit = usize::try_from(lines).unwrap_or(SHOWN).min(SHOWN);
        let first = ledger.lines_with(job, &[status], limit).await?;
        let first = first.into_iter().map(|row| {
            let operations = criteria.operations(&(&row).into());
            (row, operations.unwrap_or_default())
        });
        let first = first.collect();
        groups.insert(status, PlanGroup { lines, first });
    }
    let to_write = groups.get(&Status::Pending).map_or(0, |group| group.lines);
    Ok(Overview {
        extent: Extent {
            to_write,
            active,
            tenant_active: ActiveUsers::Unknown,
        },
        lines: groups.values().map(|group| group.lines).sum(),
        groups,
    })
}
