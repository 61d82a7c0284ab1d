//! `offboard status`: where a job stands. Read-only, also while another process works on it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::cli::args::StatusArgs;
use crate::cli::failure::Failure;
use crate::cli::job::quote;
use crate::cli::terminal::Terminal;
use crate::cli::{Exit, totals};
use crate::domain::{Clock, Status, on_one_line};
use crate::ledger::{Activity, Counts, Holder, Job, JobSelector, Reader};
use crate::progress::{Speed, WINDOW, Watched, Watching, speed_in_words};
use crate::report::{Privacy, Summary};

/// The time between two looks.
const EVERY: Duration = Duration::from_secs(2);

/// A job at one moment.
struct Standing {
    job: Job,
    counts: Counts,
    summary: Summary,
    /// Who is at work, and at what.
    holder: Option<(Holder, Activity)>,
    speed: Option<Speed>,
    /// How the ledger was named.
    ledger: PathBuf,
}

impl Standing {
    fn is_at_work(&self) -> bool {
        let at = self.holder.as_ref().map(|(_, activity)| *activity);
        at == Some(Activity::Writing)
    }

    /// Users whose request has left and is not answered yet. If no run is under way, they are in doubt.
    fn in_flight(&self) -> u64 {
        let claimed = self.counts.of(Status::Claimed);
        if self.is_at_work() { claimed } else { 0 }
    }

    /// Users who failed, or are in doubt though no request is in flight.
    fn trouble(&self) -> u64 {
        let of = |status| self.counts.of(status);
        let in_doubt = of(Status::InDoubt) + of(Status::Claimed) - self.in_flight();
        of(Status::Failed) + in_doubt
    }

    /// Who is at work, and at what, in words.
    fn words(&self) -> String {
        let Some((holder, activity)) = &self.holder else {
            return "nobody works on it".to_owned();
        };
        let what = match activity {
            Activity::LookingUp => "looking users up; ".to_owned(),
            Activity::Verifying => "verifying; ".to_owned(),
            Activity::Waiting => format!("waiting for confirmation{}; ", self.number()),
            Activity::Writing | Activity::Elsewhere => String::new(),
        };
        format!("{what}in use by {holder}")
    }

    /// ` of 12 users`, where the number is known.
    fn number(&self) -> String {
        let plan = self.job.plan.as_ref();
        plan.map_or_else(String::new, |plan| format!(" of {} users", plan.to_write))
    }

    /// The command that goes on with the job, if it is not done and no process works on it.
    fn next(&self) -> Option<String> {
        if self.holder.is_some() || self.counts.open() == 0 {
            return None;
        }
        let (verb, job) = match &self.summary.undoes {
            Some(parent) => ("undo", parent.clone()),
            None if self.job.retry.is_some() => ("retry", self.job.id.to_string()),
            None => ("run", self.job.id.to_string()),
        };
        let ledger = quote(&self.ledger.to_string_lossy());
        Some(format!("offboard {verb} {job} --ledger {ledger}"))
    }
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

async fn look(path: &Path, selector: &JobSelector) -> Result<Standing, Failure> {
    let mut reader = Reader::open(path).await?;
    reader.begin_snapshot().await?;
    let job = reader.select_job(selector).await?;
    let counts = reader.counts(&job).await?;
    let summary = Summary::gather(&mut reader, &job, Privacy::Open).await?;
    let holder = match reader.holder() {
        Some(holder) => {
            let activity = reader.activity(&job, &holder).await?;
            Some((holder, activity))
        }
        None => None,
    };
    let (users, within) = reader
        .settled_lately(&job, Clock::System.now(), WINDOW)
        .await?;
    reader.end_snapshot().await?;
    let mut standing = Standing {
        summary,
        holder,
        counts,
        job,
        speed: None,
        ledger: path.to_owned(),
    };
    if standing.is_at_work() {
        standing.speed = Some(Speed { users, within });
    }
    Ok(standing)
}

/// Reads the ledger again and again, for as long as a process holds it and users are still to be dealt with.
async fn watch(path: &Path, selector: &JobSelector) -> Result<Standing, Failure> {
    let mut watching = Watching::new();
    loop {
        let standing = look(path, selector).await?;
        let (users, open) = (standing.counts.users(), standing.counts.open());
        watching.tell(&Watched {
            users,
            done: users - open,
            trouble: standing.trouble(),
            in_flight: standing.in_flight(),
            speed: standing.speed,
            words: standing.words(),
        });
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
    text.push_str(&totals::totals(job, counts, standing.is_at_work()));
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
        let _ = write!(text, "\n{}", totals::head(chain.events, &chain.head));
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

/// The job that a person names.
pub(in crate::cli) fn selector(text: &str) -> Result<JobSelector, Failure> {
    JobSelector::parse(text).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is no job"))
            .hint("give the beginning of its id (four digits or more), or `latest`".to_owned())
    })
}
