//! `offboard status`: where a job stands. Read-only, also while another process works on it.

use std::fmt::Write;

use serde_json::json;

use crate::cli::args::StatusArgs;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::cli::{Exit, totals};
use crate::ledger::{JobSelector, Reader};
use crate::report::Summary;

pub(super) async fn status(args: StatusArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let selector = selector(&args.job)?;
    let path = args.files.ledger()?;
    let mut reader = Reader::open(&path).await?;
    reader.begin_snapshot().await?;
    let job = reader.select_job(&selector).await?;
    let counts = reader.counts(&job).await?;
    let runs = reader.runs(&job).await?;
    reader.end_snapshot().await?;
    let holder = reader.holder();
    let summary = Summary::new(&job, &counts, &runs);
    if args.json {
        let mut value = json!(summary);
        value["held_by"] = json!(holder.map(|holder| holder.to_string()));
        terminal.data(&value.to_string())?;
    } else {
        let mut text = format!(
            "job {}\n{} at {}\nroster {}, loaded {}\n{}",
            job.id,
            job.change,
            job.target,
            job.roster_path,
            job.created_at,
            totals::totals(&job, &counts)
        );
        for run in &summary.runs {
            let end = match (&run.ended_at, &run.ending) {
                (Some(at), Some(how)) => format!("{how} {at}"),
                _ if holder.is_some() => "under way".to_owned(),
                _ => "died".to_owned(),
            };
            let _ = write!(
                text,
                "\nrun {} as {} on {}: started {}, {end}",
                run.id, run.account, run.host, run.started_at
            );
        }
        if let Some(holder) = holder {
            let _ = write!(text, "\nin use by {holder}");
        }
        terminal.data(&text)?;
    }
    Ok(if summary.balanced {
        Exit::Done
    } else {
        Exit::Imbalance
    })
}

/// The job that a person names.
pub(super) fn selector(text: &str) -> Result<JobSelector, Failure> {
    JobSelector::parse(text).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is no job"))
            .hint("give the beginning of its id (four digits or more), or `latest`".to_owned())
    })
}
