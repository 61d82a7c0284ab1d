//! What `offboard run --detach` prints: a job that was left to the workers.

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{OrderedForm, SCHEMA, VERSION, WorkedForm};
use crate::cli::next::of_verb;
use crate::cli::output::{Printed, Terminal, nothing_to_do, print_result};
use crate::domain::counted;
use crate::job::{self, JobRequest, RunOptions, Setup};
use crate::ledger::with_workers;

/// Plans the job that is meant, has it confirmed, and leaves it to the workers.
pub(in crate::cli::verb) async fn leave(
    setup: Setup<'_>,
    request: &JobRequest<'_>,
    options: &RunOptions,
    printed: Printed,
    terminal: Terminal,
) -> Result<(Exit, Option<WorkedForm>), Failure> {
    // Said before anything is made or asked.
    with_workers(&setup.settings.ledger)?;
    let setup = setup.waiting_for_target();
    let (mut ledger, job) = setup.find_job(request).await?;
    if !ledger.is_open(&job).await? {
        // The end of the job is told as without `--detach`.
        let done = job::run(&setup, ledger, job, options).await?;
        return print_result(&done, setup.settings, printed, terminal).await;
    }
    let ordered = job::order(&setup, ledger, job, options).await?;
    let id = ordered.job.id;
    let Some(users) = ordered.users else {
        let why = format!("job {id} has nothing left to do");
        return nothing_to_do(Exit::Done, &why, printed.json, terminal);
    };
    let watch = of_verb("status", id.as_str(), &["--watch"]);
    let form = OrderedForm {
        schema: SCHEMA,
        version: VERSION,
        job: id.to_string(),
        exit: Exit::Done.code(),
        users,
        next: watch.clone(),
    };
    let form = WorkedForm::Ordered(form);
    if printed.json {
        terminal.json(&form)?;
    } else {
        let users = counted(users, "user", "users");
        terminal.data(format!("job {id} is left to the workers: {users}"))?;
        terminal.note(format!("to watch it: {watch}"));
        let cancel = of_verb("cancel", id.as_str(), &[]);
        terminal.note(format!("to stop it: {cancel}"));
    }
    Ok((Exit::Done, Some(form)))
}
