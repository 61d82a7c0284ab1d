//! A bed for workers: one ledger in a database, and several tenants, each with a provider of its own in this process.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use offboard::sandbox::{Books, FaultSettings, Person, Sandbox, SandboxSettings, people};

use crate::fleet::in_postgres;
use crate::support::{Ran, Running, finish, program, until};

/// The password that each provider takes.
const PASSWORD: &str = "sandbox";

/// A tenant with its provider.
pub(crate) struct Tenant {
    pub(crate) name: String,
    _sandbox: Sandbox,
    pub(crate) books: Books,
    pub(crate) people: Vec<Person>,
}

/// A ledger, its tenants, and a folder with their settings files and rosters.
pub(crate) struct FleetBed {
    pub(crate) dir: tempfile::TempDir,
    /// The address of the database.
    pub(crate) database: String,
    pub(crate) tenants: Vec<Tenant>,
}

/// What the tenants of a bed have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TenantKind<'a> {
    pub(crate) users: usize,
    pub(crate) faults: &'a str,
    /// Further lines of their settings files.
    pub(crate) settings: &'a str,
}

impl FleetBed {
    /// A bed in a database of its own, on the server that tests share.
    pub(crate) async fn new(tenants: usize, kind: TenantKind<'_>) -> Self {
        let database = in_postgres::database().expect("the test is one of `in_postgres`");
        Self::within(database, tenants, kind).await
    }

    /// A bed in this database.
    pub(crate) async fn within(database: String, tenants: usize, kind: TenantKind<'_>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("targets")).unwrap();
        let mut bed = Self {
            dir,
            database,
            tenants: Vec::new(),
        };
        for number in 0..tenants {
            bed.add(number, kind).await;
        }
        bed
    }

    async fn add(&mut self, number: usize, kind: TenantKind<'_>) {
        let settings = SandboxSettings {
            users: kind.users,
            seed: number as u64,
            faults: FaultSettings::parse(kind.faults).unwrap(),
            ..SandboxSettings::default()
        };
        let people: Vec<_> = people(settings.seed, settings.users).collect();
        let sandbox = Sandbox::start(settings).await.unwrap();
        let name = format!("t{number:02}");
        let secret = self.path(&format!("{name}.secret"));
        std::fs::write(&secret, PASSWORD).unwrap();
        let mut text = String::from("User ID,Email\n");
        for person in &people {
            writeln!(text, "{},{}", person.id, person.user_name).unwrap();
        }
        std::fs::write(self.path(&format!("{name}.csv")), text).unwrap();
        let (scim, auth) = (sandbox.scim_url(), sandbox.auth_url());
        let settings = format!(
            "scim-url = \"{scim}\"\nauth-url = \"{auth}\"\nusername = \"admin@example.com\"\n\
             password-file = \"../{name}.secret\"\n{}\n",
            kind.settings
        );
        std::fs::write(self.settings_file(&name), settings).unwrap();
        self.tenants.push(Tenant {
            books: sandbox.books(),
            name,
            _sandbox: sandbox,
            people,
        });
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The settings file of a target.
    pub(crate) fn settings_file(&self, name: &str) -> PathBuf {
        self.path(&format!("targets/{name}.toml"))
    }

    /// The program with this ledger.
    pub(crate) fn offboard(&self, args: &[&str]) -> Command {
        let mut command = program(self.dir.path());
        command.args(args).env("OFFBOARD_LEDGER", &self.database);
        command
    }

    /// Leaves a job for all users of a tenant to the workers.
    pub(crate) fn leave(&self, tenant: &Tenant) -> Command {
        let name = &tenant.name;
        let mut command = self.offboard(&["run", "--detach", "--disable", "--remove-access"]);
        command
            .arg(format!("{name}.csv"))
            .args(["--config", &format!("targets/{name}.toml")])
            .args(["--confirm", &tenant.people.len().to_string()])
            .args(["--cap", "1000000", "--cap-share", "100%"]);
        command
    }

    /// Leaves a job for each tenant to the workers.
    pub(crate) async fn leave_all(&self) {
        for tenant in &self.tenants {
            let ran = finish(self.leave(tenant)).await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
    }

    /// A worker that serves all targets.
    pub(crate) fn worker(&self) -> Command {
        self.offboard(&["worker", "--targets", "targets"])
    }

    /// Starts a worker, which is connected when this returns.
    pub(crate) async fn start_worker(&self) -> Running {
        let mut worker = Running::start(self.worker());
        worker.says("connected to the ledger").await;
        worker
    }

    /// Users of all tenants that were changed.
    pub(crate) fn changed(&self) -> usize {
        let users = self.tenants.iter().flat_map(|tenant| tenant.books.users());
        users.filter(|user| user.writes_changed > 0).count()
    }

    /// Waits until so many users of all tenants were changed.
    pub(crate) async fn reaches(&self, users: usize) {
        until("users are removed", || self.changed() >= users).await;
    }

    /// What `jobs list` prints.
    pub(crate) async fn jobs(&self) -> Ran {
        finish(self.offboard(&["jobs", "list"])).await
    }

    /// Waits until no order waits any more, for at most this time.
    pub(crate) async fn all_are_settled(&self, patience: Duration) {
        let waiting = "SELECT count(*) FROM offboard.orders WHERE state = 'waiting'";
        let begin = tokio::time::Instant::now();
        loop {
            // A server that is restarting cannot say.
            let open = in_postgres::psql(&self.database, waiting);
            if open.as_deref() == Ok("0") {
                return;
            }
            assert!(
                begin.elapsed() < patience,
                "{open:?}: {:?}",
                self.jobs().await
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Every user of every tenant is removed by one write with effect, no wait that a provider has asked for was cut
    /// short, and every chain holds.
    pub(crate) async fn holds(&self) {
        let jobs = self.jobs().await;
        assert_eq!(jobs.code, Some(0), "{jobs:?}");
        for tenant in &self.tenants {
            for user in tenant.books.users() {
                assert!(!user.active && user.workspaces.is_empty(), "{user:?}");
                assert_eq!(user.writes_changed, 1, "{user:?}");
            }
            let early = tenant.books.early_requests(Duration::from_millis(150));
            assert_eq!(early, 0, "{}", tenant.name);
        }
        let mut listed = 0;
        for line in jobs.stdout.lines() {
            let job = line.split_whitespace().next().unwrap();
            assert!(line.contains(" finished "), "{line}");
            let audit = finish(self.offboard(&["audit", "verify", job])).await;
            assert_eq!(audit.code, Some(0), "{audit:?}");
            listed += 1;
        }
        assert_eq!(listed, self.tenants.len(), "{jobs:?}");
    }

    /// No window of time saw more requests at one tenant than this rate and burst allow.
    pub(crate) fn keeps_the_rate(&self, rate: f64, burst: f64) {
        for tenant in &self.tenants {
            let log = tenant.books.requests();
            let arrivals: Vec<_> = log.iter().map(|one| one.at_ms).collect();
            for (first, start) in arrivals.iter().enumerate() {
                // What comes later than this many requests need cannot be too early.
                for (more, end) in (0_u16..400).zip(&arrivals[first..]) {
                    let seconds = Duration::from_millis(end - start).as_secs_f64();
                    let (seen, allowed) = (f64::from(more) + 1.0, rate * seconds + burst);
                    assert!(
                        seen <= allowed + 1e-9,
                        "{}: {seen} from {start} ms to {end} ms",
                        tenant.name
                    );
                }
            }
        }
    }
}
