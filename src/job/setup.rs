//! What a job starts from: the settings, the voice, and where the secret is. No request was sent yet.

use std::fmt;
use std::io::IsTerminal;
use std::sync::Arc;

use crate::domain::{Reason, Tolerance};
use crate::job::sign_in::{Sessions, find_secret};
use crate::job::{JobError, Voice};
use crate::ledger::{Contention, Job};
use crate::settings::{SecretKind, SecretSource, Settings, SettingsError};

/// What a job starts from.
#[derive(Clone)]
pub struct Setup<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// What the job says and asks goes here.
    pub voice: Arc<dyn Voice>,
    /// The sessions that the caller gives back at its end.
    pub(super) sessions: Sessions,
    /// Where the secret is that signing in takes.
    pub(super) secret: SecretSource,
    /// The user of the operating system who has ordered the job, if this process is a worker.
    pub(super) ordered_by: Option<String>,
    /// What to do if another process works on the target.
    pub(super) contention: Contention,
}

impl fmt::Debug for Setup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<'a> Setup<'a> {
    /// Finds out where the secret is, and warns of a secret that others can read. A file, a variable or
    /// standard input is read now; a person is asked only once the secret is needed.
    ///
    /// # Errors
    /// No source has the secret, or what it has is no such secret.
    pub fn new(
        settings: &'a Settings,
        voice: Arc<dyn Voice>,
        sessions: &Sessions,
    ) -> Result<Self, JobError> {
        let stdin_is_terminal = std::io::stdin().is_terminal();
        let connection = &settings.connection;
        let of_kind = |kind: SecretKind| kind.variable();
        let secret = find_secret(connection, of_kind, voice.as_ref(), stdin_is_terminal)?;
        Ok(Self::with_secret(settings, voice, sessions, secret))
    }

    /// The same for a worker that has taken an order of this user. A worker has several accounts, so it takes a secret
    /// only from where the settings of the target say that it is, and never from a variable that is the same for all.
    ///
    /// # Errors
    /// As [`Setup::new`].
    pub(crate) fn of_a_worker(
        settings: &'a Settings,
        voice: Arc<dyn Voice>,
        sessions: &Sessions,
        ordered_by: String,
    ) -> Result<Self, JobError> {
        let found = find_secret(&settings.connection, |_| "", voice.as_ref(), false);
        let secret = found.map_err(|error| match error {
            JobError::Settings(SettingsError::NoSecret(kind)) => {
                SettingsError::NoPlaceOfSecret(kind).into()
            }
            other => other,
        })?;
        let setup = Self::with_secret(settings, voice, sessions, secret);
        Ok(Self {
            ordered_by: Some(ordered_by),
            ..setup
        })
    }

    /// Waits for as long as another process works on the target, instead of refusing.
    #[must_use]
    pub(crate) fn waiting_for_target(self) -> Self {
        Self {
            contention: Contention::Wait,
            ..self
        }
    }

    /// The same with a secret that is known already.
    pub fn with_secret(
        settings: &'a Settings,
        voice: Arc<dyn Voice>,
        sessions: &Sessions,
        secret: SecretSource,
    ) -> Self {
        Self {
            settings,
            voice,
            sessions: sessions.clone(),
            secret,
            ordered_by: None,
            contention: Contention::Refuse,
        }
    }

    /// Where the secret is.
    pub fn secret(&self) -> &SecretSource {
        &self.secret
    }

    /// Says which job it is, and in which ledger.
    pub fn name_job(&self, job: &Job) {
        let ledger = &self.settings.ledger;
        let text = format!("job {} in ledger {ledger}", job.id);
        self.voice.note(&text);
    }
}

/// How a job is run, apart from the settings.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// The number of users, confirmed beforehand.
    pub confirm: Option<u64>,
    /// Whether users are looked up one by one, each right before the write, and not for the plan.
    pub no_lookup: bool,
    /// Tries failed users again: those that failed for one of these reasons, or all if the list is empty.
    /// `None` is no retry.
    pub retry: Option<Vec<Reason>>,
    /// Outcomes with which the job ends well all the same.
    pub tolerate: Tolerance,
}
