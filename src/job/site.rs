//! The site of a job: the settings, the client that has signed in, who works and why, and the rules that decide
//! about users. It knows no verb: what is done with the job is decided elsewhere.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use crate::domain::{Door, ProtectList, Restraint, UserId, UserState};
use crate::job::gate::acting_account;
use crate::job::pace_keeper::PaceKeeper;
use crate::job::{JobError, Setup, SignedIn, SiteError, Voice};
use crate::ledger::{Job, LeaseTimes, LeaseWait, Ledger, Mandate, RunTally};
use crate::lookup::{Absence, Inquirer, read};
use crate::plan::Criteria;
use crate::port::Directory;
use crate::scim::ScimClient;
use crate::settings::Settings;

/// The time between two notes about a provider that does not answer.
const EVERY: Duration = Duration::from_secs(10);

/// A wait that is left from the last process, and that is mentioned.
const WORTH_A_NOTE: Duration = Duration::from_millis(500);

/// Where a job is worked on, once the account has signed in.
#[derive(Debug)]
pub(super) struct Site<'a> {
    pub(super) setup: &'a Setup<'a>,
    pub(super) directory: SignedIn,
    /// Who works, and why; it is stored with each run.
    pub(super) mandate: Mandate,
    /// What decides about each user.
    pub(super) criteria: Criteria,
    _pace: Option<PaceKeeper>,
}

impl<'a> Site<'a> {
    /// Takes the lease of the target, signs in at the pace that the last process has left, and finds out which account
    /// is never to be written.
    pub(super) async fn enter(
        setup: &'a Setup<'a>,
        ledger: &mut Ledger,
        job: &Job,
        secret: Option<SecretString>,
    ) -> Result<Self, JobError> {
        let settings = setup.settings;
        let times = LeaseTimes::new(settings.heartbeat, settings.connection.http.timeout);
        let mut waiting = |wait: &LeaseWait| setup.voice.note(&wait.to_string());
        let lease = ledger
            .take_lease(&job.target, times, setup.contention, &mut waiting)
            .await?;
        let pace = setup.pace();
        let kept = ledger.kept_pace(&job.target).await?;
        pace.take_over(kept.restraint, kept.rested);
        if kept.restraint.hold >= WORTH_A_NOTE {
            let left = kept.restraint.hold.as_secs() + 1;
            setup.voice.note(&format!(
                "the provider has asked to wait, and {left} s of that are left: nothing is sent until then"
            ));
        }
        let paces = ledger.pace_store(&job.target);
        let keeper = paces.clone();
        let keeper = keeper.map(|paces| PaceKeeper::start(&pace, paces, &setup.voice));
        let signed_in = setup.sign_in_under(lease, Arc::clone(&pace), secret).await;
        if let (Err(_), Some(paces)) = (&signed_in, paces)
            && pace.restraint() != Restraint::default()
        {
            // The keeper ends here. A second error would hide the first.
            let _ = paces.keep(pace.restraint()).await;
        }
        let directory = signed_in?;
        let actor = acting_account(setup.settings, &directory, setup.voice.as_ref());
        let mut criteria = criteria(job, setup.settings);
        criteria.door.actor = actor;
        Ok(Self {
            setup,
            mandate: mandate(setup, &directory),
            directory,
            criteria,
            _pace: keeper,
        })
    }

    pub(super) fn settings(&self) -> &'a Settings {
        self.setup.settings
    }

    pub(super) fn voice(&self) -> &dyn Voice {
        self.setup.voice.as_ref()
    }

    /// What was sent since the last run of this process ended, for the end of this one.
    pub(super) fn tally(&self) -> RunTally {
        let usage = self.directory.pace.take_usage();
        RunTally {
            requests: usage.requests,
            throttled: usage.throttled,
        }
    }

    /// What reads users for look-ups. While the provider does not answer, a note says so now and then.
    pub(super) fn inquirer(&self) -> Inquirer<ScimClient> {
        let voice = Arc::clone(&self.setup.voice);
        let noted = Mutex::new(None::<Instant>);
        let inquirer = self.directory.inquirer(self.settings());
        inquirer.on_retry(move |why| {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            if noted.is_none_or(|last| last.elapsed() >= EVERY) {
                *noted = Some(Instant::now());
                voice.note(&format!("asking again: {why}"));
            }
        })
    }

    /// Reads one user; the inner error says why the provider does not show the user.
    pub(super) async fn read(
        &self,
        inquirer: &Inquirer<ScimClient>,
        user: &UserId,
    ) -> Result<Result<UserState, Absence>, JobError> {
        Ok(read(inquirer, user).await?)
    }

    /// Takes over what earlier runs of the job have learned: the tenant that the job is bound to, and whether the
    /// attribute in which access is shown was seen.
    ///
    /// # Errors
    /// [`SiteError::OtherTenant`] if the account is of another tenant than the job.
    pub(super) async fn resume(&self, ledger: &mut Ledger, job: &Job) -> Result<(), JobError> {
        let bound = ledger.tenant_of(job).await?;
        if let (Some(bound), Some(here)) = (bound, &self.mandate.tenant)
            && bound != *here
        {
            return Err(SiteError::OtherTenant {
                job: job.id.clone(),
                bound,
                account: self.mandate.account.clone(),
                here: here.clone(),
            }
            .into());
        }
        if ledger.access_was_shown(job).await? {
            self.directory.client.learn_access();
        }
        Ok(())
    }
}

/// Checks the tenant for a command that has nothing to do: it may be meant for the same roster in another
/// tenant, since one address may serve several. It signs in only if the account has not worked on the job.
pub(super) async fn check_tenant(
    setup: &Setup<'_>,
    ledger: &mut Ledger,
    job: &Job,
) -> Result<(), JobError> {
    let account = setup.settings.connection.sign_in.account();
    let is_known = ledger.was_worked_on_by(job, &account).await?;
    if is_known || ledger.tenant_of(job).await?.is_none() {
        return Ok(());
    }
    let secret = setup.ask_secret()?;
    let site = Site::enter(setup, ledger, job, secret).await?;
    site.resume(ledger, job).await
}

/// What decides about the users of a job, as far as it is known before signing in.
pub(super) fn criteria(job: &Job, settings: &Settings) -> Criteria {
    Criteria {
        goal: job.change.goal(),
        means: settings.means(),
        door: Door {
            ids: job.ids,
            protected: ProtectList::new(settings.safety.protect.iter().map(String::as_str)),
            allow_mismatch: settings.safety.allow_mismatch,
            ..Door::default()
        },
    }
}

/// The user of this machine who runs the program. A variable such as `USER` can say anything, so the operating system
/// is asked.
pub(crate) fn operator() -> String {
    whoami::username().unwrap_or_else(|_| "unknown".to_owned())
}

/// Puts together which account signs in, which user typed the command, and why.
fn mandate(setup: &Setup<'_>, signed_in: &SignedIn) -> Mandate {
    let settings = setup.settings;
    let identity = signed_in.identity.clone().unwrap_or_default();
    let grounds = &settings.grounds;
    Mandate {
        account: signed_in.account.clone(),
        operator: match &setup.ordered_by {
            Some(operator) => operator.clone(),
            None => operator(),
        },
        actor_id: identity.user_id.or_else(|| settings.safety.self_id.clone()),
        tenant: identity.tenant,
        ticket: grounds.ticket.clone(),
        reason: grounds.reason.clone(),
        approver: grounds.approver.clone(),
        settings: settings.recorded(),
    }
}
