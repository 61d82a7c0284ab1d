//! `offboard run`: from a roster, or a job, to an outcome for every line.

use crate::cli::Exit;
use crate::cli::args::RunArgs;
use crate::cli::failure::Failure;
use crate::cli::job::{Ask, Manner, find_job, finish, secret_source};
use crate::cli::terminal::Terminal;
use crate::cli::work::{progress, tell};
use crate::settings::Settings;

pub(in crate::cli) async fn run(args: RunArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let secret = secret_source(&settings.connection, terminal)?;
    let ask = Ask {
        subject: &args.subject.subject,
        change: args.change.change()?,
        new: args.subject.new,
        strict: args.subject.strict.strict(),
    };
    let manner = Manner {
        confirm: args.confirm.confirm,
        no_lookup: args.look_up.no_lookup(),
        retry: None,
        progress: progress(args.progress.progress(), terminal),
    };
    let (ledger, job) = find_job(&ask, &settings, terminal).await?;
    let done = finish(ledger, job, &manner, &settings, secret, terminal).await?;
    tell(&done, &settings, args.json, terminal).await?;
    Ok(done.exit)
}
