//! `offboard plan`: looks up all users and shows what a job would change. It writes to no user.

mod table;
mod text;

use std::path::Path;

use crate::cli::Exit;
use crate::cli::args::PlanArgs;
use crate::cli::failure::Failure;
use crate::cli::job::{
    Ask, Manner, Planning, command_next, criteria, find_job, ready, secret_source, tell_job,
};
use crate::cli::terminal::Terminal;
use crate::cli::work::{progress, tell_undone};
use crate::files::OutputPath;
use crate::ledger::{Job, Ledger};
use crate::plan::overview;
use crate::settings::{SecretSource, Settings};
use text::Shown;

pub(in crate::cli) async fn plan(args: PlanArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    // Known before anything is read or sent, and before a ledger is made.
    let table = args.csv.as_deref().map(|path| {
        let roster = Path::new(&args.subject.subject);
        table::place(path, roster, &settings.ledger)
    });
    let table = table.transpose()?;
    let secret = secret_source(&settings.connection, terminal)?;
    let ask = Ask {
        subject: &args.subject.subject,
        change: args.change.change()?,
        new: args.subject.new,
        strict: args.subject.strict.strict(),
    };
    let manner = Manner {
        progress: progress(args.progress.progress(), terminal),
        ..Manner::default()
    };
    let (ledger, job) = find_job(&ask, &settings, terminal).await?;
    show(
        ledger,
        job,
        &manner,
        &settings,
        secret,
        table.as_ref(),
        args.json,
        terminal,
    )
    .await
}

/// Plans a job, unless it is being worked on already, and shows the plan.
#[expect(
    clippy::too_many_arguments,
    reason = "what a verb was given, handed on once"
)]
pub(in crate::cli) async fn show(
    mut ledger: Ledger,
    job: Job,
    manner: &Manner,
    settings: &Settings,
    secret: SecretSource,
    table: Option<&OutputPath>,
    json: bool,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let begun = ledger.was_run(&job).await?;
    let (job, criteria) = if begun {
        tell_job(&job, settings, terminal);
        terminal.note("the job has begun: this is its plan as it stands now");
        tell_undone(ledger.undone(&job).await?.as_ref(), terminal);
        let criteria = criteria(&job, settings);
        (job, criteria)
    } else {
        // Who listens is dropped with the signals, once there is nothing more to interrupt.
        let (at, job, _, _signals) = ready(
            &mut ledger,
            job,
            Planning::Anew,
            manner,
            settings,
            secret,
            terminal,
        )
        .await?;
        (job, at.criteria)
    };
    if let Some(place) = table {
        table::write(&mut ledger, &job, &criteria, place).await?;
        terminal.note(&format!("every line: {}", place.path().display()));
    }
    let overview = overview(&mut ledger, &job, &criteria).await?;
    ledger.close().await?;
    let shown = Shown::new(&job, &overview, &criteria, settings);
    if json {
        terminal.json(&shown.to_json())?;
    } else {
        terminal.data(&shown.to_text())?;
        match (begun, shown.to_write()) {
            (true, _) => {}
            (false, 0) => terminal.note("nothing was written, and nothing has to be"),
            (false, users) => {
                let next = command_next(&job.id, users);
                let next = next.map(|command| format!("; to go on: {command}"));
                terminal.note(&format!("nothing was written{}", next.unwrap_or_default()));
            }
        }
    }
    Ok(Exit::Done)
}
