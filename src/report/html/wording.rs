//! What the page says about codes: outcomes, reasons, endings, verdicts and the change itself.

use crate::domain::{Access, Change, Finding, Status};

/// The name of an outcome, as a person reads it.
pub(super) fn outcome(status: Status) -> &'static str {
    match status.reported() {
        Status::Removed => "Removed",
        Status::Restored => "Restored",
        Status::Already => "Already so",
        Status::Protected => "Protected",
        Status::NotFound => "Not found",
        Status::Invalid => "Invalid line",
        Status::Duplicate => "Duplicate line",
        Status::Failed => "Failed",
        Status::InDoubt | Status::Claimed => "In doubt",
        Status::Pending => "Pending",
    }
}

/// What an outcome means.
pub(super) fn meaning(status: Status) -> &'static str {
    match status.reported() {
        Status::Removed => {
            "The provider's own answer, or a second look, showed the wanted state after the write."
        }
        Status::Restored => {
            "The provider's own answer, or a second look, showed that the user has back what was taken."
        }
        Status::Already => "The user was in the wanted state before anything was sent.",
        Status::Protected => "A rule keeps this user from being touched; nothing was sent.",
        Status::NotFound => {
            "The provider knows no such user: a wrong id, or a user of another tenant."
        }
        Status::Invalid => "The line cannot be used; nothing was sent.",
        Status::Duplicate => "The line names a user whom an earlier line names.",
        Status::Failed => {
            "A final answer, or all attempts used up: the user is not in the wanted state."
        }
        Status::InDoubt | Status::Claimed => {
            "A write may have taken effect and nobody has seen it yet; the next run looks first."
        }
        Status::Pending => "Not dealt with yet.",
    }
}

/// What a verification found, as a person reads it.
pub(super) fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "As it was left",
        Finding::Drifted => "Changed since",
        Finding::Gone => "Gone",
        Finding::Unread => "Not read again",
    }
}

/// What that means.
pub(super) fn finding_meaning(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "A verification found the user as the job, or its undo, left them.",
        Finding::Drifted => {
            "A verification found these users in another state than the one in which the job, or its \
             undo, left them."
        }
        Finding::Gone => "A verification found that the provider knows the user no longer.",
        Finding::Unread => "A verification could not read these users.",
    }
}

/// Why a user could not be dealt with, for the code that the ledger keeps.
pub(super) fn reason(code: &str) -> Option<&'static str> {
    Some(match code {
        "bad_request" => "The provider calls the request wrong",
        "no_target" => "The provider found nothing to act on",
        "forbidden" => "The provider forbids it: a protected user, or a role is missing",
        "not_found" => "The provider knows no such user",
        "unsupported" => "The provider cannot do it",
        "conflict" => "The provider sees a conflict",
        "changed" => "Somebody else changed the user meanwhile",
        "redirected" => "The provider sends elsewhere, where no credential is carried",
        "not_applied" => "The provider said yes, and a second look showed no change",
        "server_error" => "The provider's server failed on every attempt",
        "no_answer" => "No answer came on any attempt",
        "unreadable" => "Answers came that show no user",
        "too_many_workspaces" => "More workspaces than one request can name",
        "acting_account" => "It is the account that signed in",
        "protect_list" => "The protect list names the user",
        "ambiguous" => "Several users of the provider have this name",
        "mismatch" => "The line's id and its address belong to two people",
        "unresolved" => "The look-up did not reach the whole tenant",
        "unconfirmed" => "The write was taken, and its effect is not shown",
        "unsendable" => "The request cannot be built from what the provider sent",
        "bug" => "The program itself failed on this user",
        _ => return None,
    })
}

/// How a run ended; `None` is one that has not.
pub(super) fn ending(ending: Option<&str>) -> String {
    match ending {
        None => "under way".to_owned(),
        Some("died") => "killed, or lost power".to_owned(),
        Some("SIGINT") => "interrupted (Ctrl-C)".to_owned(),
        Some("SIGTERM") => "interrupted (SIGTERM)".to_owned(),
        Some("SIGHUP") => "interrupted (terminal closed)".to_owned(),
        Some("outage") => "stopped: outage".to_owned(),
        Some("time over") => "stopped: time over".to_owned(),
        Some(other) => other.to_owned(),
    }
}

/// What a process did with the job.
pub(super) fn kind(kind: &str) -> &str {
    match kind {
        "plan" => "Look-up",
        "run" => "Run",
        "verify" => "Verification",
        other => other,
    }
}

/// What came back during a wait, for a verdict's word.
pub(super) fn verdict(word: &str, many: bool) -> &'static str {
    match (word, many) {
        ("throttled", false) => "answer that asked for fewer requests",
        ("throttled", true) => "answers that asked for fewer requests",
        ("transient", false) => "failure of the server or the network",
        ("transient", true) => "failures of the server or the network",
        ("uncertain", false) => "answer that was lost on its way",
        ("uncertain", true) => "answers that were lost on their way",
        ("unauthorized", false) => "refused credential",
        ("unauthorized", true) => "refused credentials",
        (_, false) => "other answer",
        (_, true) => "other answers",
    }
}

/// What was asked for every user, as a sentence without its subject.
pub(super) fn change(change: &Change) -> String {
    if change.restores() {
        return "Give back what an earlier job took".to_owned();
    }
    let workspaces = match change.access() {
        Access::Keep => None,
        Access::RemoveAll => Some("remove from all workspaces".to_owned()),
        Access::RemoveFrom(ids) => Some(format!("remove from workspaces {}", ids.join(", "))),
    };
    match (change.disables(), workspaces) {
        (true, Some(workspaces)) => format!("Disable sign-in and {workspaces}"),
        (true, None) => "Disable sign-in".to_owned(),
        (false, Some(workspaces)) => workspaces.replacen('r', "R", 1),
        (false, None) => change.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Reason;

    #[test]
    fn every_reason_has_words() {
        for code in Reason::ALL {
            assert!(reason(code.as_str()).is_some(), "{code}");
        }
        assert_eq!(reason("unheard_of"), None);
    }

    #[test]
    fn changes_read_as_sentences() {
        for (text, sentence) in [
            ("disable", "Disable sign-in"),
            ("remove-access", "Remove from all workspaces"),
            (
                "disable+remove-access",
                "Disable sign-in and remove from all workspaces",
            ),
            ("from-workspace:w1,w2", "Remove from workspaces w1, w2"),
            ("restore", "Give back what an earlier job took"),
        ] {
            assert_eq!(change(&text.parse().unwrap()), sentence);
        }
    }
}
