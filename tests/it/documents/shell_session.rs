//! A folder and a shell in which the commands of one document are run, as a reader would run them.
//!
//! What differs from machine to machine is shown as on one fixed machine: the folder is
//! `/home/admin/offboarding`, the host `laptop`, the port of the sandbox 8080.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::time::Instant;

use super::book::root;
use crate::support::PATIENCE;

/// The port that the documents give to the sandbox.
const SHOWN_PORT: &str = "8080";

/// The folder that the documents show.
const SHOWN_FOLDER: &str = "/home/admin/offboarding";

/// The host that the documents show.
const SHOWN_HOST: &str = "laptop";

/// A port that is free, and that no connection takes by itself: such ports begin at 32768.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let ports = || (NEXT.fetch_add(1, Ordering::Relaxed) + std::process::id() * 16) % 12_000;
    let mut ports = std::iter::repeat_with(|| 20_000 + u16::try_from(ports()).unwrap());
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.find(is_free).unwrap()
}

/// A folder and a shell. What runs in its background is ended when it is dropped.
pub(super) struct ShellSession {
    folder: tempfile::TempDir,
    /// Home, the program, and the variables between two commands.
    beside: tempfile::TempDir,
    /// The port that is free here.
    port: String,
    background: Vec<Child>,
}

impl ShellSession {
    pub(super) fn new() -> Self {
        let beside = tempfile::tempdir().unwrap();
        let programs = beside.path().join("bin");
        std::fs::create_dir(&programs).unwrap();
        symlink(env!("CARGO_BIN_EXE_offboard"), programs.join("offboard")).unwrap();
        std::fs::write(beside.path().join("variables"), "").unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port().to_string(),
            beside,
            background: Vec::new(),
        }
    }

    /// A file for the commands.
    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Runs one command to its end: its output, as it is shown, and its exit code.
    pub(super) fn run(&self, line: &str) -> (String, i32) {
        let variables = self.beside.path().join("variables");
        let script = format!(
            ". {0}\n{1}\ncode=$?\nexport -p >{0}\nexit $code\n",
            variables.display(),
            self.here(line)
        );
        let mut child = self.shell(&script).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        let mut text = Vec::new();
        output.read_to_end(&mut text).unwrap();
        let code = child.wait().unwrap().code().unwrap_or(-1);
        (self.shown(&String::from_utf8(text).unwrap()), code)
    }

    /// Starts the sandbox, which stays in the background, and waits until it answers: its output, as it is
    /// shown. The `export` lines that it prints are set for the commands after it, as a reader pastes them.
    pub(super) fn start(&mut self, line: &str) -> String {
        let printed = self.beside.path().join("printed");
        let script = format!("exec {} >{} 2>&1", self.here(line), printed.display());
        let child = self.shell(&script).spawn().unwrap();
        self.background.push(child);
        let start = Instant::now();
        let address = format!("127.0.0.1:{}", self.port);
        let read = || std::fs::read_to_string(&printed).unwrap_or_default();
        loop {
            let before = read();
            std::thread::sleep(Duration::from_millis(200));
            // All of its lines are there once it answers and adds none.
            if before.ends_with('\n') && before == read() && TcpStream::connect(&address).is_ok() {
                self.set_exports(&before);
                return self.shown(&before);
            }
            assert!(start.elapsed() < PATIENCE, "`{line}` does not answer");
        }
    }

    /// Sets the variables of the `export` lines in an output.
    fn set_exports(&self, printed: &str) {
        let variables = self.beside.path().join("variables");
        let mut lines = std::fs::read_to_string(&variables).unwrap();
        for line in printed.lines().filter(|line| line.starts_with("export ")) {
            lines.push_str(line);
            lines.push('\n');
        }
        std::fs::write(&variables, lines).unwrap();
    }

    /// The shell with a script, in the session's folder and in a process group of its own.
    fn shell(&self, script: &str) -> Command {
        use std::os::unix::process::CommandExt;
        let programs = self.beside.path().join("bin");
        let path = std::env::var("PATH").unwrap();
        let mut shell = Command::new("bash");
        shell
            .args(["--norc", "-c", &format!("exec 2>&1\n{script}")])
            .env_clear()
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("HOME", self.beside.path())
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0);
        shell
    }

    /// A command of a document, as it is run here.
    fn here(&self, line: &str) -> String {
        line.replace(SHOWN_PORT, &self.port)
    }

    /// An output, as documents show it.
    fn shown(&self, text: &str) -> String {
        let host = Command::new("uname").arg("-n").output().unwrap();
        let host = String::from_utf8(host.stdout).unwrap();
        let host = host.trim();
        let folder = self.folder.path().canonicalize().unwrap();
        let text = text
            .replace(&folder.display().to_string(), SHOWN_FOLDER)
            .replace(
                &format!("127.0.0.1:{}", self.port),
                &format!("127.0.0.1:{SHOWN_PORT}"),
            )
            .replace(&format!(" on {host}"), &format!(" on {SHOWN_HOST}"));
        assert!(!text.contains(&root().display().to_string()), "{text}");
        text
    }
}

impl Drop for ShellSession {
    fn drop(&mut self) {
        for child in &mut self.background {
            // It may have ended by itself.
            let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
            let _ = child.wait();
        }
    }
}
