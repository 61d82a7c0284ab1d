//! On which grounds a job is done: what an auditor asks for, and what of it must be given.

use serde::{Deserialize, Serialize};

use crate::settings::declare::{Evidence, KEPT, SettingFacts, settings_group};

settings_group! {
    /// What an auditor asks for. A settings file can require each of these.
    GroundsSettings, "Who and why" under "Who and why" {
        /// The ticket that asks for this.
        ticket: String => SettingFacts {
            value: "ID",
            example: "HR-1024",
            evidence: Evidence::Elsewhere("the run's own ticket"),
            ..KEPT
        };
        /// Why this is done, in words.
        reason: String => SettingFacts {
            value: "TEXT",
            example: "left the company",
            evidence: Evidence::Elsewhere("the run's own reason"),
            ..KEPT
        };
        /// Who has approved it.
        approver: String => SettingFacts {
            value: "NAME",
            example: "head of human resources",
            evidence: Evidence::Elsewhere("the run's own approver"),
            ..KEPT
        };
        /// Which of ticket, reason and approver must be given before anything is done.
        require: Vec<Requirement> => SettingFacts {
            example: "[\"ticket\", \"reason\", \"approver\"]",
            ..KEPT
        };
    }
}

/// What a settings file can require: `require = ["ticket", "reason", "approver"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// The ticket that asks for the job.
    Ticket,
    /// Why, in words.
    Reason,
    /// Who has approved it.
    Approver,
}

impl Requirement {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Reason => "reason",
            Self::Approver => "approver",
        }
    }

    /// The flag that gives it.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Ticket => "--ticket",
            Self::Reason => "--reason",
            Self::Approver => "--approver",
        }
    }
}

/// On which grounds a job is done. `None` was not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounds {
    /// The ticket that asks for the job.
    pub ticket: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Who has approved it.
    pub approver: Option<String>,
    /// What must be given before anything is done.
    pub required: Vec<Requirement>,
}

impl Grounds {
    /// Takes what was given; a blank text counts as not given.
    pub(in crate::settings) fn new(settings: GroundsSettings) -> Self {
        let given = |text: Option<String>| {
            let text = text?.trim().to_owned();
            (!text.is_empty()).then_some(text)
        };
        Self {
            ticket: given(settings.ticket),
            reason: given(settings.reason),
            approver: given(settings.approver),
            required: settings.require.unwrap_or_default(),
        }
    }

    /// What is required and was not given.
    pub fn missing(&self) -> Vec<Requirement> {
        let is_missing = |requirement: &Requirement| match requirement {
            Requirement::Ticket => self.ticket.is_none(),
            Requirement::Reason => self.reason.is_none(),
            Requirement::Approver => self.approver.is_none(),
        };
        let missing = self.required.iter().copied();
        missing.filter(is_missing).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blank_was_not_given() {
        let all = vec![
            Requirement::Ticket,
            Requirement::Reason,
            Requirement::Approver,
        ];
        let grounds = Grounds::new(GroundsSettings {
            ticket: Some(" \t".to_owned()),
            reason: Some(" left ".to_owned()),
            approver: None,
            require: Some(all),
        });
        assert_eq!(grounds.reason.as_deref(), Some("left"));
        let flags: Vec<_> = grounds.missing().iter().map(|one| one.flag()).collect();
        assert_eq!(flags, ["--ticket", "--approver"]);
        assert_eq!(Grounds::default().missing(), []);
    }
}
