//! The program at a terminal: a pseudo terminal of its own.

use std::process::{Command, Stdio};

/// The command within a terminal of its own, where this is typed, by util-linux's `script`; none where that is
/// missing.
pub(crate) fn in_a_terminal(command: &Command, typed: impl Into<Stdio>) -> Option<Command> {
    let is_there = Command::new("script").arg("--version").output();
    if !is_there.is_ok_and(|output| output.stdout.starts_with(b"script from util-linux")) {
        return None;
    }
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    let line = shlex::try_join(words.iter().map(AsRef::as_ref)).unwrap();
    // The program takes the place of the shell that `script` starts, so that signals reach it.
    let line = format!("exec {line}");
    let mut script = Command::new("script");
    script
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("TERM", "xterm")
        .current_dir(command.get_current_dir().unwrap())
        .stdin(typed);
    Some(script)
}

/// Says that a test did not run.
pub(crate) fn skipped() {
    #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
    {
        eprintln!("skipped: util-linux's `script` is not here");
    }
}
