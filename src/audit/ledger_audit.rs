//! A ledger as evidence: its chain, and whether its tables agree with the chain.

use crate::audit::audit_fault::{AuditFault, AuditFaults};
use crate::audit::checks::{ChainCheck, TableCheck, check_totals};
use crate::audit::replay::{LinkedText, Replay, ReplayEvent};
use crate::audit::{Audit, AuditError};
use crate::ledger::{Job, Pages, Reader};
use crate::report::{Privacy, Summary, Table};

const EVENTS: &str = "events";
const USERS: &str = "users";
const JOB: &str = "jobs and runs";

/// Checks what a ledger holds of one job, at one moment. `head` is a hash that was kept elsewhere, and
/// must be one of the chain.
///
/// # Errors
/// The ledger cannot be read. What is wrong with what it holds is part of the audit.
pub async fn audit_ledger(
    reader: &mut Reader,
    job: &Job,
    head: Option<&str>,
) -> Result<Audit, AuditError> {
    reader.begin_snapshot().await?;
    let mut faults = AuditFaults::default();
    let mut chain = ChainCheck::new(EVENTS, head);
    let mut replay = Replay::new();
    events(reader, job, &mut chain, &mut replay, &mut faults).await?;
    let mut states = replay.line_states().map_err(AuditError::Temporary)?;
    let mut note = chain.finish(None, &mut faults);
    if let Some(header) = replay
        .header()
        .filter(|header| header.job != job.id.as_str())
    {
        let what = "the chain is that of another job";
        faults.push(AuditFault::of(EVENTS, what).but(&job.id, &header.job));
    }
    if replay.header().is_none() {
        if chain.unchained + chain.events > 0 {
            faults.push(AuditFault::of(EVENTS, "no event names the job"));
        } else {
            note = Some("the job has no events yet".to_owned());
        }
    }
    let columns = Table::header(job);
    let columns = columns.iter().map(String::as_str);
    let mut check = TableCheck::new(USERS, &replay, &mut states, columns);
    let mut table = Table::open(reader, job, Privacy::Open).await?;
    while let Some(page) = table.page(reader).await? {
        for row in page {
            let cells: Vec<_> = row.iter().map(String::as_str).collect();
            let checked = check.push(&cells, &mut faults);
            checked.map_err(AuditError::Temporary)?;
        }
    }
    check.finish(&mut faults);
    let summary = Summary::gather(reader, job, Privacy::Open).await?;
    let summary = serde_json::json!(summary);
    check_totals(JOB, &summary, &replay, &states, &chain, &mut faults);
    reader.end_snapshot().await?;
    let mut audit = Audit::new(&chain, &replay, faults);
    audit.notes.extend(note);
    Ok(audit)
}

async fn events(
    reader: &mut Reader,
    job: &Job,
    chain: &mut ChainCheck,
    replay: &mut Replay,
    faults: &mut AuditFaults,
) -> Result<(), AuditError> {
    let mut row = 0;
    let mut pages = Pages::of_events();
    while let Some(page) = pages
        .next(async |after, limit| reader.events(job, after, limit).await)
        .await?
    {
        for stored in &page {
            row += 1;
            let link = LinkedText {
                hash: stored.hash.clone(),
                masked: false,
                text: stored.text(),
            };
            match ReplayEvent::parse(&link.text) {
                Ok(event) => {
                    chain.push(row, &link, &event, faults);
                    let seq = event.seq;
                    let wrong = replay.push(event, link.hash);
                    if let Some(what) = wrong.map_err(AuditError::Temporary)? {
                        faults.push(AuditFault::of(EVENTS, what).line(row).event(seq));
                    }
                }
                Err(error) => {
                    let what = format!("the text is no event: {error}");
                    faults.push(AuditFault::of(EVENTS, what).line(row).event(stored.seq));
                }
            }
        }
    }
    Ok(())
}
