//! The program, pointed at a server by a profile and nothing else.

use std::fmt::Write;
use std::process::Command;

use super::server::TOKEN;
use super::tenant::{Tenant, name};
use crate::support::{Ran, finish, program};

/// How the roster names users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Id,
    Name,
}

/// A tenant with a roster of all users but the last, and a profile.
pub(super) struct Job<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) profile: &'a str,
    /// The SCIM base URL that the program is given.
    pub(super) base: &'a str,
    /// What is changed.
    pub(super) change: &'a str,
}

impl Job<'_> {
    /// Writes the roster.
    pub(super) fn roster(&self, by: By) {
        let mut text = match by {
            By::Id => "User ID\n".to_owned(),
            By::Name => "Email\n".to_owned(),
        };
        for (number, id) in self.tenant.leavers().iter().enumerate() {
            match by {
                By::Id => writeln!(text, "{id}").unwrap(),
                // Names have no case (RFC 7643 §4.1.1).
                By::Name => writeln!(text, "{}", name(number).to_uppercase()).unwrap(),
            }
        }
        std::fs::write(self.tenant.server.dir.path().join("leavers.csv"), text).unwrap();
    }

    /// A command of the program.
    pub(super) fn command(&self, verb: &str) -> Command {
        let mut command = program(self.tenant.server.dir.path());
        command
            .arg(verb)
            .env("OFFBOARD_PROFILE", self.profile)
            .env("OFFBOARD_SCIM_URL", self.base)
            .env("OFFBOARD_SIGN_IN", "bearer")
            .env("OFFBOARD_TOKEN", TOKEN)
            .env("OFFBOARD_CAP_SHARE", "100%")
            .env("OFFBOARD_RATE", "unlimited");
        command
    }

    /// The run, confirmed for so many users.
    pub(super) async fn run(&self, confirm: usize) -> Ran {
        let mut command = self.command("run");
        command
            .arg("leavers.csv")
            .args(self.change.split_whitespace())
            .args(["--confirm", &confirm.to_string()]);
        finish(command).await
    }

    /// A verb on the latest job.
    pub(super) async fn verb(&self, verb: &str, more: &[&str]) -> Ran {
        let mut command = self.command(verb);
        command.args(more);
        finish(command).await
    }

    /// The report's lines, after the evidence was checked.
    pub(super) async fn report(&self) -> String {
        let dir = self.tenant.server.dir.path().join("evidence");
        let mut command = program(self.tenant.server.dir.path());
        command.args(["report", "-o"]).arg(&dir);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let mut audit = program(self.tenant.server.dir.path());
        audit.args(["audit", "verify"]).arg(&dir);
        let ran = finish(audit).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        std::fs::read_to_string(dir.join("report.csv")).unwrap()
    }
}

/// How many lines of a report say this of their outcome.
pub(super) fn count(report: &str, outcome: &str) -> usize {
    let cell = format!(",\"{outcome}\",");
    report.lines().filter(|line| line.contains(&cell)).count()
}
