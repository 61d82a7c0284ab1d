//! One round: each verb of a job once, in an order in which one prepares the next.

use std::fs;
use std::process::Command;

use crate::bench_folder::BenchFolder;
use crate::bench_server::BenchServer;
use crate::measured_process::{self as process, Cost};
use crate::results::{Part, Results, Sample};
use crate::{Failed, IN_FLIGHT};

/// The ledger with a plan that no run has used. It is copied for each run after a plan.
const PLANNED: &str = "planned.db";
/// The ledger of a job that is done.
const DONE: &str = "done.db";
/// The folder of the report.
const BUNDLE: &str = "evidence";

/// A job whose verbs are measured.
#[derive(Debug)]
pub(crate) struct BenchJob<'a> {
    /// The server with its users.
    server: &'a BenchServer,
    /// The folder with the roster.
    folder: &'a BenchFolder,
    /// How many users the job has.
    users: usize,
}

impl<'a> BenchJob<'a> {
    /// The job that removes all users of a server.
    pub(crate) fn new(server: &'a BenchServer, folder: &'a BenchFolder) -> Self {
        let users = server.users();
        Self {
            server,
            folder,
            users,
        }
    }

    /// Measures all verbs, with answers at once.
    pub(crate) fn measure_all(&self, results: &mut Results) -> Result<(), Failed> {
        let (folder, url) = (self.folder, &self.server.base);
        let mut add = |part, sample| results.add(self.users, part, sample);
        add(
            Part::RosterCheck,
            self.offline(|| Ok(folder.roster_check()))?,
        );
        add(Part::Plan, self.online(folder.plan(PLANNED, url), 0)?);

        let bare = self.bare_loop(0)?;
        add(Part::BareLoop, bare);
        let run = self.run_after_plan(DONE, 0)?.beside(&bare);
        add(Part::Run, run);

        add(Part::Verify, self.online(folder.verify(DONE, url), 0)?);
        let report = || match fs::remove_dir_all(folder.path(BUNDLE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error)?,
            _ => Ok(folder.report(DONE, BUNDLE)),
        };
        add(Part::Report, self.offline(report)?);
        add(
            Part::AuditBundle,
            self.offline(|| Ok(folder.audit_bundle(BUNDLE)))?,
        );
        add(
            Part::AuditLedger,
            self.offline(|| Ok(folder.audit_ledger(DONE)))?,
        );
        fs::remove_dir_all(folder.path(BUNDLE))?;
        fs::remove_file(folder.path(DONE))?;

        let bare = self.bare_loop(0)?;
        add(Part::BareLoop, bare);
        self.server.restore();
        let whole = self.online(folder.run("whole.db", url), 0)?.beside(&bare);
        self.all_are_removed()?;
        add(Part::WholeJob, whole);
        fs::remove_file(folder.path("whole.db"))?;

        add(Part::Resume, self.resume("resumed.db")?);
        Ok(())
    }

    /// Measures the run alone, with answers that take so long.
    pub(crate) fn measure_far_away(
        &self,
        results: &mut Results,
        latency_ms: u64,
    ) -> Result<(), Failed> {
        self.online(self.folder.plan(PLANNED, &self.server.base), 0)?;
        let bare = self.bare_loop(latency_ms)?;
        results.add_far_away(self.users, Part::BareLoop, bare);
        let run = self.run_after_plan(DONE, latency_ms)?.beside(&bare);
        results.add_far_away(self.users, Part::Run, run);
        Ok(())
    }

    /// A command that sends nothing.
    fn offline(&self, command: impl FnMut() -> Result<Command, Failed>) -> Result<Sample, Failed> {
        let cost = process::run_often(command)?;
        Ok(Sample::offline(self.users, cost))
    }

    /// A command that sends requests.
    fn online(&self, command: Command, latency_ms: u64) -> Result<Sample, Failed> {
        self.server.begin(latency_ms);
        let cost = process::run(command)?;
        Ok(self.sample(self.users, cost))
    }

    /// A sample with what the server has seen.
    fn sample(&self, users: usize, cost: Cost) -> Sample {
        Sample {
            seen: Some(self.server.seen()),
            ..Sample::offline(users, cost)
        }
    }

    /// The bare loop, on users that all have access.
    fn bare_loop(&self, latency_ms: u64) -> Result<Sample, Failed> {
        self.server.restore();
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["--bare-loop", &self.server.base])
            .arg(self.users.to_string());
        let sample = self.online(command, latency_ms)?;
        self.all_are_removed()?;
        Ok(sample)
    }

    /// `run` with the plan.
    fn run_after_plan(&self, ledger: &str, latency_ms: u64) -> Result<Sample, Failed> {
        self.take_plan(ledger)?;
        let sample = self.online(self.folder.run(ledger, &self.server.base), latency_ms)?;
        self.all_are_removed()?;
        Ok(sample)
    }

    /// `run` of a job of which nine users in ten were done when the program was killed.
    ///
    /// The server keeps back the answers to all writes after these. When as many are kept back as the program
    /// has in flight, the outcome of all others was stored or is being stored.
    fn resume(&self, ledger: &str) -> Result<Sample, Failed> {
        self.take_plan(ledger)?;
        self.server.begin(0);
        let left = self.users / 10;
        self.server.hold_after(self.users - left);
        let run = || self.folder.run(ledger, &self.server.base);
        process::kill_when(run(), || self.server.held() >= IN_FLIGHT.min(left))?;
        self.server.begin(0);
        let cost = process::run(run())?;
        self.all_are_removed()?;
        Ok(self.sample(left, cost))
    }

    /// Gives all users their access back, and copies the ledger with the plan.
    fn take_plan(&self, ledger: &str) -> Result<(), Failed> {
        self.server.restore();
        fs::copy(self.folder.path(PLANNED), self.folder.path(ledger))?;
        Ok(())
    }

    /// All users of the server are removed: what was measured has done its work.
    fn all_are_removed(&self) -> Result<(), Failed> {
        match self.server.removed() {
            removed if removed == self.users => Ok(()),
            removed => Err(format!("{removed} of {} users are removed", self.users).into()),
        }
    }
}
