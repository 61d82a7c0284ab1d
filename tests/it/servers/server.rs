//! One server: started on a free port of this machine, asked over plain HTTP, stopped when dropped.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::PATIENCE;

/// The token that every server wants.
pub(super) const TOKEN: &str = "secret";

/// Which server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `scim2-server`.
    Scim2,
    /// `scim2-server` with PATCH switched off.
    Scim2WithoutPatch,
    /// An application on `django-scim2`.
    Django,
    /// An application on `scimmy-routers`, with these arguments.
    Scimmy(&'static [&'static str]),
}

/// A server that runs.
pub(super) struct Server {
    pub(super) dir: tempfile::TempDir,
    /// The SCIM base URL.
    pub(super) base: String,
    pub(super) port: u16,
    child: Option<Child>,
    http: reqwest::Client,
}

/// Where the servers are; `None`, and a visible word, if they are not installed.
pub(crate) fn installed(needed: &[&Path]) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/servers");
    let missing = needed
        .iter()
        .map(|path| folder.join(path))
        .find(|path| !path.exists());
    let Some(missing) = missing else {
        return Some(folder);
    };
    let required = std::env::var_os("OFFBOARD_TEST_SERVERS").is_some();
    assert!(!required, "{} is required", missing.display());
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    // The harness keeps what is printed by macros.
    let mut stderr = std::io::stderr();
    let words = format!(
        "SKIPPED {name}: no {} (tests/servers/install brings it)\n",
        missing.display()
    );
    stderr.write_all(words.as_bytes()).unwrap();
    None
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Server {
    /// Starts a server and waits until it answers; `None` if it is not installed.
    pub(super) async fn start(kind: Kind) -> Option<Self> {
        let python = Path::new("venv/bin/python");
        let folder = match kind {
            Kind::Scim2 | Kind::Scim2WithoutPatch => {
                installed(&[Path::new("venv/bin/scim2-server")])?
            }
            Kind::Django => installed(&[python])?,
            Kind::Scimmy(_) => installed(&[Path::new("node_modules/scimmy-routers")])?,
        };
        let glue = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers");
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let at = port.to_string();
        let (mut command, path) = match kind {
            Kind::Scim2 | Kind::Scim2WithoutPatch => {
                // It is interrupted in the end, and a shell in the background lets its children ignore that.
                let mut command = Command::new("env");
                command.arg("--default-signal=INT");
                command.arg(folder.join("venv/bin/scim2-server"));
                command.args(["--port", &at, "--bearer-token", TOKEN]);
                command
                    .arg("--dump-resources")
                    .arg(dir.path().join("dump.json"));
                if matches!(kind, Kind::Scim2WithoutPatch) {
                    let config = glue.join("without_patch.json");
                    command.arg("--service-provider-config").arg(config);
                }
                (command, "/v2")
            }
            Kind::Django => {
                let mut command = Command::new(folder.join(python));
                command
                    .arg(glue.join("django_server.py"))
                    .arg(&at)
                    .arg(dir.path());
                (command, "/scim/v2")
            }
            Kind::Scimmy(more) => {
                let mut command = Command::new("node");
                let script = std::fs::read_to_string(glue.join("scimmy.mjs")).unwrap();
                // What is evaluated finds its packages from the present folder on.
                command.current_dir(&folder);
                command.args(["--input-type=module", "--eval", &script, "--", &at]);
                command.args(more);
                (command, "/scim")
            }
        };
        Some(Self::spawn(&mut command, dir, port, path).await)
    }

    /// Runs a command that listens on `port`, and waits until it answers.
    pub(super) async fn spawn(
        command: &mut Command,
        dir: tempfile::TempDir,
        port: u16,
        path: &str,
    ) -> Self {
        let log = std::fs::File::create(dir.path().join("server.log")).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self {
            base: format!("http://127.0.0.1:{port}{path}"),
            port,
            child: Some(child),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            dir,
        };
        let ready = async {
            while !server.answers().await {
                let gone = server.child.as_mut().unwrap().try_wait().unwrap();
                assert!(gone.is_none(), "the server ended: {}", server.log());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, ready).await;
        assert!(
            in_time.is_ok(),
            "the server never answers: {}",
            server.log()
        );
        server
    }

    async fn answers(&self) -> bool {
        let url = format!("{}/Users", self.base);
        self.http.get(url).send().await.is_ok()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("server.log")).unwrap_or_default()
    }

    /// Asks the server something, as another client would.
    pub(super) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("Authorization", format!("Bearer {TOKEN}"))
            .header("Accept", "application/scim+json, application/json");
        if let Some(body) = body {
            request = request
                .header("Content-Type", "application/scim+json")
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Interrupts the server, which then writes what it holds to a file: every resource as it really is.
    pub(super) fn dump(mut self) -> Vec<Value> {
        let mut child = self.child.take().unwrap();
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        child.wait().unwrap();
        let text = std::fs::read_to_string(self.dir.path().join("dump.json")).unwrap();
        let dump: Value = serde_json::from_str(&text).unwrap();
        resources(&dump)
    }
}

/// All resources in a dump, however deep it is.
fn resources(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(object) if object.contains_key("userName") => vec![value.clone()],
        Value::Object(object) => object.values().flat_map(resources).collect(),
        Value::Array(items) => items.iter().flat_map(resources).collect(),
        _ => Vec::new(),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
