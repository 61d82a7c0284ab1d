//! `offboard undo`: a job that gives back what another took.

use crate::cli::args::UndoArgs;
use crate::cli::failure::Failure;
use crate::cli::job::{Done, Manner, finish, pick_job, secret_source};
use crate::cli::terminal::Terminal;
use crate::cli::work::{progress, show_plan, tell};
use crate::cli::{Exit, totals};
use crate::domain::{Access, Reason, Status};
use crate::ledger::{Job, Ledger, Reader, UndoScope};
use crate::plan::left_to_undo;
use crate::report::undone_in_words;
use crate::settings::Settings;

pub(in crate::cli) async fn undo(args: UndoArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let secret = secret_source(&settings.connection, terminal)?;
    let (mut ledger, parent) = pick_job(&args.job, &settings).await?;
    let Some(job) = job(&mut ledger, &parent, args.new, terminal).await? else {
        return nothing(&mut ledger, &parent, terminal).await;
    };
    let manner = Manner {
        confirm: args.confirm.confirm,
        progress: progress(args.progress.progress(), terminal),
        ..Manner::default()
    };
    if args.plan_only {
        return show_plan(
            ledger, job, &manner, &settings, secret, None, args.json, terminal,
        )
        .await;
    }
    let mut done = finish(ledger, job, &manner, &settings, secret, terminal).await?;
    tell_left_alone(&done, &settings, terminal).await?;
    if done.counts.open() == 0 {
        let lacking = tell_standing(&parent, &settings, terminal).await?;
        if lacking > 0 && done.exit == Exit::Done {
            done.exit = Exit::Trouble;
        }
    }
    tell(&done, &settings, args.json, terminal).await?;
    Ok(done.exit)
}

/// As far as was seen, the job has changed no user. A write that failed may still take effect.
async fn nothing(ledger: &mut Ledger, parent: &Job, terminal: Terminal) -> Result<Exit, Failure> {
    let unproven = ledger.unproven(parent).await?;
    if unproven == 0 {
        return Ok(Exit::Done);
    }
    terminal.warn(&format!(
        "of {}, a write was sent that failed, and may have taken effect since: `offboard retry {}` reads them first",
        users(unproven),
        parent.id
    ));
    Ok(Exit::Trouble)
}

/// The undo of a job: the one that is not finished, or one that is made now for the users to whom something
/// is still to be given back. If there are no such users, the last undo; `None` if the job has changed no user.
pub(in crate::cli) async fn job(
    ledger: &mut Ledger,
    parent: &Job,
    new: bool,
    terminal: Terminal,
) -> Result<Option<Job>, Failure> {
    if parent.is_undo() {
        let message = format!("job {} is an undo itself", parent.id);
        let hint = "to take access away again, run a job with the roster".to_owned();
        return Err(Failure::new(Exit::Usage, message).hint(hint));
    }
    if parent.change.deletes() {
        let message = format!("job {} deleted users: nobody can give them back", parent.id);
        let hint = "`offboard report` shows what they had; create them anew at the provider";
        return Err(Failure::new(Exit::Usage, message).hint(hint.to_owned()));
    }
    let open = ledger.counts(parent).await?.open();
    if open > 0 {
        terminal.warn(&format!(
            "job {} is not finished: {open} users are still to be dealt with, and whoever continues it \
             takes their access",
            parent.id
        ));
    }
    let known = match ledger.undo_of(parent).await? {
        Some(known) if !new => Some(known),
        _ => None,
    };
    if let Some(known) = &known
        && goes_on(ledger, known).await?
    {
        return Ok(Some(known.clone()));
    }
    let scope = if new { UndoScope::All } else { UndoScope::Rest };
    let made = crate::plan::undo(ledger, parent, scope).await?;
    match (&made, known) {
        (None, Some(known)) => return Ok(Some(known)),
        (Some(rest), Some(known)) => terminal.note(&format!(
            "job {} was taken back by job {} before; another undo is made for the rest: {}",
            parent.id,
            known.id,
            users(rest.users)
        )),
        (_, None) => {}
    }
    match &made {
        None => terminal.note(&format!(
            "job {} has changed nobody, as far as was seen: there is nothing to give back",
            parent.id
        )),
        Some(_) if *parent.change.access() != Access::Keep => terminal.warn(
            "sign-in and memberships of workspaces are given back; roles and selective access in \
             the models of these workspaces are not: a workspace's administrator has to set them",
        ),
        Some(_) => {}
    }
    Ok(made)
}

/// Whether an undo is to be continued. An undo that has not run yet, and was made before the job wrote its last
/// user, knows neither all users nor what they have now: a new undo takes its place.
async fn goes_on(ledger: &mut Ledger, undo: &Job) -> Result<bool, Failure> {
    if ledger.counts(undo).await?.open() == 0 {
        return Ok(false);
    }
    Ok(ledger.was_run(undo).await? || !ledger.is_outdated(undo).await?)
}

/// Says what undo jobs have given back by now; returns how many users still lack something.
async fn tell_standing(
    parent: &Job,
    settings: &Settings,
    terminal: Terminal,
) -> Result<u64, Failure> {
    let mut reader = Reader::open(&settings.ledger).await?;
    if let Some(undone) = reader.undone(parent).await? {
        terminal.note(&format!("job {}: {}", parent.id, undone_in_words(&undone)));
    }
    let lacking = left_to_undo(&mut reader, parent).await?;
    if lacking > 0 {
        terminal.warn(&format!(
            "still without what the job has taken: {}; to give it back: offboard undo {}",
            users(lacking),
            parent.id
        ));
    }
    Ok(lacking)
}

fn users(count: u64) -> String {
    let noun = if count == 1 { "user" } else { "users" };
    format!("{count} {noun}")
}

/// Lists the users that another administrator changed after the job. Undo does not touch them.
async fn tell_left_alone(
    done: &Done,
    settings: &Settings,
    terminal: Terminal,
) -> Result<(), Failure> {
    if done.counts.of(Status::Failed) == 0 {
        return Ok(());
    }
    let mut reader = Reader::open(&settings.ledger).await?;
    let failed = [Status::Failed];
    let mut rows = reader.lines_with(&done.job, &failed, usize::MAX).await?;
    rows.retain(|row| row.reason.as_deref() == Some(Reason::Changed.as_str()));
    if rows.is_empty() {
        return Ok(());
    }
    let all = rows.len() as u64;
    rows.truncate(totals::SHOWN);
    terminal.warn(&format!("{all} users were left alone:"));
    terminal.warn(&totals::failures(&rows, all));
    Ok(())
}
