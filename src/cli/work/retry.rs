//! `offboard retry`: the failed users of a job once more.

use crate::cli::Exit;
use crate::cli::args::RetryArgs;
use crate::cli::failure::Failure;
use crate::cli::job::{Manner, finish, password_source, pick_job};
use crate::cli::terminal::Terminal;
use crate::cli::work::{progress, tell};
use crate::settings::Settings;

pub(in crate::cli) async fn retry(args: RetryArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let password = password_source(&settings.connection, terminal)?;
    let (mut ledger, job) = pick_job(&args.job, &settings).await?;
    let unknown = ledger.never_found(&job, &args.only).await?;
    if unknown > 0 {
        terminal.warn(&format!(
            "{unknown} failed lines have no user id, since their names were never found: they are not \
             tried again; correct the roster, or start a new job with `offboard run --new`"
        ));
    }
    let manner = Manner {
        confirm: args.confirm.confirm,
        no_lookup: false,
        retry: Some(args.only),
        progress: progress(args.progress.progress, terminal),
    };
    let done = finish(ledger, job, &manner, &settings, password, terminal).await?;
    tell(&done, &settings, args.json, terminal).await?;
    Ok(done.exit)
}
