//! `offboard verify`: reads again each user that a job brought to the wanted state, and compares.

use std::collections::BTreeMap;
use std::fmt::Write;

use indicatif::HumanCount;
use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::VerifyArgs;
use crate::cli::failure::Failure;
use crate::cli::job::{
    At, Manner, command_again, enter, known_secret, pick_job, secret_source, tell_job,
};
use crate::cli::signals::Signals;
use crate::cli::terminal::Terminal;
use crate::cli::totals;
use crate::cli::totals::SHOWN;
use crate::cli::work::progress;
use crate::domain::{Finding, Status};
use crate::ledger::{Counts, Job, Ledger, RunEnding, RunKind, VerifiedRow};
use crate::progress::Looking;
use crate::report::UndoneSummary;
use crate::settings::{SecretSource, Settings};

/// What a verification has found.
#[derive(Debug)]
pub(in crate::cli) struct Verified {
    /// How many users of each finding.
    findings: BTreeMap<Finding, u64>,
    /// Requests that it took, sign-in not counted.
    requests: u64,
    /// The first of those who have drifted.
    drifted: Vec<VerifiedRow>,
    /// Users who were not looked at, since the job is not done with them, or failed.
    left_out: Counts,
    /// What undo jobs have given back of what the job took.
    undone: Option<UndoneSummary>,
}

impl Verified {
    /// How many users of this finding.
    pub(in crate::cli) fn of(&self, finding: Finding) -> u64 {
        self.findings.get(&finding).copied().unwrap_or(0)
    }

    /// Each finding with its number, and who has drifted.
    pub(in crate::cli) fn to_text(&self) -> String {
        let mut text = String::new();
        for finding in Finding::ALL {
            let count = self.of(finding);
            if count > 0 || finding == Finding::Confirmed {
                let _ = writeln!(
                    text,
                    "  {:<10} {:>10}   {}",
                    finding.as_str(),
                    HumanCount(count).to_string(),
                    meaning(finding, self.undone.is_some())
                );
            }
        }
        for row in &self.drifted {
            let who = row.user_name.as_deref().or(row.user_id.as_deref());
            let _ = writeln!(
                text,
                "  line {}: {}: {}",
                row.line,
                who.unwrap_or_default(),
                row.detail.as_deref().unwrap_or_default()
            );
        }
        let shown = self.drifted.len() as u64;
        let more = self.of(Finding::Drifted).saturating_sub(shown);
        if more > 0 {
            let _ = writeln!(text, "  … and {} more: see the report", HumanCount(more));
        }
        if self.is_nobody_there() {
            let words = "no user of the job is there any more: check that this is the job's tenant";
            let _ = writeln!(text, "  {words}");
        }
        if let Some(words) = not_verified(&self.left_out) {
            let _ = writeln!(text, "  {words}");
        }
        if let Some(undone) = &self.undone {
            let _ = writeln!(text, "  {}", undone.in_words());
        }
        let plural = if self.requests == 1 { "" } else { "s" };
        let _ = write!(text, "  {} request{plural}", HumanCount(self.requests));
        text
    }

    /// Whether all users are gone: then it is not known whether the right tenant was asked.
    fn is_nobody_there(&self) -> bool {
        self.of(Finding::Gone) > 0 && self.of(Finding::Confirmed) == 0
    }

    fn exit(&self) -> Exit {
        if self.of(Finding::Drifted) > 0 {
            Exit::Imbalance
        } else if self.of(Finding::Unread) + self.left_out.lines() > 0 || self.is_nobody_there() {
            Exit::Trouble
        } else {
            Exit::Done
        }
    }
}

pub(in crate::cli) async fn verify(args: VerifyArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let secret = secret_source(&settings.connection, terminal)?;
    let (mut ledger, job) = pick_job(&args.job, &settings).await?;
    tell_job(&job, &settings, terminal);
    if ledger.to_verify(&job, None).await? == 0 {
        return nothing(&mut ledger, &job, args.json, terminal).await;
    }
    let manner = Manner {
        progress: progress(args.progress.progress(), terminal),
        ..Manner::default()
    };
    let verified = look_again(&mut ledger, &job, &manner, &settings, secret, terminal).await?;
    ledger.close().await?;
    if args.json {
        terminal.outcome_json(&to_json(&job, &verified));
    } else {
        terminal.outcome(&verified.to_text());
    }
    Ok(verified.exit())
}

/// The result if, by the ledger, no user is in the wanted state: no user is read.
async fn nothing(
    ledger: &mut Ledger,
    job: &Job,
    json: bool,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let verified = Verified {
        findings: BTreeMap::new(),
        requests: 0,
        drifted: Vec::new(),
        left_out: ledger.not_verifiable(job).await?,
        undone: undone(ledger, job).await?,
    };
    if json {
        terminal.outcome_json(&to_json(job, &verified));
    }
    terminal.note("nobody is in the wanted state yet: there is nothing to verify");
    if let Some(words) = not_verified(&verified.left_out) {
        terminal.warn(&words);
    }
    Ok(verified.exit())
}

async fn undone(ledger: &mut Ledger, job: &Job) -> Result<Option<UndoneSummary>, Failure> {
    let undone = ledger.undone(job).await?;
    Ok(undone.as_ref().map(UndoneSummary::new))
}

/// How many users were left out, and why; nothing if there are none.
fn not_verified(left_out: &Counts) -> Option<String> {
    let users = left_out.lines();
    let were = match users {
        0 => return None,
        1 => "user was",
        _ => "users were",
    };
    let parts = Status::ALL.iter().filter_map(|status| {
        let count = left_out.of(*status);
        let name = status.reported().as_str().replace('_', " ");
        (count > 0).then(|| format!("{} {name}", HumanCount(count)))
    });
    let parts: Vec<_> = parts.collect();
    let mut text = format!(
        "{} {were} not verified: {}",
        HumanCount(users),
        parts.join(", ")
    );
    if left_out.open() > 0 {
        text.push_str(
            "; the job is not finished: `offboard run` with the same roster continues it",
        );
    }
    Some(text)
}

/// Signs in, and reads again each user that the job brought to the wanted state.
pub(in crate::cli) async fn look_again(
    ledger: &mut Ledger,
    job: &Job,
    manner: &Manner,
    settings: &Settings,
    secret: SecretSource,
    terminal: Terminal,
) -> Result<Verified, Failure> {
    let secret = known_secret(secret, &settings.connection, terminal)?;
    let (_listening, mut signals) = Signals::listen()?;
    let interrupted = |signal| {
        Failure::new(
            Exit::Interrupted(signal),
            "stopped before everybody was read",
        )
        .continued_by(command_again(&job.id))
    };
    let at = tokio::select! {
        at = enter(job, manner, settings, secret, terminal) => at?,
        Some(signal) = signals.recv() => return Err(interrupted(signal)),
    };
    tokio::select! {
        verified = async {
            at.resume(ledger, job).await?;
            verify_all(ledger, job, &at).await
        } => verified,
        Some(signal) = signals.recv() => Err(interrupted(signal)),
    }
}

/// Reads all these users again, with as few requests as possible, and records in the ledger what was found.
async fn verify_all(ledger: &mut Ledger, job: &Job, at: &At<'_>) -> Result<Verified, Failure> {
    let run = ledger.start_run(job, RunKind::Verify, &at.mandate).await?;
    let inquirer = at.inquirer();
    let mut looking = Looking::new(at.progress);
    let mut tell = |look: crate::lookup::Look| {
        looking.tell(look.method.as_str(), look.requests, look.left);
    };
    let goal = at.criteria.goal.as_ref();
    let looked = crate::plan::verify(ledger, job, &run, goal, &inquirer, &mut tell).await;
    looking.end();
    let found = match looked {
        Ok(found) => found,
        Err(error) => {
            // The ledger's own trouble would hide what went wrong first.
            let how = RunEnding::Stopped("the look-up failed");
            let why = error.to_string();
            let _ = ledger
                .end_run_because(&run, how, Some(&why), at.tally())
                .await;
            return Err(error.into());
        }
    };
    let findings = ledger.conclude(job, &run).await?;
    ledger
        .end_run(&run, RunEnding::Finished, at.tally())
        .await?;
    if let Some(head) = ledger.head(job).await? {
        at.terminal.note(&totals::head(head.events, &head.hash));
    }
    Ok(Verified {
        findings,
        requests: found.requests,
        drifted: ledger
            .verified_lines(job, &run, Finding::Drifted, SHOWN)
            .await?,
        left_out: ledger.not_verifiable(job).await?,
        undone: undone(ledger, job).await?,
    })
}

fn to_json(job: &Job, verified: &Verified) -> serde_json::Value {
    let findings: BTreeMap<_, _> = Finding::ALL
        .into_iter()
        .map(|finding| (finding.as_str(), verified.of(finding)))
        .collect();
    json!({
        "schema": 1, "job": job.id.as_str(), "findings": findings, "requests": verified.requests,
        "holds": verified.of(Finding::Drifted) == 0, "not_verified": verified.left_out.lines(),
        "undone": verified.undone,
    })
}

fn meaning(finding: Finding, undone: bool) -> &'static str {
    match finding {
        Finding::Confirmed if undone => "as the job, or its undo, left them",
        Finding::Confirmed => "as the job left them",
        Finding::Drifted => "were changed since, by other means than this job",
        Finding::Gone => "the provider knows them no longer",
        Finding::Unread => "could not be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_a_verification_that_finds_no_user_at_all_is_no_success() {
        let verified = |gone, confirmed| Verified {
            findings: [(Finding::Gone, gone), (Finding::Confirmed, confirmed)].into(),
            requests: 1,
            drifted: Vec::new(),
            left_out: Counts::default(),
            undone: None,
        };
        assert_eq!(verified(3, 0).exit(), Exit::Trouble);
        assert!(
            verified(3, 0)
                .to_text()
                .contains("check that this is the job's tenant")
        );
        assert_eq!(verified(3, 1).exit(), Exit::Done);
        assert_eq!(verified(0, 3).exit(), Exit::Done);
    }
}
