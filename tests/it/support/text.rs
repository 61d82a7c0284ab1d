//! What people read, made comparable: a transcript of commands, in which everything that differs
//! from run to run has a fixed name.

use std::fmt::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use offboard::sandbox::SandboxSettings;

use crate::support::{Bed, Ran, finish};

/// Longer than anything takes here, on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Commands and what they said, for one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Transcript(String);

impl Transcript {
    /// Adds one command.
    pub(crate) fn add(&mut self, title: &str, ran: &Ran) {
        let code = ran.code.map_or("none".to_owned(), |code| code.to_string());
        writeln!(self.0, "# {title}\nexit {code}").unwrap();
        for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            if !text.is_empty() {
                writeln!(self.0, "--- {name}\n{}", text.trim_end()).unwrap();
            }
        }
        self.0.push('\n');
    }

    /// Compares with `tests/it/snapshots/NAME.snap`. The folder's name is left out.
    pub(crate) fn check(&self, name: &str, dir: &Path) {
        check_text(name, &self.0, dir);
    }
}

/// Compares a text with `tests/it/snapshots/NAME.snap`. The folder's name is left out.
pub(crate) fn check_text(name: &str, text: &str, dir: &Path) {
    let text = text
        .replace(&dir.display().to_string(), "[DIR]")
        .replace(env!("CARGO_BIN_EXE_offboard"), "offboard");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, name) in [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "[TIME]"),
        (r"after \d+ ms:", "after [N] ms:"),
        (r"it is \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "it is [TIME]"),
        (r"127\.0\.0\.1:\d+", "[ADDRESS]"),
        // Ids of jobs and runs: UUIDs of version 7, which begin with the time.
        (r"\b01[0-9a-f]{10}7[0-9a-f]{19}\b", "[ID]"),
        (r"\b[0-9a-f]{64}\b", "[DIGEST]"),
        (r"process \d+ on \S+", "process [PID] on [HOST]"),
        (r"(as \S+) on \S+: started", "$1 on [HOST]: started"),
        (r#""host":\s*"[^"]*""#, r#""host": "[HOST]""#),
        (r#""operator":\s*"[^"]*""#, r#""operator": "[OPERATOR]""#),
        (r"(\[ID\],\[ID\]),[^,]+,", "$1,[OPERATOR],"),
        (r#"("\[ID\]","\[ID\]"),"[^"]+","#, r#"$1,"[OPERATOR]","#),
        (r", \d+\.\d/s", ""),
    ] {
        settings.add_filter(pattern, name);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A started command, without blocking the provider, which shares this process.
pub(crate) fn start(mut command: Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for the end of a started command.
pub(crate) async fn ended(child: Child) -> Ran {
    tokio::task::spawn_blocking(move || Ran::from(child.wait_with_output().unwrap()))
        .await
        .unwrap()
}

/// Sends a signal to a started command.
pub(crate) fn send(child: &Child, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, signal).unwrap();
}

/// Looks again and again until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(in_time.is_ok(), "never: {what}");
}

/// `run` on the whole roster, one user after the other, so that what is said has an order.
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
