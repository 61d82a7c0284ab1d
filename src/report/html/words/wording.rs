//! The words of the page for codes: outcomes, findings, reasons, endings, verdicts, and the change.

use crate::domain::{Access, Change, Finding, Status};

/// The name of an outcome on the page.
pub(in crate::report::html) fn outcome(status: Status) -> &'static str {
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

/// What an outcome means, in a sentence.
pub(in crate::report::html) fn meaning(status: Status) -> &'static str {
    match status.reported() {
        Status::Removed => {
            "The provider's own answer, or a read after it, showed the wanted state after the write."
        }
        Status::Restored => {
            "The provider's own answer, or a read after it, showed that the user has back what was taken."
        }
        Status::Already => "The user was in the wanted state before anything was sent.",
        Status::Protected => "A rule forbids to write this user; nothing was sent.",
        Status::NotFound => {
            "The provider knows no such user: a wrong id, or a user of another tenant."
        }
        Status::Invalid => "The line cannot be used; nothing was sent.",
        Status::Duplicate => "The line names the same user as an earlier line.",
        Status::Failed => {
            "The provider refused, or all attempts are used up: the user is not in the wanted state."
        }
        Status::InDoubt | Status::Claimed => {
            "A write may have taken effect, and no answer has shown it yet; the next run reads the user first."
        }
        Status::Pending => "No outcome yet.",
    }
}

/// The name of a finding on the page.
pub(in crate::report::html) fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "As it was left",
        Finding::Drifted => "Changed since",
        Finding::Gone => "Gone",
        Finding::Unread => "Not read again",
    }
}

/// What a finding means, in a sentence.
pub(in crate::report::html) fn finding_meaning(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "A verification found the user as the job, or its undo, left them.",
        Finding::Drifted => {
            "A verification found these users in another state than the one in which the job, or its \
             undo, left them."
        }
        Finding::Gone => "A verification found that the provider no longer knows the user.",
        Finding::Unread => "A verification could not read these users.",
    }
}

/// The words for the code of a reason; `None` for an unknown code.
pub(in crate::report::html) fn reason(code: &str) -> Option<&'static str> {
    Some(match code {
        "bad_request" => "The provider says that the request is wrong",
        "no_target" => "The provider found nothing to act on",
        "forbidden" => "The provider forbids it: the user is protected there, or a role is missing",
        "not_found" => "The provider knows no such user",
        "unsupported" => "The provider does not support the request",
        "conflict" => "The provider reports a conflict",
        "changed" => "Another administrator changed the user in the meantime",
        "redirected" => "The provider redirects to another address, where no credential is sent",
        "not_applied" => "The provider answered with success, and a read showed no change",
        "server_error" => "The provider's server failed on every attempt",
        "no_answer" => "No attempt got an answer",
        "unreadable" => "The answers did not show the user",
        "too_many_workspaces" => "More workspaces than one request can name",
        "acting_account" => "It is the account that signed in",
        "protect_list" => "The protect list covers the user",
        "ambiguous" => "Several users of the provider have this name",
        "mismatch" => "The line's id and its address are those of two different users",
        "unresolved" => "The look-up did not see the whole tenant",
        "unconfirmed" => "The write was accepted, and its effect is not shown",
        "unsendable" => "The request cannot be built from what the provider sent",
        "bug" => "The program itself failed on this user",
        _ => return None,
    })
}

/// How a run ended; `None` if it has not ended.
pub(in crate::report::html) fn ending(ending: Option<&str>) -> String {
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

/// What a run did, for the kind that the ledger stores.
pub(in crate::report::html) fn kind(kind: &str) -> &str {
    match kind {
        "plan" => "Look-up",
        "run" => "Run",
        "verify" => "Verification",
        other => other,
    }
}

/// The answers during a wait, for the word of their verdict.
pub(in crate::report::html) fn verdict(word: &str, many: bool) -> &'static str {
    match (word, many) {
        ("throttled", false) => "answer that asked for fewer requests",
        ("throttled", true) => "answers that asked for fewer requests",
        ("transient", false) => "failure of the server or the network",
        ("transient", true) => "failures of the server or the network",
        ("uncertain", false) => "answer that was lost on its way",
        ("uncertain", true) => "answers that were lost on their way",
        ("unauthorized", false) => "refused credential",
        ("unauthorized", true) => "refused credentials",
        ("applied", false) => "answer that showed a user in the wanted state",
        ("applied", true) => "answers that showed users in the wanted state",
        ("advanced", false) => "answer after which more was to be written for the user",
        ("advanced", true) => "answers after which more was to be written for the users",
        ("partial", false) => "answer that showed a user in another state than the wanted one",
        ("partial", true) => "answers that showed users in another state than the wanted one",
        ("unshown", false) => "success that did not show the state of the user",
        ("unshown", true) => "successes that did not show the state of the users",
        ("unreadable", false) => "answer that did not show the user",
        ("unreadable", true) => "answers that did not show the users",
        ("refused", false) => "refusal",
        ("refused", true) => "refusals",
        (_, false) => "answer of a kind that this version does not know",
        (_, true) => "answers of kinds that this version does not know",
    }
}

/// The change of the job, as a sentence in the imperative.
pub(in crate::report::html) fn change(change: &Change) -> String {
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
    use crate::domain::{Reason, Verdict};

    #[test]
    fn every_reason_has_words() {
        for code in Reason::ALL {
            assert!(reason(code.as_str()).is_some(), "{code}");
        }
        assert_eq!(reason("unheard_of"), None);
    }

    #[test]
    fn every_verdict_has_words() {
        for one in [
            Verdict::Applied,
            Verdict::Advanced,
            Verdict::Partial,
            Verdict::Unshown,
            Verdict::Unreadable,
            Verdict::Refused(Reason::Forbidden),
            Verdict::Transient(None),
            Verdict::Throttled(None),
            Verdict::Unauthorized,
            Verdict::Uncertain,
        ] {
            for many in [false, true] {
                assert!(
                    !verdict(one.as_str(), many).contains("does not know"),
                    "{one:?}"
                );
            }
        }
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
