//! `offboard status`: where a job stands. Read-only, also while another process works on it.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::cli::args::StatusArgs;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::cli::{Exit, totals};
use crate::ledger::{Counts, Holder, Job, JobSelector, Reader};
use crate::progress::Watching;
use crate::report::{Privacy, Summary};

/// The time between two looks.
const EVERY: Duration = Duration::from_secs(2);

/// A job at one moment.
struct Standing {
    job: Job,
    counts: Counts,
    summary: Summary,
    holder: Option<Holder>,
}

pub(in crate::cli) async fn status(args: StatusArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let selector = selector(&args.job)?;
    let path = args.files.ledger()?;
    let standing = if args.watch {
        watch(&path, &selector).await?
    } else {
        look(&path, &selector).await?
    };
    if args.json {
        let mut value = json!(standing.summary);
        let holder = standing.holder.as_ref();
        value["held_by"] = json!(holder.map(ToString::to_string));
        terminal.data(&value.to_string())?;
    } else {
        terminal.data(&to_text(&standing))?;
    }
    Ok(if standing.summary.balanced {
        Exit::Done
    } else {
        Exit::Imbalance
    })
}

async fn look(path: &Path, selector: &JobSelector) -> Result<Standing, Failure> {
    let mut reader = Reader::open(path).await?;
    reader.begin_snapshot().await?;
    let job = reader.select_job(selector).await?;
    let counts = reader.counts(&job).await?;
    let summary = Summary::gather(&mut reader, &job, Privacy::Open).await?;
    reader.end_snapshot().await?;
    Ok(Standing {
        summary,
        holder: reader.holder(),
        counts,
        job,
    })
}

/// Looks again and again, for as long as somebody works on the ledger.
async fn watch(path: &Path, selector: &JobSelector) -> Result<Standing, Failure> {
    let mut watching = Watching::new();
    loop {
        let standing = look(path, selector).await?;
        let (users, open) = (standing.counts.users(), standing.counts.open());
        let words = match &standing.holder {
            Some(holder) => format!("in use by {holder}"),
            None => "nobody works on it".to_owned(),
        };
        watching.tell(users - open, users, standing.counts.trouble(), &words);
        if open == 0 || standing.holder.is_none() {
            watching.end();
            return Ok(standing);
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn to_text(standing: &Standing) -> String {
    let Standing {
        job,
        counts,
        summary,
        holder,
    } = standing;
    let mut text = format!(
        "job {}\n{} at {}\nroster {}, loaded {}\n",
        job.id, job.change, job.target, job.roster_path, job.created_at
    );
    if let Some(plan) = &job.plan {
        let _ = writeln!(
            text,
            "planned {}, {} users to be written, digest {}",
            plan.at, plan.to_write, plan.digest
        );
    }
    if let Some(parent) = &summary.undoes {
        let _ = writeln!(text, "gives back what job {parent} took");
    }
    text.push_str(&totals::totals(job, counts));
    if let Some(undone) = &summary.undone {
        let _ = write!(text, "\n{}", undone.in_words());
    }
    if let Some(drift) = totals::drift(summary) {
        let _ = write!(text, "\n{drift}");
    }
    for run in &summary.runs {
        let end = match (&run.ended_at, &run.ending) {
            (Some(at), Some(how)) => {
                let why = run.stopped.as_ref().map(|why| format!(": {why}"));
                format!("{how} {at}{}", why.unwrap_or_default())
            }
            _ if holder.is_some() => "under way".to_owned(),
            _ => "died".to_owned(),
        };
        let _ = write!(
            text,
            "\n{} {} as {} on {}: started {}, {end}",
            run.kind, run.id, run.account, run.host, run.started_at
        );
    }
    if let Some(chain) = &summary.chain {
        let _ = write!(text, "\n{}", totals::head(chain.events, &chain.head));
    }
    if let Some(holder) = holder {
        let _ = write!(text, "\nin use by {holder}");
    }
    text
}

/// The job that a person names.
pub(in crate::cli) fn selector(text: &str) -> Result<JobSelector, Failure> {
    JobSelector::parse(text).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is no job"))
            .hint("give the beginning of its id (four digits or more), or `latest`".to_owned())
    })
}
