//! `offboard status`: the state of a job. It reads only, also while another process works on the job.

use std::fmt::Write;
use std::time::Duration;

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::FileArgs;
use crate::cli::failure::Failure;
use crate::cli::json::{OrderForm, StatusForm};
use crate::cli::output::{SHOWN, Terminal, chain_head, drift, totals, troubled};
use crate::cli::verb::status::standing::Standing;
use crate::cli::verb::status::troubled_users::list_troubled;
use crate::domain::{Clock, LedgerAddress, line_counts, on_one_line};
use crate::job::{describe_job, select};
use crate::ledger::{JobSelector, Reader};
use crate::progress::{JobWatch, WatchedJob, speed_in_words};
use crate::screen::{Paint, Painted};

/// Show where a job stands, also while another process works on it.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The beginning of a job's id, or `latest`: the job that was loaded last.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(crate) job: String,

    /// Look again every two seconds, until the job or the run ends.
    #[arg(long, conflicts_with = "json")]
    pub(crate) watch: bool,

    /// List all users that failed, are in doubt or have drifted, and not only the first of them.
    #[arg(long, conflicts_with = "json")]
    pub(crate) all: bool,

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
    let (standing, mut reader) = if args.watch {
        watch(&path, &selector).await?
    } else {
        Standing::read(&path, &selector).await?
    };
    if selector == JobSelector::Latest {
        note_begun(&mut reader, &standing, terminal).await?;
    }
    if args.json {
        terminal.json(&form(&mut reader, &standing).await?)?;
    } else {
        terminal.data(to_text(&standing))?;
        let most = if args.all { usize::MAX } else { SHOWN };
        list_troubled(&mut reader, &standing, most, terminal).await?;
        let text = next_text(&standing);
        if !text.is_empty() {
            terminal.data(text.join("\n"))?;
        }
    }
    Ok(if standing.summary.balanced {
        Exit::Done
    } else {
        Exit::Imbalance
    })
}

/// Says which job the other verbs mean by `latest`, if it is another one.
async fn note_begun(
    reader: &mut Reader,
    standing: &Standing,
    terminal: Terminal,
) -> Result<(), Failure> {
    let begun = reader.select_job(&JobSelector::LatestBegun).await?;
    if begun.id != standing.job.id {
        let described = describe_job(&begun, Clock::System.now());
        terminal.note(format!(
            "the job below was only planned; the latest that a run has begun is {described}"
        ));
    }
    Ok(())
}

async fn form(reader: &mut Reader, standing: &Standing) -> Result<StatusForm, Failure> {
    let holder = standing.holder.as_ref();
    Ok(StatusForm {
        held_by: holder.map(|(holder, _)| holder.to_string()),
        activity: holder.map(|(_, activity)| activity.as_str()),
        in_flight: standing.in_flight(),
        failures: troubled(reader, &standing.job, &standing.troubled()).await?,
        failures_in_all: standing.count_troubled(),
        next: standing.next(),
        order: standing.order.as_ref().map(OrderForm::from),
        summary: standing.summary.clone(),
    })
}

/// Reads the ledger every two seconds, as long as a process holds it, or the workers go on, and a user has no outcome.
async fn watch(
    ledger: &LedgerAddress,
    selector: &JobSelector,
) -> Result<(Standing, Reader), Failure> {
    let mut job_watch = JobWatch::new();
    loop {
        let (standing, reader) = Standing::read(ledger, selector).await?;
        let (users, open) = (standing.counts.users(), standing.counts.open());
        job_watch.show(&WatchedJob {
            users,
            done: users - open,
            trouble: standing.trouble(),
            in_flight: standing.in_flight(),
            speed: standing.speed,
            words: standing.words(),
        });
        if open == 0 || standing.holder.is_none() && !standing.is_left_to_workers() {
            job_watch.end();
            return Ok((standing, reader));
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn to_text(standing: &Standing) -> Painted {
    let Standing {
        job,
        counts,
        summary,
        holder,
        ..
    } = standing;
    let change = job.change.to_string();
    let mut text = Painted::default().with(Paint::Strong, format!("job {}", job.id));
    let _ = writeln!(
        text,
        "\n{} at {}\nroster {}, loaded {}",
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
    text.append(totals(job, counts, standing.is_at_work()));
    let _ = write!(text, "\n  {}", line_counts(|status| counts.of(status)));
    if let Some(undone) = &summary.undone {
        let _ = write!(text, "\n{}", undone.in_words());
    }
    if let Some(words) = drift(summary) {
        let _ = write!(text, "\n{words}");
    }
    if let Some(words) = standing.order_in_words() {
        let _ = write!(text, "\n{}", on_one_line(&words));
    }
    for run in &summary.runs {
        let end = match (&run.ended_at, &run.ending) {
            (Some(at), Some(how)) => {
                let why = run.stopped.as_ref().filter(|why| *why != how);
                let why = why.map(|why| format!(": {why}"));
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
    text
}

/// How fast it goes, which process works on the job, and how to continue: one text a line.
fn next_text(standing: &Standing) -> Vec<String> {
    let left = standing.counts.open();
    let speed = standing.speed.and_then(|speed| speed_in_words(speed, left));
    let holder = standing.holder.is_some().then(|| standing.words());
    let next = standing.next();
    let next = next.map(|command| {
        if standing.summary.runs.iter().any(|run| run.kind == "run") {
            format!("to continue, with the flags that it was started with: {command}")
        } else {
            format!("no run has begun it; to begin, with the flags of the plan: {command}")
        }
    });
    [speed, holder, next].into_iter().flatten().collect()
}
