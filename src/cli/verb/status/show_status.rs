//! `offboard status`: the state of a job. It reads only, also while another process works on the job.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::FileArgs;
use crate::cli::failure::Failure;
use crate::cli::output::{Terminal, chain_head, drift, totals};
use crate::cli::verb::status::standing::Standing;
use crate::domain::on_one_line;
use crate::job::select;
use crate::ledger::JobSelector;
use crate::progress::{JobWatch, WatchedJob, speed_in_words};

/// Show where a job stands, also while another process works on it.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The beginning of a job's id, or `latest`.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(crate) job: String,

    /// Look again every two seconds, until the job or the run ends.
    #[arg(long, conflicts_with = "json")]
    pub(crate) watch: bool,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The ledger to read, and the settings file that may name it.
    #[command(flatten)]
    pub(crate) files: FileArgs,
}

/// The time between two reads of the ledger.
const EVERY: Duration = Duration::from_secs(2);

pub(crate) async fn status(args: StatusArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let selector = select(&args.job)?;
    let path = args.files.ledger()?;
    let standing = if args.watch {
        watch(&path, &selector).await?
    } else {
        Standing::read(&path, &selector).await?
    };
    if args.json {
        let mut value = json!(standing.summary);
        let holder = standing.holder.as_ref();
        value["held_by"] = json!(holder.map(|(holder, _)| holder.to_string()));
        value["activity"] = json!(holder.map(|(_, activity)| activity.as_str()));
        value["in_flight"] = json!(standing.in_flight());
        value["next"] = json!(standing.next());
        terminal.json(&value)?;
    } else {
        terminal.data(&to_text(&standing))?;
    }
    Ok(if standing.summary.balanced {
        Exit::Done
    } else {
        Exit::Imbalance
    })
}

/// Reads the ledger every two seconds, as long as a process holds it and a user has no outcome.
async fn watch(path: &Path, selector: &JobSelector) -> Result<Standing, Failure> {
    let mut job_watch = JobWatch::new();
    loop {
        let standing = Standing::read(path, selector).await?;
        let (users, open) = (standing.counts.users(), standing.counts.open());
        job_watch.show(&WatchedJob {
            users,
            done: users - open,
            trouble: standing.trouble(),
            in_flight: standing.in_flight(),
            speed: standing.speed,
            words: standing.words(),
        });
        if open == 0 || standing.holder.is_none() {
            job_watch.end();
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
        ..
    } = standing;
    let change = job.change.to_string();
    let mut text = format!(
        "job {}\n{} at {}\nroster {}, loaded {}\n",
        job.id,
        on_one_line(&change),
        on_one_line(&job.target),
        on_one_line(&job.roster_path),
        job.created_at
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
    text.push_str(&totals(job, counts, standing.is_at_work()));
    if let Some(undone) = &summary.undone {
        let _ = write!(text, "\n{}", undone.in_words());
    }
    if let Some(words) = drift(summary) {
        let _ = write!(text, "\n{words}");
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
            "\n{} {} as {} on {}: started {}, {}",
            run.kind,
            run.id,
            on_one_line(&run.account),
            on_one_line(&run.host),
            run.started_at,
            on_one_line(&end)
        );
    }
    if let Some(chain) = &summary.chain {
        let _ = write!(text, "\n{}", chain_head(chain.events, &chain.head));
    }
    let left = counts.open();
    if let Some(speed) = standing.speed
        && let Some(words) = speed_in_words(speed, left)
    {
        let _ = write!(text, "\n{words}");
    }
    if holder.is_some() {
        let _ = write!(text, "\n{}", standing.words());
    }
    if let Some(command) = standing.next() {
        let _ = write!(
            text,
            "\nto continue, with the settings that it was started with: {command}"
        );
    }
    text
}
