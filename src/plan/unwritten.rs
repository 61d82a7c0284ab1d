//! Gives an outcome to each user of a plan that is not to be written.

use crate::domain::{Clock, Entry, Fact};
use crate::ledger::{Job, Ledger, LedgerError, NewRun, Pages, PlanLine};
use crate::plan::line_decision::{Criteria, LineDecision};
use crate::plan::plan_totals::PlanTotals;

/// Gives an outcome to each user that is not to be written: a protected user, a user in the wanted state, and
/// a user that cannot be brought there. Returns what the plan then adds up to.
pub(super) async fn settle(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    criteria: &Criteria,
) -> Result<PlanTotals, LedgerError> {
    let mut totals = PlanTotals::default();
    let mut fact = |row: &mut PlanLine| {
        let (fact, operations) = match criteria.decide(row) {
            LineDecision::Settle(settlement) => {
                row.status = settlement.outcome.status();
                (Some(Fact::Settled(settlement)), None)
            }
            LineDecision::Settled => (None, None),
            // The user must be read first. The plan has what is known until then.
            LineDecision::Write(operations) if operations.is_empty() => {
                (None, criteria.operations(row))
            }
            LineDecision::Write(operations) => (None, Some(operations)),
        };
        totals.take(row, operations.as_deref());
        fact
    };
    let mut pages = Pages::of_lines();
    while let Some(mut page) = pages
        .next(async |after, limit| ledger.open_plan_lines(job, after, limit).await)
        .await?
    {
        let at = Clock::System.now();
        let entries = page.iter_mut().filter_map(|row| {
            Some(Entry {
                fact: fact(row)?,
                line: row.line,
                at,
            })
        });
        let entries: Vec<_> = entries.collect();
        ledger.note(job, run, &entries).await?;
    }
    Ok(totals)
}
