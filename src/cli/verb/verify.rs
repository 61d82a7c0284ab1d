//! `offboard verify`: reads again each user that a job brought to the wanted state, and compares.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use clap::Args;
use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::SettingsArgs;
use crate::cli::failure::Failure;
use crate::cli::output::{SHOWN, Terminal, TerminalVoice, chain_head};
use crate::domain::{Finding, Status};
use crate::job::{self, Sessions, Setup, Verification};
use crate::ledger::{Counts, Job};
use crate::report::UndoneSummary;
use crate::settings::{ProgressSettings, Settings};

/// Read every user of a job again and compare: confirmed, drifted, or gone.
///
/// A user that has again what the job took has drifted: exit code 12. A user that an undo of the job
/// gave it back to is compared with what was given back. Users without an outcome yet, and users that
/// failed or were not found, are not read: exit code 10.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  offboard verify --username admin@example.com")]
pub(crate) struct VerifyArgs {
    /// The beginning of a job's id, or `latest`.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(crate) job: String,

    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) progress: ProgressSettings,

    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

pub(crate) async fn verify(
    args: VerifyArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let voice = TerminalVoice::new(terminal, args.progress.progress());
    let setup = Setup::new(&settings, Arc::new(voice), sessions)?;
    let (mut ledger, job) = setup.pick_job(&args.job).await?;
    setup.name_job(&job);
    let verification = job::verify(&setup, &mut ledger, &job, SHOWN).await?;
    ledger.close().await?;
    if let Some(head) = &verification.head {
        terminal.note(&chain_head(head.events, &head.hash));
    }
    if args.json {
        terminal.outcome_json(&to_json(&job, &verification));
    } else if !verification.is_empty {
        terminal.outcome(&verification_text(&verification));
    }
    if verification.is_empty {
        terminal.note("no user is in the wanted state yet: there is nothing to verify");
        if let Some(words) = not_verified(&verification.left_out) {
            terminal.warn(&words);
        }
    }
    Ok(Exit::from(&verification.end()))
}

/// Each finding with its number, and the users that have drifted.
pub(crate) fn verification_text(verification: &Verification) -> String {
    let mut text = String::new();
    let undone = verification.undone.as_ref().map(UndoneSummary::new);
    for finding in Finding::ALL {
        let count = verification.of(finding);
        if count > 0 || finding == Finding::Confirmed {
            let _ = writeln!(
                text,
                "  {:<10} {:>10}   {}",
                finding.as_str(),
                HumanCount(count).to_string(),
                meaning(finding, undone.is_some())
            );
        }
    }
    for row in &verification.drifted {
        let who = row.user_name.as_deref().or(row.user_id.as_deref());
        let _ = writeln!(
            text,
            "  line {}: {}: {}",
            row.line,
            who.unwrap_or_default(),
            row.verified_detail.as_deref().unwrap_or_default()
        );
    }
    let shown = verification.drifted.len() as u64;
    let more = verification.of(Finding::Drifted).saturating_sub(shown);
    if more > 0 {
        let _ = writeln!(text, "  … and {} more: see the report", HumanCount(more));
    }
    if verification.is_tenant_in_doubt() {
        let words = "no user of the job is there any more: check that this is the job's tenant";
        let _ = writeln!(text, "  {words}");
    }
    if let Some(words) = not_verified(&verification.left_out) {
        let _ = writeln!(text, "  {words}");
    }
    if let Some(undone) = &undone {
        let _ = writeln!(text, "  {}", undone.in_words());
    }
    let requests = verification.requests;
    let plural = if requests == 1 { "" } else { "s" };
    let _ = write!(text, "  {} request{plural}", HumanCount(requests));
    text
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

fn to_json(job: &Job, verification: &Verification) -> Value {
    let findings: BTreeMap<_, _> = Finding::ALL
        .into_iter()
        .map(|finding| (finding.as_str(), verification.of(finding)))
        .collect();
    json!({
        "schema": 1, "job": job.id.as_str(), "findings": findings, "requests": verification.requests,
        "holds": verification.of(Finding::Drifted) == 0, "not_verified": verification.left_out.lines(),
        "undone": verification.undone.as_ref().map(UndoneSummary::new),
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
    fn p2_a_verification_that_finds_no_user_says_which_tenant_to_check() {
        let verification = Verification {
            findings: [(Finding::Gone, 3)].into(),
            ..Verification::default()
        };
        let text = verification_text(&verification);
        assert!(
            text.contains("check that this is the job's tenant"),
            "{text}"
        );
        assert_eq!(Exit::from(&verification.end()), Exit::Trouble);
    }
}
