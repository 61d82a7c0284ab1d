//! A folder with a roster, and the commands that work in it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::bench_server::user_id;
use crate::{Failed, IN_FLIGHT};

/// The file that names the users.
const ROSTER: &str = "roster.csv";

/// A folder on the disk of the build, deleted when this is dropped.
#[derive(Debug)]
pub(crate) struct BenchFolder {
    /// The folder.
    folder: TempDir,
    /// Users in the roster.
    users: usize,
    /// The program.
    program: PathBuf,
}

impl BenchFolder {
    /// A folder with a roster that names all users of a server with so many.
    pub(crate) fn new(users: usize, program: &Path) -> Result<Self, Failed> {
        // Commands run in the folder, so a relative path would lead nowhere.
        let program = program.canonicalize()?;
        let folder = tempfile::tempdir_in(disk())?;
        let mut roster = BufWriter::new(File::create(folder.path().join(ROSTER))?);
        writeln!(roster, "User ID,Name")?;
        for number in 1..=users {
            writeln!(roster, "{},Person {number}", user_id(number))?;
        }
        roster.flush()?;
        Ok(Self {
            folder,
            users,
            program,
        })
    }

    /// A file or folder in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `roster check`.
    pub(crate) fn roster_check(&self) -> Command {
        self.offboard("roster check", ROSTER)
    }

    /// `plan` of a job that removes all users.
    pub(crate) fn plan(&self, ledger: &str, base: &str) -> Command {
        let mut command = self.online("plan", ROSTER, ledger, base);
        command.args(["--disable", "--remove-access"]);
        command
    }

    /// `run` of that job, from whatever there is of it.
    pub(crate) fn run(&self, ledger: &str, base: &str) -> Command {
        let mut command = self.online("run", ROSTER, ledger, base);
        command
            .args(["--disable", "--remove-access", "--confirm"])
            .arg(self.users.to_string());
        command
    }

    /// `verify`.
    pub(crate) fn verify(&self, ledger: &str, base: &str) -> Command {
        self.online("verify", "latest", ledger, base)
    }

    /// `report` into a folder, which it makes.
    pub(crate) fn report(&self, ledger: &str, output: &str) -> Command {
        let mut command = self.offboard("report", "latest");
        command.args(["--ledger", ledger, "--output", output]);
        command
    }

    /// `audit verify` of a bundle.
    pub(crate) fn audit_bundle(&self, bundle: &str) -> Command {
        self.offboard("audit verify", bundle)
    }

    /// `audit verify` of a ledger.
    pub(crate) fn audit_ledger(&self, ledger: &str) -> Command {
        let mut command = self.offboard("audit verify", "latest");
        command.args(["--ledger", ledger]);
        command
    }

    /// A command that talks to the server at `base`. The rails are set so that they stop nothing.
    fn online(&self, verb: &str, subject: &str, ledger: &str, base: &str) -> Command {
        let mut command = self.offboard(verb, subject);
        command
            .args([
                "--ledger",
                ledger,
                "--profile",
                "rfc7644",
                "--scim-url",
                base,
            ])
            .args(["--self", "none", "--rate", "unlimited", "--progress", "off"])
            .args(["--concurrency", &IN_FLIGHT.to_string()])
            .env("OFFBOARD_TOKEN", "benchmark")
            .env("OFFBOARD_CAP", self.users.to_string())
            .env("OFFBOARD_CAP_SHARE", "100%");
        command
    }

    /// The program, with nothing of the caller's environment but the path.
    fn offboard(&self, verb: &str, subject: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .current_dir(self.folder.path())
            .args(verb.split(' '))
            .arg(subject);
        command
    }
}

/// A folder on the disk that is measured.
pub(crate) fn disk() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}
