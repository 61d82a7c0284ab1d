//! Checks a provider before there is a job: secret, sign-in, role, what the provider says of itself, its clock, and
//! where its users have access. It changes nothing and opens no ledger.

use crate::auth::Identity;
use crate::domain::{Clock, Content, PageAt, Silence, Timestamp, UserPage};
use crate::job::sign_in::refused;
use crate::job::{JobError, Setup, SignedIn};
use crate::port::{Directory, SignInError};
use crate::scim::ServiceConfig;

/// What a provider has shown.
#[derive(Debug)]
pub(crate) struct ProviderCheck {
    /// The account as people know it.
    pub account: String,
    /// The account as the provider knows it, if it says.
    pub identity: Option<Identity>,
    /// What the provider says of itself.
    pub provider: ServiceConfig,
    /// When it was asked, by the clock of this machine.
    pub asked_at: Timestamp,
    /// All users of the tenant, if the provider reports the number.
    pub total: Option<u64>,
    /// Users on the page that was read.
    pub users: usize,
    /// The attribute in which access is looked for; `None` if the profile names none.
    pub access: Option<AccessSeen>,
    /// Other attributes in which these users have access.
    pub other_access: Vec<String>,
}

/// An attribute of access.
#[derive(Debug)]
pub(crate) struct AccessSeen {
    /// Its name.
    pub attribute: String,
    /// Whether the provider is known to have it.
    pub shown: bool,
}

/// Why a provider cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderCheckError {
    /// No answer came.
    #[error(transparent)]
    Silent(#[from] Silence),
    /// The account lacks a role.
    #[error("the account may not read users: HTTP {status}: {words}")]
    NoRole {
        /// The HTTP status.
        status: u16,
        /// What the provider says.
        words: String,
    },
    /// The answer is no list of users.
    #[error("what answers at the SCIM address shows no users: HTTP {status}: {words}")]
    NoUsers {
        /// The HTTP status.
        status: u16,
        /// What the answer says.
        words: String,
    },
}

impl ProviderCheckError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Silent(_) => "check `--scim-url` and the network",
            Self::NoRole { .. } => {
                "give the account the role of a user administrator; if the provider speaks of the \
                 credential, renew that"
            }
            Self::NoUsers { .. } => "check `--scim-url`",
        }
    }
}

/// Signs in, and reads what the provider says of itself and one page of `page` users.
///
/// # Errors
/// The account cannot sign in or may not read users, or the provider does not answer.
pub(crate) async fn check_provider(
    setup: &Setup<'_>,
    page: u64,
) -> Result<ProviderCheck, JobError> {
    let secret = setup.ask_secret()?;
    let mut signals = setup.voice.listen().map_err(JobError::Signals)?;
    let checked = async {
        let signed_in = setup.sign_in(secret).await?;
        look(setup, signed_in, page).await
    };
    tokio::select! {
        checked = checked => checked,
        signal = signals.next() => {
            let so = "the check is not complete";
            Err(JobError::Interrupted { signal, so })
        }
    }
}

async fn look(
    setup: &Setup<'_>,
    signed_in: SignedIn,
    page: u64,
) -> Result<ProviderCheck, JobError> {
    signed_in.pace.permit().await;
    let asked_at = Clock::System.now();
    let provider = signed_in.client.service_config().await;
    let provider = provider.map_err(ProviderCheckError::Silent)?;
    let page = read_users(setup, &signed_in, page).await?;
    let mut other_access: Vec<_> = page
        .users
        .iter()
        .flat_map(|user| user.other_access.iter().cloned())
        .collect();
    other_access.sort_unstable();
    other_access.dedup();
    Ok(ProviderCheck {
        provider,
        asked_at,
        total: page.total,
        users: page.users.len(),
        access: find_access(&signed_in).await,
        other_access,
        account: signed_in.account,
        identity: signed_in.identity,
    })
}

/// Finds out whether the provider has the attribute in which the profile looks for access.
async fn find_access(signed_in: &SignedIn) -> Option<AccessSeen> {
    let client = &signed_in.client;
    let attribute = client.access_attribute()?.to_owned();
    if !client.shows_access() {
        signed_in.pace.permit().await;
        // The client reads the answer; an answer that does not come declares nothing.
        let _ = client.send(&client.schemas_request()).await;
    }
    let shown = client.shows_access();
    Some(AccessSeen { attribute, shown })
}

/// Reads one page: it shows whether the account has the role, and what users look like.
async fn read_users(
    setup: &Setup<'_>,
    signed_in: &SignedIn,
    page: u64,
) -> Result<UserPage, JobError> {
    let request = signed_in.client.page_request(&PageAt::FIRST, page);
    signed_in.pace.permit().await;
    let answer = signed_in.client.send(&request).await;
    let answer = answer.map_err(ProviderCheckError::Silent)?;
    let words = answer.words().unwrap_or_default();
    let status = answer.status;
    match (status, answer.content) {
        (200..=299, Content::Page(page)) => Ok(page),
        // A credential that is refused says nothing of what its account may do.
        (401, _) => {
            let why =
                format!("the provider does not accept the credential: HTTP {status}: {words}");
            let sign_in = &setup.settings.connection.sign_in;
            Err(refused(SignInError::Refused(why), sign_in))
        }
        (403, _) => Err(ProviderCheckError::NoRole { status, words }.into()),
        _ => Err(ProviderCheckError::NoUsers { status, words }.into()),
    }
}
