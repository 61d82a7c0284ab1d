//! The rail that every job passes: its number of users has to be named.

use tokio::sync::mpsc;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::job::answer::{Answer, answer};
use crate::cli::job::scope::Scope;
use crate::cli::job::{At, command_again, interrupted};
use crate::domain::{Access, Change};
use crate::engine::Signal;
use crate::ledger::Job;

/// Lets a job start if its number was given, or is typed now.
///
/// The number is that of the whole job, or of the whole retry, fixed when it was planned, so that the same
/// command continues an interrupted one.
pub(super) async fn confirm(
    job: &Job,
    scope: &Scope,
    at: &At<'_>,
    signals: &mut mpsc::Receiver<Signal>,
) -> Result<(), Failure> {
    let (users, terminal) = (scope.to_write, at.terminal);
    let what = describe(job, scope, &at.signed_in.account);
    match at.confirmed {
        Some(number) if number == users => Ok(()),
        Some(number) => Err(refusal(
            format!("{what}, but {number} was confirmed"),
            scope,
        )),
        None if terminal.can_ask() => {
            terminal.warn(&format!("{what}."));
            let question = format!("Type {users} to go on:");
            let typed = match answer(terminal, question, signals).await {
                Answer::Signal(signal) => {
                    return Err(interrupted(signal).continued_by(command_again(&job.id)));
                }
                Answer::Typed(typed) => typed
                    .map_err(|error| Failure::new(Exit::Rail, format!("no answer: {error}")))?,
            };
            if typed.replace([',', ' '], "") == users.to_string() {
                Ok(())
            } else {
                Err(refusal("not confirmed".to_owned(), scope))
            }
        }
        None => Err(refusal(
            format!("{what}, and it has not been confirmed"),
            scope,
        )),
    }
}

fn describe(job: &Job, scope: &Scope, account: &str) -> String {
    let Job { target, change, .. } = job;
    let verb = verb(change);
    let users = scope.to_write;
    let what = if scope.is_retry { "retry" } else { "job" };
    format!("this {what} {verb} {users} users at {target} as {account}")
}

/// What happens to the users, as a verb before their number.
fn verb(change: &Change) -> String {
    if change.restores() {
        return "gives access back to".to_owned();
    }
    if change.deletes() {
        return "deletes, which nothing can take back,".to_owned();
    }
    let from = match change.access() {
        Access::Keep => return "disables".to_owned(),
        Access::RemoveAll => "removes from all workspaces".to_owned(),
        Access::RemoveFrom(ids) if ids.len() == 1 => format!("removes from workspace {}", ids[0]),
        Access::RemoveFrom(ids) => format!("removes from {} workspaces", ids.len()),
    };
    if change.disables() {
        format!("disables, and {from},")
    } else {
        from
    }
}

fn refusal(message: String, scope: &Scope) -> Failure {
    let look = if scope.is_retry {
        "look at the failed users (`offboard report` lists them)"
    } else {
        "look at the plan (`offboard plan` shows it)"
    };
    let users = scope.to_write;
    Failure::new(Exit::Rail, message).hint(format!(
        "{look}; to go on, give `--confirm {users}`; nothing was written"
    ))
}
