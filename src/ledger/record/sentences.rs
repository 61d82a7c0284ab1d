//! What happened to a user, in sentences for people.

use crate::domain::Status;
use crate::ledger::record::word::Word;
use crate::ledger::record::{EventBody, RequestEnd};

impl EventBody<'_> {
    /// What happened to the user, in one sentence; `None` for what concerns the whole job.
    pub(in crate::ledger) fn sentence(&self) -> Option<String> {
        Some(match self {
            Self::LookedUp {
                active, workspaces, ..
            } => format!("was seen: {}", state(*active, workspaces.as_deref())),
            Self::LookForgotten {} => "what was seen is too old: is looked up again".to_owned(),
            Self::Begun { attempt, request } => format!("attempt {attempt}: {request}"),
            Self::Ended(end) => end.sentence(),
            Self::Settled {
                outcome,
                reason,
                confirmed_by,
                active,
                workspaces,
                detail,
                answer,
                ..
            } => {
                let answer = answer.as_ref().map(|end| format!("{}; ", end.sentence()));
                let by = confirmed_by.map(|by| format!(", confirmed by {}", by.as_str()));
                format!(
                    "{}{}{}{}; is {}{}",
                    answer.unwrap_or_default(),
                    in_words(*outcome),
                    code(reason.as_deref()),
                    by.unwrap_or_default(),
                    state(*active, workspaces.as_deref()),
                    words(detail.as_deref())
                )
            }
            Self::SetAside {
                detail,
                outcome,
                reason,
            } => format!(
                "set aside: {}{}{}",
                in_words(*outcome),
                code(reason.as_deref()),
                words(detail.as_deref())
            ),
            Self::Sampled {
                active, workspaces, ..
            } => format!(
                "read again before the first write: is {}",
                state(*active, workspaces.as_deref())
            ),
            Self::Verified {
                finding,
                active,
                workspaces,
                detail,
            } => format!(
                "verified: {}; is {}{}",
                finding.as_str(),
                state(*active, workspaces.as_deref()),
                words(detail.as_deref())
            ),
            Self::Released { in_doubt, why, .. } => {
                let doubt = if *in_doubt { ", in doubt" } else { "" };
                format!("goes back{doubt}{}", words(Some(why)))
            }
            Self::JobLoaded { .. }
            | Self::ChainBegun { .. }
            | Self::RunStarted { .. }
            | Self::RunEnded { .. }
            | Self::VerificationEnded(_)
            | Self::Planned { .. }
            | Self::PlanDiscarded { .. }
            | Self::CanaryPassed { .. }
            | Self::RetryConfirmed { .. }
            | Self::Undone { .. }
            | Self::Unknown => return None,
        })
    }
}

impl RequestEnd<'_> {
    fn sentence(&self) -> String {
        let status = self.status.map(|code| format!("HTTP {code}"));
        let answer = status.unwrap_or_else(|| "no answer".to_owned());
        let id = self.request_id.as_ref().filter(|id| !id.is_empty());
        let id = id.map(|id| format!(", request {id}")).unwrap_or_default();
        format!(
            "{} answered after {} ms: {answer}, {}{}{id}{}",
            self.kind.word(),
            self.elapsed_ms,
            self.verdict,
            code(self.reason.as_deref()),
            words(self.detail.as_deref())
        )
    }
}

fn in_words(outcome: Status) -> String {
    outcome.as_str().replace('_', " ")
}

/// A code in brackets.
fn code(code: Option<&str>) -> String {
    let code = code.filter(|code| !code.is_empty());
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}

/// Words after a colon.
fn words(words: Option<&str>) -> String {
    let words = words.filter(|words| !words.is_empty());
    words.map(|words| format!(": {words}")).unwrap_or_default()
}

fn state(active: Option<bool>, workspaces: Option<&[String]>) -> String {
    let active = match active {
        Some(true) => "active",
        Some(false) => "disabled",
        None => "not said whether active",
    };
    let workspaces = match workspaces {
        None => "workspaces not said".to_owned(),
        Some([]) => "no workspaces".to_owned(),
        Some(ids) => format!("workspaces {}", ids.join(" ")),
    };
    format!("{active}, {workspaces}")
}
