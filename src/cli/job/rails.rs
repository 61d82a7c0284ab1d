//! The rails that a job passes before its first write: how many, how large a part of the tenant, and
//! who is never touched.

use std::fmt::Write;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::job::At;
use crate::cli::job::scope::Scope;
use crate::cli::job::session::SignedIn;
use crate::cli::terminal::Terminal;
use crate::domain::{Actor, Tripped, UserId};
use crate::ledger::{Job, Ledger};
use crate::settings::Settings;

/// Users shown of those beyond the cap.
const SHOWN: usize = 5;

/// The account that signs in, by all that is known of it.
pub(super) fn actor(settings: &Settings, signed_in: &SignedIn, terminal: Terminal) -> Actor {
    // What was given may be the account's name: an address is hardly an id.
    let given = settings.safety.self_id.iter();
    let username = settings.connection.sign_in.username.iter();
    let mut actor = Actor {
        ids: given
            .clone()
            .filter(|id| !id.contains('@'))
            .cloned()
            .collect(),
        names: username.chain(given).cloned().collect(),
    };
    if let Some(identity) = &signed_in.identity {
        actor.ids.extend(identity.user_id.clone());
        actor.names.extend(identity.user_name.clone());
    }
    if actor.ids.is_empty() {
        let meanwhile = match actor.names.first() {
            Some(name) => {
                format!("it is kept from being touched only by its name, {name}")
            }
            None => "nothing keeps it from being touched".to_owned(),
        };
        terminal.warn(&format!(
            "the provider does not tell the id of the account that signs in: {meanwhile}; give its id \
             with `--self ID`"
        ));
    }
    actor
}

/// Reads the user whom `--self` names, and says who that is: a mistyped id protects another user than the
/// account that signs in.
pub(super) async fn tell_self(at: &At<'_>) -> Result<(), Failure> {
    let Some(id) = &at.settings.safety.self_id else {
        return Ok(());
    };
    match at.read(&at.inquirer(), &UserId::new(id)).await? {
        Ok(user) => {
            let names = [user.user_name, user.display_name];
            let names: Vec<_> = names.into_iter().flatten().collect();
            let names = if names.is_empty() {
                "which the provider shows without a name".to_owned()
            } else {
                names.join(", ")
            };
            at.terminal.note(&format!(
                "never written, as `--self` says: {}, {names}",
                user.id
            ));
        }
        Err(absence) => {
            let why = if absence.is_not_found() {
                "no user has this id".to_owned()
            } else {
                let words = absence.words.unwrap_or_default();
                format!("the user cannot be read: {}", crate::http::one_line(&words))
            };
            at.terminal.warn(&format!(
                "warning: `--self {id}` may not be the account that signs in: {why}"
            ));
        }
    }
    Ok(())
}

/// Lets nothing start above a rail.
pub(super) async fn check(
    ledger: &mut Ledger,
    job: &Job,
    scope: &Scope,
    at: &At<'_>,
) -> Result<(), Failure> {
    let extent = scope.extent(job);
    let rails = at.settings.safety.rails;
    let tripped = rails.tripped_by(extent);
    if tripped.is_empty() {
        return Ok(());
    }
    let why: Vec<_> = tripped.iter().map(ToString::to_string).collect();
    let flags: Vec<_> = tripped.iter().map(|rail| rail.flag()).collect();
    let mut message = why.join("; ");
    if tripped
        .iter()
        .any(|rail| matches!(rail, Tripped::Cap { .. }))
    {
        let over = ledger.beyond(job, scope.is_retry, rails.cap, SHOWN).await?;
        let _ = write!(message, "; beyond the cap: {}", over.join(", "));
        let more = extent.to_write - rails.cap;
        if more > over.len() as u64 {
            let _ = write!(message, " and {} more", more - over.len() as u64);
        }
    }
    Err(Failure::new(Exit::Rail, message).hint(format!(
        "look at the roster; to allow it, give `{}`; nothing was written",
        flags.join(" ")
    )))
}
