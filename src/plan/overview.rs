//! What a plan comes to: its lines in groups, how many users it writes, and which patterns of the protect
//! list cover no user. Nothing here changes the ledger.

use std::collections::BTreeMap;

use crate::domain::{ActiveUsers, Extent, Operation, Status};
use crate::ledger::{Job, Ledger, LedgerError, Pages, Retriable, UserRow};
use crate::plan::line_decision::Criteria;
use crate::plan::plan_digest::PlanDigest;

/// How many lines of each group are kept for display.
const SHOWN: usize = 5;

/// The totals of a plan.
#[derive(Debug)]
pub(crate) struct Overview {
    /// The lines, grouped by their status. Users that are to be written are pending.
    pub groups: BTreeMap<Status, PlanGroup>,
    /// How many users the plan writes. The number of active users in the tenant is not known here.
    pub extent: Extent,
    /// SHA-256 over all lines, in hexadecimal.
    pub digest: String,
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
        .next(async |after, limit| ledger.lines(job, after, limit).await)
        .await?
    {
        for row in page.iter().filter(|row| row.status.is_open()) {
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
            .next(async |after, limit| ledger.lines(job, after, limit).await)
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

/// Reads all lines of a plan and returns its totals.
pub(crate) async fn overview(
    ledger: &mut Ledger,
    job: &Job,
    criteria: &Criteria,
) -> Result<Overview, LedgerError> {
    let mut digest = PlanDigest::new(job);
    let mut groups: BTreeMap<Status, PlanGroup> = BTreeMap::new();
    let (mut lines, mut active) = (0, 0);
    let mut pages = Pages::of_lines();
    while let Some(page) = pages
        .next(async |after, limit| ledger.lines(job, after, limit).await)
        .await?
    {
        for row in page {
            lines += 1;
            let operations = criteria.operations(&row);
            digest.line(&row, operations.as_deref());
            if operations.is_some() {
                let seen = row.before.as_ref();
                active += u64::from(seen.is_none_or(|seen| seen.state.active != Some(false)));
            }
            let group = groups.entry(row.status).or_default();
            group.lines += 1;
            if group.first.len() < SHOWN {
                group.first.push((row, operations.unwrap_or_default()));
            }
        }
    }
    let to_write = groups.get(&Status::Pending).map_or(0, |group| group.lines);
    Ok(Overview {
        groups,
        extent: Extent {
            to_write,
            active,
            tenant_active: ActiveUsers::Unknown,
        },
        digest: digest.finish(),
        lines,
    })
}
