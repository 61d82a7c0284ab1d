//! The account that signs in: it must not be written, whatever the roster names.

use crate::domain::{Actor, UserId};
use crate::http::one_line;
use crate::job::site::Site;
use crate::job::{JobError, SignedIn, Voice};
use crate::settings::Settings;

/// All ids and names that the account is known by. Warns if the provider does not report its id.
pub(crate) fn acting_account(
    settings: &Settings,
    signed_in: &SignedIn,
    voice: &dyn Voice,
) -> Actor {
    // `--self` may name the account: an e-mail address is hardly an id.
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
        voice.warn(&format!(
            "the provider does not report the id of the account that signs in: {meanwhile}; give its id \
             with `--self ID`"
        ));
    }
    actor
}

/// Reads the user that `--self` names, and reports who that is: a mistyped id protects another user than the
/// account that signs in.
pub(crate) async fn report_self(site: &Site<'_>) -> Result<(), JobError> {
    let Some(id) = &site.settings().safety.self_id else {
        return Ok(());
    };
    match site.read(&site.inquirer(), &UserId::new(id)).await? {
        Ok(user) => {
            let names = [user.user_name, user.display_name];
            let names: Vec<_> = names.into_iter().flatten().collect();
            let names = if names.is_empty() {
                "which the provider shows without a name".to_owned()
            } else {
                names.join(", ")
            };
            site.voice().note(&format!(
                "never written, as `--self` says: {}, {names}",
                user.id
            ));
        }
        Err(absence) => {
            let why = if absence.is_not_found() {
                "no user has this id".to_owned()
            } else {
                let words = absence.words.unwrap_or_default();
                format!("the user cannot be read: {}", one_line(&words))
            };
            site.voice().warn(&format!(
                "warning: `--self {id}` may not be the account that signs in: {why}"
            ));
        }
    }
    Ok(())
}
