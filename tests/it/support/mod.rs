//! A bed for a test: a folder, a provider, and the real program pointed at both.

mod child;
mod evidence;
pub(crate) mod text;

pub(crate) use child::{Running, until};
pub(crate) use evidence::{first_requests, tally};

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use offboard::sandbox::{Books, Faults, Person, Sandbox, SandboxSettings, people};

/// One provider, one folder.
pub(crate) struct Bed {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) books: Books,
    pub(crate) people: Vec<Person>,
}

impl Bed {
    /// A bed with this provider.
    pub(crate) async fn new(settings: SandboxSettings) -> Self {
        let people = people(settings.seed, settings.users).collect();
        let sandbox = Sandbox::start(settings).await.unwrap();
        Self {
            dir: tempfile::tempdir().unwrap(),
            books: sandbox.books(),
            sandbox,
            people,
        }
    }

    /// A bed whose provider has so many users and no faults.
    pub(crate) async fn with_users(users: usize) -> Self {
        Self::new(SandboxSettings {
            users,
            ..SandboxSettings::default()
        })
        .await
    }

    /// A bed whose provider has so many users and these faults, with a roster of them all.
    pub(crate) async fn faulty(users: usize, faults: &str) -> Self {
        let bed = Self::new(SandboxSettings {
            users,
            faults: Faults::parse(faults).unwrap(),
            ..SandboxSettings::default()
        })
        .await;
        bed.write_roster(&[]);
        bed
    }

    /// A file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The ledger that every command of this bed uses.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.path("ledger.db")
    }

    /// Writes a roster that names all users of the provider, with these lines after them.
    pub(crate) fn write_roster(&self, more: &[&str]) -> PathBuf {
        let mut text = String::from("User ID,Email\n");
        for person in &self.people {
            writeln!(text, "{},{}", person.id, person.user_name).unwrap();
        }
        for line in more {
            text.push_str(line);
            text.push('\n');
        }
        let path = self.path("leavers.csv");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program with the provider and the ledger of this bed, in its folder; nothing of the
    /// caller's environment but the path.
    pub(crate) fn offboard(&self, args: &[&str]) -> Command {
        let mut command = program(self.dir.path());
        command.args(args);
        command.env("OFFBOARD_LEDGER", self.ledger());
        let asks = ["check", "plan", "run", "retry", "verify", "undo"];
        if args.first().is_some_and(|verb| asks.contains(verb)) {
            command.env("OFFBOARD_SCIM_URL", self.sandbox.scim_url());
            command.env("OFFBOARD_AUTH_URL", self.sandbox.auth_url());
            command.env("OFFBOARD_USERNAME", "admin@example.com");
            command.env("OFFBOARD_PASSWORD", "sandbox");
            // Whole tenants leave here; the rails have tests of their own.
            command.env("OFFBOARD_CAP", "1000000");
            command.env("OFFBOARD_CAP_SHARE", "100%");
        }
        command
    }

    /// `run` on the whole roster, as fast as it goes.
    pub(crate) fn run_all(&self, confirm: u64) -> Command {
        self.run_with(confirm, "--rate unlimited --concurrency 16")
    }

    /// `run` on the whole roster with these flags.
    pub(crate) fn run_with(&self, confirm: u64, flags: &str) -> Command {
        let mut command = self.offboard(&["run"]);
        command
            .arg(self.path("leavers.csv"))
            .args(["--disable", "--remove-access", "--confirm"])
            .arg(confirm.to_string())
            .args(flags.split_whitespace());
        command
    }

    /// Somebody else changes a user: a PATCH with these operations.
    pub(crate) async fn meddle(&self, person: usize, operations: &str) {
        let url = format!(
            "{}/Users/{}",
            self.sandbox.scim_url(),
            self.people[person].id
        );
        let answer = reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .patch(url)
            .basic_auth("admin@example.com", Some("sandbox"))
            .header("content-type", "application/scim+json")
            .body(format!(
                r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":{operations}}}"#
            ))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }

    /// A verb with these flags, as fast as it goes.
    pub(crate) fn verb(&self, verb: &str, flags: &str) -> Command {
        let mut command = self.offboard(&[verb]);
        command
            .env("OFFBOARD_RATE", "unlimited")
            .env("OFFBOARD_CONCURRENCY", "16")
            .args(flags.split_whitespace());
        command
    }

    /// Whether the provider's own books show this user disabled and without workspaces.
    pub(crate) fn is_gone(&self, id: &str) -> bool {
        let user = self.books.user(id).expect("a user of the provider");
        !user.active && user.workspaces.is_empty()
    }
}

/// The program in a folder, with nothing of the caller's environment but the path.
pub(crate) fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offboard"));
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .current_dir(dir)
        .stdin(Stdio::null());
    command
}

/// Runs to the end without blocking the provider, which shares this process.
pub(crate) async fn finish(mut command: Command) -> Ran {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    Ran::from(output)
}

/// How a command ended; no code if a signal ended it.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
