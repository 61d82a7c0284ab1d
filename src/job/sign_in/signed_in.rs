//! Builds the HTTP client, the session and the SCIM client, and signs in.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use tokio::sync::watch;

use crate::auth::{Identity, PacedClient, Session};
use crate::domain::{Clock, LeaseTerm};
use crate::http::{Http, LeaseGate};
use crate::job::sign_in::issuer::issuer;
use crate::job::sign_in::{keyring, known_secret};
use crate::job::{JobError, Setup};
use crate::lookup::{Inquirer, InquirySettings};
use crate::pace::Pace;
use crate::port::SignInError;
use crate::scim::ScimClient;
use crate::settings::{SecretSource, Settings, SignIn, SignInMethod};

/// All sessions of the process. A session is added before its first request.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Mutex<Vec<OpenSession>>>);

/// A session, and the gate that its requests pass.
#[derive(Debug)]
struct OpenSession {
    session: Arc<Session>,
    gate: Option<Arc<LeaseGate>>,
}

impl Sessions {
    fn add(&self, session: &Arc<Session>, gate: Option<Arc<LeaseGate>>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = Arc::clone(session);
        all.push(OpenSession { session, gate });
    }

    /// Whether no session was begun, or all were given back.
    pub fn is_empty(&self) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.is_empty()
    }

    /// Gives back the tokens that are still valid, when the work is over. A provider that does not take them back is no failure.
    pub async fn sign_out(&self) {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for OpenSession { session, gate } in all {
            if let Some(gate) = gate {
                gate.lift();
            }
            session.sign_out().await;
        }
    }
}

/// A client that has signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The provider.
    pub client: Arc<ScimClient>,
    /// The rate limit that all requests of this client share.
    pub pace: Arc<Pace>,
    /// The account that is signed in, if the provider reports it.
    pub identity: Option<Identity>,
    /// The account as people know it, and as the ledger stores it.
    pub account: String,
}

impl SignedIn {
    /// What reads users for look-ups.
    pub fn inquirer(&self, settings: &Settings) -> Inquirer<ScimClient> {
        let inquiry = InquirySettings {
            concurrency: settings.concurrency,
            throttle_wait: settings.throttle_wait,
            max_outage: settings.limits.outage,
            supports: settings.connection.finds(),
        };
        Inquirer::new(Arc::clone(&self.client), Arc::clone(&self.pace), inquiry)
    }
}

impl Setup<'_> {
    /// The secret that signing in takes; the voice asks for it if no source has it. `None` if none is needed.
    ///
    /// # Errors
    /// Nothing was typed, or what was typed is no such secret.
    pub fn ask_secret(&self) -> Result<Option<SecretString>, JobError> {
        known_secret(&self.secret, &self.settings.connection, self.voice.as_ref())
    }

    /// Signs in.
    ///
    /// # Errors
    /// The account is refused, or the sign-in service does not answer.
    pub async fn sign_in(&self, secret: Option<SecretString>) -> Result<SignedIn, JobError> {
        self.sign_in_under(None, self.pace(), secret).await
    }

    /// The pace that the settings allow.
    pub(crate) fn pace(&self) -> Arc<Pace> {
        Arc::new(Pace::new(self.settings.rate, self.settings.burst))
    }

    /// Signs in at this pace. Each request, also of sign-in, is sent only while the lease lasts, if there is one.
    ///
    /// # Errors
    /// As [`Setup::sign_in`].
    pub(crate) async fn sign_in_under(
        &self,
        lease: Option<watch::Receiver<LeaseTerm>>,
        pace: Arc<Pace>,
        secret: Option<SecretString>,
    ) -> Result<SignedIn, JobError> {
        let gate = lease.map(|term| Arc::new(LeaseGate::new(term)));
        let sign_in = |secret| sign_in(self, gate, pace, secret);
        let SecretSource::Keyring(kind) = self.secret else {
            return sign_in(secret).await;
        };
        let connection = &self.settings.connection;
        let used = secret.clone();
        let signed_in = sign_in(secret).await;
        let done = match (&signed_in, &used) {
            (Ok(_), Some(secret)) => keyring::keep(kind, connection, secret),
            (Err(error), _) if is_refused(error) => keyring::forget(kind, connection),
            _ => Ok(()),
        };
        if let Err(error) = done {
            self.voice.warn(&format!("warning: {error}"));
        }
        signed_in
    }
}

/// Whether the service has refused the account or its secret.
fn is_refused(error: &JobError) -> bool {
    matches!(
        error,
        JobError::SignIn {
            error: SignInError::Refused(_),
            ..
        }
    )
}

/// Signs in. These are the first requests of a run: they show whether the provider accepts the account.
async fn sign_in(
    setup: &Setup<'_>,
    gate: Option<Arc<LeaseGate>>,
    pace: Arc<Pace>,
    secret: Option<SecretString>,
) -> Result<SignedIn, JobError> {
    let connection = &setup.settings.connection;
    let sign_in = &connection.sign_in;
    let http = Http::new(&connection.http)?.behind(gate.clone());
    let wire = PacedClient::new(http.clone(), Arc::clone(&pace), Clock::System);
    let issuer = issuer(sign_in, secret.as_ref(), wire, &setup.voice)?;
    let session = Session::new(issuer, sign_in.form.clone(), Arc::clone(&pace));
    let session = Arc::new(session);
    setup.sessions.add(&session, gate);
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
    let reported = identity.as_ref().and_then(|who| who.user_name.clone());
    let named = sign_in.username.clone().or(reported);
    Ok(SignedIn {
        client,
        pace,
        identity,
        account: named.unwrap_or_else(|| sign_in.account()),
    })
}

/// A sign-in that did not work, with what to check for this kind of sign-in.
pub(crate) fn refused(error: SignInError, sign_in: &SignIn) -> JobError {
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
    let hint = Some(format!("check {check}; nothing was sent for any user"));
    JobError::SignIn { error, hint }
}
