//! A bed for a test: a folder, a provider, and the real program pointed at both.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use offboard::domain::LedgerAddress;
use offboard::sandbox::{Books, FaultSettings, Person, Sandbox, SandboxSettings, people};

use super::{Ran, Running, ended, finish, program, send, start, until};
use crate::fleet::in_postgres;
use crate::network::faulty_proxy::{Act, Asked, Wire};

/// One provider, one folder.
pub(crate) struct Bed {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) books: Books,
    pub(crate) people: Vec<Person>,
    /// The database with the ledger, if it is in none of the folder's files.
    database: Option<String>,
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
            database: in_postgres::database(),
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
            faults: FaultSettings::parse(faults).unwrap(),
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

    /// The file of the ledger that every command of this bed uses, unless it is in a database.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.path("ledger.db")
    }

    /// The same bed, whose commands use a ledger in a database from here on.
    pub(crate) fn in_a_database(self) -> Self {
        let database = in_postgres::database();
        Self { database, ..self }
    }

    /// The ledger that every command of this bed uses.
    pub(crate) fn address(&self) -> LedgerAddress {
        let file = || self.ledger().into_os_string();
        let name = self.database.clone().map_or_else(file, Into::into);
        LedgerAddress::parse(name).unwrap()
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
        command.env("OFFBOARD_LEDGER", self.address().to_string());
        let asks = ["check", "plan", "run", "resume", "retry", "verify", "undo"];
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

    /// `run` on the whole roster, without a limit of the rate.
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

    /// Tries the `confirm` users again whose writes had no effect.
    pub(crate) fn retry_with(&self, confirm: u64, flags: &str) -> Command {
        let mut command = self.offboard(&["retry", "--only", "not_applied", "--confirm"]);
        command
            .arg(confirm.to_string())
            .args(flags.split_whitespace());
        command
    }

    /// Another administrator changes a user: a PATCH with these operations.
    pub(crate) async fn change_as_another_administrator(&self, person: usize, operations: &str) {
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

    /// A verb with these flags, without a limit of the rate.
    pub(crate) fn verb(&self, verb: &str, flags: &str) -> Command {
        let mut command = self.offboard(&[verb]);
        command
            .env("OFFBOARD_RATE", "unlimited")
            .env("OFFBOARD_CONCURRENCY", "16")
            .args(flags.split_whitespace());
        command
    }

    /// Runs on all users without a limit of the rate, and waits for the end.
    pub(crate) async fn run_fast(&self, flags: &str) -> Ran {
        let flags = format!("--rate unlimited {flags}");
        finish(self.run_with(self.people.len() as u64, &flags)).await
    }

    /// `run` on all users with these flags, confirmed.
    pub(crate) fn command(&self, flags: &str) -> Command {
        self.run_with(self.people.len() as u64, flags)
    }

    /// Starts `run` on all users with these flags.
    pub(crate) fn start(&self, flags: &str) -> Running {
        Running::start(self.run_with(self.people.len() as u64, flags))
    }

    /// A proxy before this bed's provider, with a plan for each write by the number of its user.
    pub(crate) async fn wire(
        &self,
        plan: impl Fn(usize, &Asked) -> Act + Send + Sync + 'static,
    ) -> Wire {
        let ids: Vec<_> = self.people.iter().map(|person| person.id.clone()).collect();
        Wire::before(self.sandbox.addr(), move |asked| {
            let number = ids.iter().position(|id| id == asked.who);
            number.map_or(Act::Pass, |number| plan(number, asked))
        })
        .await
    }

    /// The run on all users, behind the proxy.
    pub(crate) fn run_behind(&self, wire: &Wire, flags: &str) -> Command {
        let flags = format!("--rate unlimited {flags}");
        let mut command = self.run_with(self.people.len() as u64, &flags);
        command.env("OFFBOARD_SCIM_URL", wire.url("/scim/1/0/v2"));
        command
    }

    /// Runs on all users behind the proxy, and waits for the end.
    pub(crate) async fn goes_through(&self, wire: &Wire, flags: &str) -> Ran {
        finish(self.run_behind(wire, flags)).await
    }

    /// The command that continues the job, as the program has printed it.
    pub(crate) fn printed_command(&self, ran: &Ran) -> Command {
        let line = ran
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix("to continue: "))
            .unwrap_or_else(|| panic!("no command that continues: {ran:?}"));
        let words = shlex::split(line).unwrap();
        // The password is never printed, so it is set again.
        let mut command = program(self.dir.path());
        command.env("OFFBOARD_PASSWORD", "sandbox");
        let mut words = words.iter();
        let name = words
            .find(|word| match word.split_once('=') {
                Some((name, value)) => {
                    command.env(name, value);
                    false
                }
                None => true,
            })
            .unwrap();
        assert_eq!(name, env!("CARGO_BIN_EXE_offboard"), "{line}");
        command.args(words);
        command
    }

    /// True if the records of the provider show this user disabled and without workspaces.
    pub(crate) fn is_gone(&self, id: &str) -> bool {
        let user = self.books.user(id).expect("a user of the provider");
        !user.active && user.workspaces.is_empty()
    }
}

/// `run` on the whole roster, one user after the other, so that the order of the messages is fixed.
pub(crate) fn run_one_by_one(bed: &Bed, rate: &str, confirm: u64) -> Command {
    let confirm = confirm.to_string();
    let mut command = bed.offboard(&["run", "leavers.csv", "--disable", "--remove-access"]);
    command.args(["--rate", rate, "--concurrency", "1", "--confirm", &confirm]);
    command
}

/// A bed with a job that a signal ended half way.
pub(crate) async fn half_done(signal: rustix::process::Signal) -> Bed {
    let bed = Bed::new(SandboxSettings {
        users: 20,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    let child = start(run_one_by_one(&bed, "10/s", 20));
    let writes = || bed.books.users().iter().filter(|user| !user.active).count();
    until("two users are gone", || writes() >= 2).await;
    send(&child, signal);
    let ran = ended(child).await;
    assert!(writes() < 20, "the run was faster than the signal: {ran:?}");
    bed
}

/// A bed of three users whose job is done.
pub(crate) async fn all_done() -> Bed {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let ran = finish(bed.run_all(3)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed
}
