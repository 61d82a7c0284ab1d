//! The PostgreSQL server of the tests: found or started by the script `tests/servers/postgres`, and kept as long as
//! this process lives. Unit tests and tests of the program share it.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    /// Its address, without a database.
    pub(crate) address: String,
    /// The lock that keeps it running.
    _users: File,
}

static SERVER: OnceLock<Option<Server>> = OnceLock::new();

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Carries a statement out by `psql`, and returns what it prints, or its error.
pub(crate) fn psql(address: &str, statement: &str) -> Result<String, String> {
    let done = Command::new("psql")
        .args([
            "--quiet",
            "--no-psqlrc",
            "--tuples-only",
            "--set=ON_ERROR_STOP=1",
            "--command",
        ])
        .arg(statement)
        .arg(address)
        .stdin(Stdio::null())
        .output()
        .expect("psql starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if done.status.success() {
        Ok(text(&done.stdout))
    } else {
        Err(text(&done.stderr))
    }
}

/// The address of a new, empty database; `None`, with a visible word, where PostgreSQL is not installed.
///
/// # Panics
/// It is required by `OFFBOARD_TEST_SERVERS=required` and not installed; or it cannot be started.
pub(crate) fn new_database() -> Option<String> {
    let server = SERVER.get_or_init(start).as_ref()?;
    let nth = DATABASES.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{nth}", std::process::id());
    let maintenance = format!("{}/postgres", server.address);
    psql(&maintenance, &format!("CREATE DATABASE {name}")).unwrap();
    Some(format!("{}/{name}", server.address))
}

fn start() -> Option<Server> {
    let folder = folder();
    std::fs::create_dir_all(&folder).unwrap();
    start_in(&folder)
}

/// Starts a server whose data are in this folder, or finds the one that was started there.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn start_in(folder: &Path) -> Option<Server> {
    // Also the user of the database, who is another one if this is root, opens it.
    let users = File::options()
        .create(true)
        .append(true)
        .open(folder.join("users"))
        .unwrap();
    let _ = users.set_permissions(std::fs::Permissions::from_mode(0o666));
    users.lock_shared().unwrap();
    let started = script()
        .arg(folder)
        .stdin(Stdio::null())
        .output()
        .expect("the script starts");
    let said = String::from_utf8_lossy(&started.stderr);
    if started.status.code() == Some(77) {
        let is_required =
            std::env::var_os("OFFBOARD_TEST_SERVERS").is_some_and(|word| word == "required");
        assert!(!is_required, "{said}");
        eprintln!("skipped: {}", said.trim());
        return None;
    }
    assert!(started.status.success(), "{said}");
    let address = String::from_utf8(started.stdout).unwrap();
    Some(Server {
        address: address.trim().to_owned(),
        _users: users,
    })
}

/// The script that starts servers.
pub(crate) fn script() -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/postgres"))
}

/// The folder of the server: one for each copy of the repository.
pub(crate) fn folder() -> PathBuf {
    let of = std::fs::metadata(env!("CARGO_MANIFEST_DIR")).unwrap();
    let name = format!("offboard-postgres-{}-{}", of.dev(), of.ino());
    std::env::temp_dir().join(name)
}
