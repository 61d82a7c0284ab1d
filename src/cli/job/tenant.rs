//! A job and the tenant that it is of: one address may serve many tenants, and only the account says which.

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::job::{At, Manner, enter, known_secret};
use crate::cli::terminal::Terminal;
use crate::ledger::{Job, Ledger};
use crate::port::Directory;
use crate::settings::{SecretSource, Settings};

impl At<'_> {
    /// Goes on with what earlier runs of the job have learned: the tenant that the job is bound to, and whether
    /// the attribute in which access is shown was seen.
    ///
    /// # Errors
    /// [`Exit::Settings`] if the account is of another tenant than the job. One address may serve many tenants.
    pub(in crate::cli) async fn resume(
        &self,
        ledger: &mut Ledger,
        job: &Job,
    ) -> Result<(), Failure> {
        let bound = ledger.tenant_of(job).await?;
        if let (Some(bound), Some(here)) = (&bound, &self.mandate.tenant)
            && bound != here
        {
            let message = format!(
                "job {} is of tenant {bound}, and {} is signed in to tenant {here}",
                job.id, self.mandate.account
            );
            return Err(Failure::new(Exit::Settings, message).hint(
                "sign in with an account of the job's tenant; for this tenant, start a job of its own with \
                 `--new`, best in another ledger (`--ledger FILE`)"
                    .to_owned(),
            ));
        }
        if ledger.access_was_shown(job).await? {
            self.signed_in.client.learn_access();
        }
        Ok(())
    }
}

/// Makes sure that the account of a command that has nothing to do is of the tenant in which the job was done: it
/// may be meant for the same roster in another tenant.
pub(super) async fn is_at_home(
    ledger: &mut Ledger,
    job: &Job,
    manner: &Manner,
    settings: &Settings,
    secret: SecretSource,
    terminal: Terminal,
) -> Result<(), Failure> {
    let account = settings.connection.sign_in.account();
    let is_known = ledger.was_worked_on_by(job, &account).await?;
    if is_known || ledger.tenant_of(job).await?.is_none() {
        return Ok(());
    }
    let secret = known_secret(secret, &settings.connection, terminal)?;
    let at = enter(job, manner, settings, secret, terminal).await?;
    at.resume(ledger, job).await
}
