//! The rail that every job passes: its number of users has to be confirmed.

use std::sync::Arc;

use crate::domain::{Access, Change, Status, and_more, on_one_line, user_counts};
use crate::job::plan_and_scope::CommandScope;
use crate::job::voice::{Answered, ask};
use crate::job::{JobError, RailError, Signals, Voice};
use crate::ledger::{Job, Ledger};

/// Users shown of those that will be written.
const SHOWN: usize = 5;

/// What is to be confirmed.
#[derive(Debug)]
pub(crate) struct NumberToConfirm<'a> {
    job: &'a Job,
    /// The number of users.
    users: u64,
    is_retry: bool,
    /// The account that writes.
    account: &'a str,
}

/// Lets a job begin if its number of users was given beforehand, or is typed now.
///
/// The number is that of the whole job, or of the whole retry, fixed when it was planned, so that the same
/// command continues an interrupted one.
pub(crate) async fn confirm(
    ledger: &mut Ledger,
    job: &Job,
    scope: &CommandScope,
    account: &str,
    given: Option<u64>,
    voice: &Arc<dyn Voice>,
    signals: &mut Signals,
) -> Result<(), JobError> {
    let confirmation = NumberToConfirm {
        job,
        users: scope.to_write,
        is_retry: scope.is_retry,
        account,
    };
    if given.is_none() && voice.can_ask() && !scope.is_retry {
        show_work(ledger, job, voice.as_ref()).await?;
    }
    confirmation.pass(given, voice, signals).await
}

/// Shows how the users of a job add up, and the first of those that will be written: the person who types the number is
/// to see names, too.
async fn show_work(ledger: &mut Ledger, job: &Job, voice: &dyn Voice) -> Result<(), JobError> {
    let counts = ledger.counts(job).await?;
    voice.note(&user_counts(|status| counts.of(status)));
    let open = [Status::Pending, Status::InDoubt, Status::Claimed];
    for row in ledger.lines_with(job, &open, SHOWN).await? {
        let name = row.name().unwrap_or_default();
        voice.note(&on_one_line(&format!("  line {}: {name}", row.line)));
    }
    if let Some(more) = and_more(counts.open(), SHOWN) {
        voice.note(&format!(
            "  … {more}: `offboard plan {}` shows the plan",
            job.id
        ));
    }
    Ok(())
}

impl NumberToConfirm<'_> {
    async fn pass(
        &self,
        given: Option<u64>,
        voice: &Arc<dyn Voice>,
        signals: &mut Signals,
    ) -> Result<(), JobError> {
        let users = self.users;
        let what = self.describe();
        match given {
            Some(number) if number == users => Ok(()),
            Some(number) => Err(self
                .refusal(format!("{what}, but {number} was confirmed"))
                .into()),
            None if voice.can_ask() => {
                voice.warn(&format!("{what}."));
                let question = format!("Type {users} to go on:");
                let reply = ask(voice, signals, move |voice| {
                    voice.ask_exactly(&question, users)
                });
                let reply = reply.await;
                match reply {
                    Answered::Signal(signal) => {
                        let so = "stopped before anything was written";
                        Err(JobError::Interrupted { signal, so }.resumable(&self.job.id))
                    }
                    Answered::Given(Err(error)) => {
                        Err(RailError::NoAnswer(error.to_string()).into())
                    }
                    Answered::Given(Ok(true)) => Ok(()),
                    Answered::Given(Ok(false)) => {
                        Err(self.refusal("not confirmed".to_owned()).into())
                    }
                }
            }
            None => Err(self
                .refusal(format!("{what}, and it has not been confirmed"))
                .into()),
        }
    }

    fn describe(&self) -> String {
        let Job { target, change, .. } = self.job;
        let verb = verb(change);
        let what = if self.is_retry { "retry" } else { "job" };
        let (users, account) = (self.users, self.account);
        format!("this {what} {verb} {users} users at {target} as {account}")
    }

    fn refusal(&self, message: String) -> RailError {
        RailError::Unconfirmed {
            message,
            users: self.users,
            is_retry: self.is_retry,
            job: self.job.id.clone(),
        }
    }
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
