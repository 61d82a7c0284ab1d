//! Who works on a job, and why: what is stored with each run.

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::job::session::SignedIn;
use crate::ledger::Mandate;
use crate::settings::{Grounds, Settings};

/// Lets nothing start without what the settings file requires.
///
/// # Errors
/// [`Exit::Rail`], naming each flag that is missing.
pub(in crate::cli) fn check(grounds: &Grounds) -> Result<(), Failure> {
    let missing = grounds.missing();
    if missing.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = missing.iter().map(|one| one.as_str()).collect();
    let flags: Vec<_> = missing.iter().map(|one| one.flag()).collect();
    let message = format!("the settings require a {}", words.join(" and a "));
    let hint = format!("give `{}`; nothing was sent", flags.join("` and `"));
    Err(Failure::new(Exit::Rail, message).hint(hint))
}

/// Puts together who signs in, who has typed the command, and why.
pub(super) fn mandate(settings: &Settings, signed_in: &SignedIn) -> Mandate {
    let identity = signed_in.identity.clone().unwrap_or_default();
    let grounds = &settings.grounds;
    Mandate {
        account: signed_in.account.clone(),
        operator: operator(),
        actor_id: identity.user_id.or_else(|| settings.safety.self_id.clone()),
        tenant: identity.tenant,
        ticket: grounds.ticket.clone(),
        reason: grounds.reason.clone(),
        approver: grounds.approver.clone(),
        settings: settings.recorded(),
    }
}

/// The user of the operating system. A variable such as `USER` can say anything, so it is not asked.
fn operator() -> String {
    whoami::username().unwrap_or_else(|_| "unknown".to_owned())
}
