//! The real program: how it is started, what it printed, and how it ended.

use std::path::Path;
use std::process::{Command, Output, Stdio};

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

/// The same command after a line of shell, which may narrow what it has.
pub(crate) fn after(line: &str, command: &Command) -> Command {
    let mut shell = Command::new("bash");
    shell
        .args(["-c", &format!("{line}; exec \"$@\""), "bash"])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(command.get_current_dir().unwrap());
    shell
}

/// Whether a line of shell works here; says so if it does not.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub(crate) fn can(line: &str) -> bool {
    let works = Command::new("bash").args(["-c", line]).output();
    let works = works.is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("skipped: `{line}` does not work here");
    }
    works
}
