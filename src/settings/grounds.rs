//! On which grounds a job is done: what the auditor will ask for, and what of it must be given.

use serde::{Deserialize, Serialize};

/// Something that a settings file can make a condition: `require = ["ticket", "reason", "approver"]`.
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

/// On which grounds a job is done. What is empty was not given.
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
    /// Takes what was given; what is blank was not.
    pub(super) fn new(
        ticket: Option<String>,
        reason: Option<String>,
        approver: Option<String>,
        required: Vec<Requirement>,
    ) -> Self {
        let given = |text: Option<String>| {
            let text = text?.trim().to_owned();
            (!text.is_empty()).then_some(text)
        };
        Self {
            ticket: given(ticket),
            reason: given(reason),
            approver: given(approver),
            required,
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
        let grounds = Grounds::new(Some(" \t".to_owned()), Some(" left ".to_owned()), None, all);
        assert_eq!(grounds.reason.as_deref(), Some("left"));
        let flags: Vec<_> = grounds.missing().iter().map(|one| one.flag()).collect();
        assert_eq!(flags, ["--ticket", "--approver"]);
        assert_eq!(Grounds::default().missing(), []);
    }
}
