//! From settings to a signed-in client: the one place where the engine's ports meet the real things.

use std::sync::Arc;

use secrecy::SecretString;

use crate::auth::{Account, Identity, Session};
use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::domain::Clock;
use crate::http::Http;
use crate::pace::Pace;
use crate::scim::ScimClient;
use crate::settings::{Connection, PASSWORD_VARIABLE, PasswordSource, Settings};

/// A client that has signed in.
#[derive(Debug)]
pub(in crate::cli) struct SignedIn {
    pub(in crate::cli) client: Arc<ScimClient>,
    pub(in crate::cli) session: Arc<Session>,
    pub(in crate::cli) pace: Arc<Pace>,
    /// Who is signed in, if the provider tells.
    pub(in crate::cli) identity: Option<Identity>,
}

/// Finds out where the password is, before anything is opened.
pub(in crate::cli) fn password_source(
    connection: &Connection,
    terminal: Terminal,
) -> Result<PasswordSource, Failure> {
    Ok(PasswordSource::find(
        connection.password_file.as_ref(),
        std::env::var(PASSWORD_VARIABLE).ok(),
        terminal.can_ask(),
    )?)
}

/// Signs in. The first request of a run, and the one that shows whether we are welcome.
pub(in crate::cli) async fn sign_in(
    settings: &Settings,
    password: SecretString,
) -> Result<SignedIn, Failure> {
    let connection = &settings.connection;
    let settings_failure = |error: &dyn std::error::Error| Failure::new(Exit::Settings, error);
    let account =
        Account::new(&connection.username, password).map_err(|error| settings_failure(&error))?;
    let http = Http::new(&connection.http).map_err(|error| settings_failure(&error))?;
    let pace = Arc::new(Pace::new(settings.rate, settings.burst));
    let session = Arc::new(Session::new(
        http.clone(),
        connection.auth.clone(),
        account,
        Arc::clone(&pace),
        Clock::System,
    ));
    session.ready().await?;
    let identity = session.identity().await;
    let client = Arc::new(ScimClient::new(
        http,
        connection.scim.clone(),
        connection.dialect.clone(),
        Arc::clone(&session),
        Clock::System,
    ));
    Ok(SignedIn {
        client,
        session,
        pace,
        identity,
    })
}

/// The password itself: somebody at a terminal is asked for it, if it is not at hand.
pub(in crate::cli) fn password(
    source: PasswordSource,
    username: &str,
    terminal: Terminal,
) -> Result<SecretString, Failure> {
    if let PasswordSource::Known(password) = source {
        return Ok(password);
    }
    terminal
        .ask_secret(&format!("Password of {username}:"))
        .map(SecretString::from)
        .map_err(|error| Failure::new(Exit::Settings, format!("no password: {error}")))
}
