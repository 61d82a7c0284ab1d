//! From settings to a signed-in client: the one place where the engine's ports meet the real things.

mod issuer;

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};

use crate::auth::{Identity, PrivateKey, Session, Wire};
use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::signals::Signals;
use crate::cli::terminal::Terminal;
use crate::domain::Clock;
use crate::http::Http;
use crate::pace::Pace;
use crate::port::SignInError;
use crate::scim::ScimClient;
use crate::settings::{
    Connection, SecretKind, SecretSource, Settings, SignIn, SignInMethod, Ways, accept,
    open_to_others,
};
use issuer::{issuer, read_key};

/// The sessions of this process, from before the first request of each.
static SESSIONS: Mutex<Vec<Arc<Session>>> = Mutex::new(Vec::new());

/// A client that has signed in.
#[derive(Debug)]
pub(in crate::cli) struct SignedIn {
    pub(in crate::cli) client: Arc<ScimClient>,
    pub(in crate::cli) pace: Arc<Pace>,
    /// The account that is signed in, if the provider reports it.
    pub(in crate::cli) identity: Option<Identity>,
    /// The account as people know it, and as the ledger keeps it.
    pub(in crate::cli) account: String,
}

/// Finds out where the secret is that signing in takes, before anything is opened.
pub(in crate::cli) fn secret_source(
    connection: &Connection,
    terminal: Terminal,
) -> Result<SecretSource, Failure> {
    let sign_in = &connection.sign_in;
    for note in &connection.notes {
        terminal.warn(&format!("warning: {note}"));
    }
    let Some(kind) = sign_in.method.secret() else {
        return Ok(SecretSource::Unneeded);
    };
    let note = |note: &String| terminal.warn(&format!("warning: {note}"));
    if let SignInMethod::AnaplanCertificate { key, .. } = &sign_in.method {
        open_to_others("key", key).iter().for_each(note);
        if !PrivateKey::is_encrypted(&read_key(key)?) {
            return Ok(SecretSource::Unneeded);
        }
    }
    let ways = Ways {
        file: sign_in.secret_file.as_ref(),
        variable: std::env::var_os(kind.variable()),
        can_ask: terminal.can_ask(),
        stdin_is_terminal: std::io::stdin().is_terminal(),
    };
    let found = SecretSource::find(kind, ways, &sign_in.form)?;
    found.notes.iter().for_each(note);
    Ok(found.source)
}

/// The secret itself, if one is needed. If no source has it, the user is asked for it at the terminal.
pub(in crate::cli) fn known_secret(
    source: SecretSource,
    connection: &Connection,
    terminal: Terminal,
) -> Result<Option<SecretString>, Failure> {
    let kind = match source {
        SecretSource::Known(secret) => return Ok(Some(secret)),
        SecretSource::Unneeded => return Ok(None),
        SecretSource::Ask(kind) => kind,
    };
    let question = match (kind, &connection.sign_in.method) {
        (SecretKind::Password, _) => format!("Password of {}:", connection.sign_in.account()),
        (SecretKind::ClientSecret, SignInMethod::ClientCredentials { id, .. }) => {
            format!("Secret of client {id}:")
        }
        (SecretKind::KeyPassphrase, SignInMethod::AnaplanCertificate { key, .. }) => {
            format!("Passphrase of the key {}:", key.display())
        }
        (SecretKind::Token, _) => "Token:".to_owned(),
        (_, _) => "Secret:".to_owned(),
    };
    let typed = terminal
        .ask_secret(&question)
        .map_err(|error| Failure::new(Exit::Settings, format!("no {}: {error}", kind.name())))?;
    let typed = SecretString::from(typed);
    let form = &connection.sign_in.form;
    let (secret, note) = accept(kind, "the terminal", typed.expose_secret().as_bytes(), form)?;
    if let Some(note) = note {
        terminal.warn(&format!("warning: {note}"));
    }
    Ok(Some(secret))
}

/// Signs in. The first request of a run, and the one that shows whether we are welcome.
pub(in crate::cli) async fn sign_in(
    settings: &Settings,
    secret: Option<SecretString>,
    terminal: Terminal,
) -> Result<SignedIn, Failure> {
    let connection = &settings.connection;
    let sign_in = &connection.sign_in;
    let http = Http::new(&connection.http).map_err(|error| Failure::new(Exit::Settings, error))?;
    let pace = Arc::new(Pace::new(settings.rate, settings.burst));
    let wire = Wire::new(http.clone(), Arc::clone(&pace), Clock::System);
    let issuer = issuer(sign_in, secret.as_ref(), wire, terminal)?;
    let session = Session::new(issuer, sign_in.form.clone(), Arc::clone(&pace));
    let session = Arc::new(session);
    sessions(|all| all.push(Arc::clone(&session)));
    let ready = session.ready().await;
    ready.map_err(|error| refused(error, sign_in))?;
    let identity = session.identity().await;
    let client = Arc::new(ScimClient::new(
        http,
        connection.scim.clone(),
        connection.dialect.clone(),
        Arc::clone(&session),
        Clock::System,
    ));
    let told = identity.as_ref().and_then(|who| who.user_name.clone());
    let named = sign_in.username.clone().or(told);
    Ok(SignedIn {
        client,
        pace,
        identity,
        account: named.unwrap_or_else(|| sign_in.account()),
    })
}

/// Gives back the tokens that this process still has. Each verb ends here, whether it is done, has
/// failed or was interrupted. A signal cuts this short.
pub(in crate::cli) async fn sign_out() {
    let all = sessions(std::mem::take);
    if all.is_empty() {
        return;
    }
    let farewell = async {
        for session in all {
            session.sign_out().await;
        }
    };
    match Signals::listen() {
        Ok((_listening, mut signals)) => tokio::select! {
            () = farewell => {}
            Some(_) = signals.recv() => tracing::debug!("a signal: the token is not given back"),
        },
        Err(_) => farewell.await,
    }
}

fn sessions<T>(change: impl FnOnce(&mut Vec<Arc<Session>>) -> T) -> T {
    change(&mut SESSIONS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What to do about a sign-in that did not work, by its kind.
pub(in crate::cli) fn refused(error: SignInError, sign_in: &SignIn) -> Failure {
    if matches!(error, SignInError::Blocked(_)) {
        return error.into();
    }
    let is_refused = matches!(error, SignInError::Refused(_));
    let check = match &sign_in.method {
        SignInMethod::AnaplanBasic { .. } | SignInMethod::Basic { .. } if is_refused => {
            "`--username` and the password"
        }
        SignInMethod::AnaplanCertificate { .. } if is_refused => {
            "that the certificate is registered in the tenant, and this machine's clock"
        }
        SignInMethod::OauthDevice { .. } if is_refused => {
            "`--client-id`, and approve the code in time (Anaplan gives none to users who sign in by \
             SSO); the same command asks for a new one"
        }
        SignInMethod::ClientCredentials { .. } if is_refused => {
            "`--client-id`, its secret, `--scope` and `--client-auth`"
        }
        SignInMethod::Bearer if is_refused => "the token",
        SignInMethod::Command(_) => {
            "`--token-command`: by itself, without reading from the terminal, it must print a token, \
             and nothing else"
        }
        SignInMethod::OauthDevice { .. } => "`--oauth-url` and the network",
        SignInMethod::ClientCredentials { .. } => "`--token-url` and the network",
        _ => "`--auth-url` and the network",
    };
    Failure::from(error).hint(format!("check {check}; nothing was sent for any user"))
}
