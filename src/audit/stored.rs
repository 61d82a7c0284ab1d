//! A ledger as evidence: its chain, and whether its tables say what the chain says.

use crate::audit::chain::ChainCheck;
use crate::audit::event::{Event, Link};
use crate::audit::fault::{Fault, Faults};
use crate::audit::replay::Replay;
use crate::audit::table::TableCheck;
use crate::audit::{Audit, AuditError, totals};
use crate::ledger::{Job, Reader};
use crate::report::{Privacy, Summary, Table};

const EVENTS: &str = "events";
const USERS: &str = "users";
const JOB: &str = "jobs and runs";

/// Events that are in memory at the same time.
const PAGE: usize = 1000;

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
    let mut faults = Faults::default();
    let mut chain = ChainCheck::new(EVENTS, head);
    let mut replay = Replay::default();
    events(reader, job, &mut chain, &mut replay, &mut faults).await?;
    let mut note = chain.finish(None, &mut faults);
    if let Some(header) = replay
        .header()
        .filter(|header| header.job != job.id.as_str())
    {
        let what = "the chain is that of another job";
        faults.push(Fault::of(EVENTS, what).but(&job.id, &header.job));
    }
    if replay.header().is_none() {
        if chain.unchained + chain.events > 0 {
            faults.push(Fault::of(EVENTS, "no event names the job"));
        } else {
            note = Some("the job has no events yet".to_owned());
        }
    }
    let columns = Table::header(job);
    let mut check = TableCheck::new(USERS, &replay, columns.iter().map(String::as_str));
    let mut table = Table::open(reader, job, Privacy::Open).await?;
    loop {
        let page = table.page(reader).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            let cells: Vec<_> = row.iter().map(String::as_str).collect();
            check.push(&cells, &mut faults);
        }
    }
    check.finish(&mut faults);
    let summary = Summary::gather(reader, job, Privacy::Open).await?;
    let summary = serde_json::json!(summary);
    totals::check(JOB, &summary, &replay, &chain, &mut faults);
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
    faults: &mut Faults,
) -> Result<(), AuditError> {
    let mut after = 0;
    let mut row = 0;
    loop {
        let page = reader.events(job, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.number;
        for stored in &page {
            row += 1;
            let link = Link {
                hash: stored.hash.clone(),
                masked: false,
                text: stored.text(),
            };
            match serde_json::from_str::<Event>(&link.text) {
                Ok(event) => {
                    chain.push(row, &link, &event, faults);
                    if let Some(what) = replay.push(&event, link.hash.as_deref()) {
                        faults.push(Fault::of(EVENTS, what).line(row).event(event.seq));
                    }
                }
                Err(error) => {
                    let what = format!("the text is no event: {error}");
                    faults.push(Fault::of(EVENTS, what).line(row).event(stored.seq));
                }
            }
        }
    }
}
