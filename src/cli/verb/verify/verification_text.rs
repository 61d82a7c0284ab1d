//! The result of a verification as text.

use std::fmt::Write;

use crate::domain::{Finding, Status, grouped, one_or_many};
use crate::job::VerifyResult;
use crate::ledger::Counts;
use crate::report::UndoneSummary;
use crate::screen::{Paint, Painted};

/// Each finding with its number, and the users that have drifted.
pub(crate) fn verification_text(verification: &VerifyResult) -> Painted {
    let mut text = Painted::default();
    let undone = verification.undone.as_ref().map(UndoneSummary::new);
    for finding in Finding::ALL {
        let count = verification.of(finding);
        if count > 0 || finding == Finding::Confirmed {
            let row = format!("  {:<10} {:>10}", finding.as_str(), grouped(count));
            text.paint(paint(finding), row);
            let _ = writeln!(text, "   {}", meaning(finding, undone.is_some()));
        }
    }
    for row in &verification.drifted {
        let _ = writeln!(
            text,
            "  line {}: {}: {}",
            row.line,
            row.name().unwrap_or_default(),
            row.verified_detail.as_deref().unwrap_or_default()
        );
    }
    let shown = verification.drifted.len() as u64;
    let more = verification.of(Finding::Drifted).saturating_sub(shown);
    if more > 0 {
        let _ = writeln!(text, "  … and {} more: see the report", grouped(more));
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
    let noun = one_or_many(requests, "request", "requests");
    let _ = write!(text, "  {} {noun}", grouped(requests));
    text
}

/// How many users were left out, and why; nothing if there are none.
pub(super) fn not_verified(left_out: &Counts) -> Option<String> {
    let users = left_out.lines();
    let were = match users {
        0 => return None,
        1 => "user was",
        _ => "users were",
    };
    let parts = Status::ALL.iter().filter_map(|status| {
        let count = left_out.of(*status);
        let name = status.reported().as_str().replace('_', " ");
        (count > 0).then(|| format!("{} {name}", grouped(count)))
    });
    let parts: Vec<_> = parts.collect();
    let mut text = format!(
        "{} {were} not verified: {}",
        grouped(users),
        parts.join(", ")
    );
    if left_out.open() > 0 {
        text.push_str(
            "; the job is not finished: `offboard run` with the same roster continues it",
        );
    }
    Some(text)
}

/// How a finding looks.
fn paint(finding: Finding) -> Paint {
    match finding {
        Finding::Confirmed => Paint::Good,
        Finding::Drifted => Paint::Bad,
        Finding::Gone | Finding::Unread => Paint::Caution,
    }
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
    use crate::cli::Exit;

    #[test]
    fn p2_a_verification_that_finds_no_user_says_which_tenant_to_check() {
        let verification = VerifyResult {
            findings: [(Finding::Gone, 3)].into(),
            ..VerifyResult::default()
        };
        let text = verification_text(&verification).to_string();
        assert!(
            text.contains("check that this is the job's tenant"),
            "{text}"
        );
        assert_eq!(Exit::from(&verification.end()), Exit::Trouble);
    }
}
