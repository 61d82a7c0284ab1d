//! A verification: reads again each user that a job brought to the wanted state, and compares.

use std::collections::BTreeMap;

use crate::domain::{Finding, Tolerance};
use crate::job::site::Site;
use crate::job::work::result::{JobEnd, tolerated};
use crate::job::{JobError, Setup};
use crate::ledger::{Counts, Head, Job, Ledger, RunEnding, RunKind, Undone, UserRow};

/// What a verification has found.
#[derive(Debug, Default)]
pub struct VerifyResult {
    /// How many users of each finding.
    pub findings: BTreeMap<Finding, u64>,
    /// Requests that it took, sign-in not counted.
    pub requests: u64,
    /// The first of the users that have drifted.
    pub drifted: Vec<UserRow>,
    /// Users that were not read, since the job is not done with them, or failed.
    pub left_out: Counts,
    /// What undo jobs have given back of what the job took.
    pub undone: Option<Undone>,
    /// The last event of the job's chain; `None` if no user was read.
    pub head: Option<Head>,
    /// Whether any user was to be read.
    pub is_empty: bool,
    /// Of the users that were not read, those whose outcome the command tolerates.
    pub tolerated: u64,
}

/// How a job is verified.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// How many of the users that have drifted are in the result.
    pub shown: usize,
    /// Outcomes of the job with which the verification ends well all the same.
    pub tolerate: Tolerance,
}

impl VerifyResult {
    /// How many users of this finding.
    pub fn of(&self, finding: Finding) -> u64 {
        self.findings.get(&finding).copied().unwrap_or(0)
    }

    /// Whether all users are gone: then it is not known whether the right tenant was read.
    pub fn is_tenant_in_doubt(&self) -> bool {
        self.of(Finding::Gone) > 0 && self.of(Finding::Confirmed) == 0
    }

    /// What the findings mean. Drifted users leave the job unbalanced: it does not hold what it reported.
    pub fn end(&self) -> JobEnd {
        if self.of(Finding::Drifted) > 0 {
            JobEnd::Unbalanced
        } else if self.of(Finding::Unread) > 0
            || self.left_out.lines() > self.tolerated
            || self.is_tenant_in_doubt()
        {
            JobEnd::Incomplete
        } else {
            JobEnd::Complete
        }
    }
}

/// Signs in, and reads again each user that the job brought to the wanted state. If there is no user to read, no
/// request is sent.
///
/// # Errors
/// The users cannot be read, or the ledger fails.
pub async fn verify(
    setup: &Setup<'_>,
    ledger: &mut Ledger,
    job: &Job,
    options: &VerifyOptions,
) -> Result<VerifyResult, JobError> {
    let mut result = verify_all(setup, ledger, job, options.shown).await?;
    result.tolerated = tolerated(ledger, job, &result.left_out, &options.tolerate).await?;
    Ok(result)
}

async fn verify_all(
    setup: &Setup<'_>,
    ledger: &mut Ledger,
    job: &Job,
    shown: usize,
) -> Result<VerifyResult, JobError> {
    if ledger.to_verify(job, None).await? == 0 {
        return Ok(VerifyResult {
            left_out: ledger.not_verifiable(job).await?,
            undone: ledger.undone(job).await?,
            is_empty: true,
            ..VerifyResult::default()
        });
    }
    let secret = setup.ask_secret()?;
    let mut signals = setup.voice.listen().map_err(JobError::Signals)?;
    let verified = async {
        let site = Site::enter(setup, ledger, job, secret).await?;
        site.resume(ledger, job).await?;
        read_all(ledger, job, &site, shown).await
    };
    tokio::select! {
        verified = verified => verified,
        signal = signals.next() => {
            let so = "stopped before all users were read";
            Err(JobError::Interrupted { signal, so }.resumable(&job.id))
        }
    }
}

/// Reads these users again, with as few requests as possible, and records what was found.
async fn read_all(
    ledger: &mut Ledger,
    job: &Job,
    site: &Site<'_>,
    shown: usize,
) -> Result<VerifyResult, JobError> {
    let run = ledger
        .start_run(job, RunKind::Verify, &site.mandate)
        .await?;
    let inquirer = site.inquirer();
    let mut progress = site.voice().look_up_progress();
    let goal = site.criteria.goal.as_ref();
    let read = crate::plan::verify(ledger, job, &run, goal, &inquirer, &mut progress).await;
    drop(progress);
    let found = match read {
        Ok(found) => found,
        Err(error) => {
            // A second error, of the ledger, would hide the first.
            let how = RunEnding::Stopped("the look-up failed");
            let why = error.to_string();
            let _ = ledger
                .end_run_because(&run, how, Some(&why), site.tally())
                .await;
            return Err(error.into());
        }
    };
    let findings = ledger.conclude(job, &run).await?;
    ledger
        .end_run(&run, RunEnding::Finished, site.tally())
        .await?;
    Ok(VerifyResult {
        findings,
        requests: found.requests,
        head: ledger.head(job).await?,
        drifted: ledger
            .verified_lines(job, &run, Finding::Drifted, shown)
            .await?,
        left_out: ledger.not_verifiable(job).await?,
        undone: ledger.undone(job).await?,
        is_empty: false,
        tolerated: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_a_verification_that_finds_no_user_at_all_is_no_success() {
        let verified = |gone, confirmed| VerifyResult {
            findings: [(Finding::Gone, gone), (Finding::Confirmed, confirmed)].into(),
            requests: 1,
            ..VerifyResult::default()
        };
        assert_eq!(verified(3, 0).end(), JobEnd::Incomplete);
        assert!(verified(3, 0).is_tenant_in_doubt());
        assert_eq!(verified(3, 1).end(), JobEnd::Complete);
        assert_eq!(verified(0, 3).end(), JobEnd::Complete);
    }
}
