//! The machine itself gives way: the disk is full, the ledger's folder is gone, descriptors or memory
//! run out, the clocks disagree, nobody listens any more. Nothing is lost, and the message says what to
//! do.

mod clock;
mod disk;
mod listener;
mod scarce;

use std::process::Command;

use crate::support::{Bed, Ran, finish};

/// The same command after a line of shell, which may narrow what it has.
fn after(line: &str, command: &Command) -> Command {
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
fn can(line: &str) -> bool {
    let works = Command::new("bash").args(["-c", line]).output();
    let works = works.is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("skipped: `{line}` does not work here");
    }
    works
}

impl Bed {
    fn command(&self, flags: &str) -> Command {
        self.run_with(self.people.len() as u64, flags)
    }

    /// The same command, with nothing in its way, finishes what is left; nobody is changed twice.
    async fn goes_on(&self) {
        let ran = finish(self.command("--rate unlimited --concurrency 16")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        self.everybody_is_removed().await;
        for user in self.books.users() {
            assert!(user.writes_changed <= 1, "{user:?}");
        }
    }
}

/// It ended by its own will, with this code, a reason and a way on.
fn ended_with(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    for words in words {
        assert!(ran.stderr.contains(words), "`{words}` is missing: {ran:?}");
    }
}
