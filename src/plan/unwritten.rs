//! Gives an outcome to each user of a plan that is not to be written.

use crate::domain::{Clock, Entry, Fact, Status};
use crate::ledger::{Job, Ledger, LedgerError, NewRun, Pages, UserRow};
use crate::plan::line_decision::{Criteria, LineDecision};

/// Gives an outcome to each user that is not to be written: a protected user, a user in the wanted state, and
/// a user that cannot be brought there. Returns how many users got one.
pub(super) async fn settle(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    criteria: &Criteria,
) -> Result<u64, LedgerError> {
    each_page(ledger, job, run, |row| match criteria.decide(row) {
        LineDecision::Settle(settlement) => Some(Fact::Settled(settlement)),
        LineDecision::Settled | LineDecision::Write(_) => None,
    })
    .await
}

/// Gives an outcome to the protected users only. This protects users whom a later command added to the
/// protect list, after the plan was made. Returns how many users got one.
pub(crate) async fn protect(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    criteria: &Criteria,
) -> Result<u64, LedgerError> {
    each_page(ledger, job, run, |row| {
        let open = row.status == Status::Pending;
        let protection = open.then(|| criteria.protection(row)).flatten();
        protection.map(Fact::Settled)
    })
    .await
}

async fn each_page(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    fact: impl Fn(&UserRow) -> Option<Fact>,
) -> Result<u64, LedgerError> {
    let mut settled = 0;
    let mut pages = Pages::of_lines();
    while let Some(page) = pages
        .next(async |after, limit| ledger.lines(job, after, limit).await)
        .await?
    {
        let at = Clock::System.now();
        let entries = page.iter().filter_map(|row| {
            Some(Entry {
                line: row.line,
                at,
                fact: fact(row)?,
            })
        });
        let entries: Vec<_> = entries.collect();
        settled += entries.len() as u64;
        ledger.note(job, run, &entries).await?;
    }
    Ok(settled)
}
