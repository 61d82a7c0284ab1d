//! Other programs: how their command lines are written, how they are started and ended, and what they have printed.

use std::io;
use std::os::fd::AsFd;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStdout, Command};

/// The words of a command line, as a shell separates them; `None` if a quote is not closed.
pub(crate) fn split_words(text: &str) -> Option<Vec<String>> {
    shlex::split(text)
}

/// A word as it is written in a command line, quoted if that is needed.
pub(crate) fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

/// The name of a program as it begins a command line, quoted if that is needed.
pub(crate) fn quoted_program(name: &str) -> String {
    quoted(name)
}

/// The program that reads this text as a shell, and its arguments.
pub(crate) fn shell(text: String) -> Vec<String> {
    vec!["/bin/sh".to_owned(), "-c".to_owned(), text]
}

/// Lets a program start in a process group of its own.
pub(crate) fn in_own_group(command: &mut Command) {
    command.process_group(0);
}

/// The id of a process group.
#[derive(Debug)]
pub(crate) struct ProcessGroupId(Pid);

impl ProcessGroupId {
    /// The group that this program leads; `None` if it has ended.
    pub(in crate::platform) fn of(child: &Child) -> Option<Self> {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        id.and_then(Pid::from_raw).map(Self)
    }

    pub(in crate::platform) fn kill(&self) {
        // This fails only if no process is left.
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

/// Reads what is already in the pipe of a program, by a system call instead of the runtime, which notices new output
/// later. It returns at once; nothing is read if there is nothing.
///
/// # Errors
/// The error of the system; also if there is nothing at present.
pub(crate) async fn read_what_is_there(
    pipe: &mut ChildStdout,
    buffer: &mut [u8],
) -> io::Result<usize> {
    Ok(rustix::io::read(pipe.as_fd(), buffer)?)
}

/// What tells this process from all others of this machine, also from a later one with the same number: the start of
/// the system, the space of process numbers, the user, the number, and the moment at which the process began. `None`
/// where the system does not show it.
#[cfg(target_os = "linux")]
pub(crate) fn process_mark() -> Option<String> {
    let (_, began) = state_of(std::process::id())?;
    let own = own_space()?;
    Some(format!("{own} {} {began}", std::process::id()))
}

/// Whether the process with this mark has ended. It is `false` where that cannot be known, such as of a process of
/// another machine or of another user.
#[cfg(target_os = "linux")]
pub(crate) fn has_ended(mark: &str) -> bool {
    let Some(own) = own_space() else {
        return false;
    };
    let Some(rest) = mark
        .strip_prefix(&own)
        .and_then(|rest| rest.strip_prefix(' '))
    else {
        return false;
    };
    let Some((number, began)) = rest.split_once(' ') else {
        return false;
    };
    let Ok(number) = number.parse() else {
        return false;
    };
    // A process that has ended and that its parent has not taken note of is a zombie (Z) or dead (X).
    state_of(number).is_none_or(|(state, of)| matches!(state, 'Z' | 'X') || of != began)
}

/// Where process numbers are those of this process, and processes are those of its user: others may be hidden.
#[cfg(target_os = "linux")]
fn own_space() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let user = rustix::process::geteuid().as_raw();
    Some(format!("{} {} {user}", boot.trim(), space.to_str()?))
}

/// The state of a process, and the moment at which it began, as the system counts it (`proc_pid_stat(5)`, fields 3
/// and 22). `None` if there is no such process.
#[cfg(target_os = "linux")]
fn state_of(number: u32) -> Option<(char, String)> {
    let text = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // The second field is the name of the program in brackets, which may itself contain blanks and brackets.
    let (_, rest) = text.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.to_owned()))
}

/// What tells this process from all others. This system does not show it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn process_mark() -> Option<String> {
    None
}

/// Whether the process with this mark has ended. It cannot be known on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn has_ended(_mark: &str) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_ended_only_if_it_was_one_of_this_machine_and_user() {
        let mine = process_mark().unwrap();
        assert!(!has_ended(&mine));
        let mut other = std::process::Command::new("true").spawn().unwrap();
        let number = other.id();
        let own = own_space().unwrap();
        other.wait().unwrap();
        assert!(has_ended(&format!("{own} {number} 1")));
        // Another process has its number by now.
        assert!(has_ended(&format!("{own} {} 1", std::process::id())));
        for unknown in ["", "x", &format!("other {mine}"), &mine[1..], &own] {
            assert!(!has_ended(unknown), "{unknown}");
        }
    }

    #[test]
    fn a_process_that_nobody_has_waited_for_has_ended() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let (state, began) = state_of(child.id()).unwrap();
        assert_ne!(state, 'Z');
        let mark = format!("{} {} {began}", own_space().unwrap(), child.id());
        assert!(!has_ended(&mark));
        child.kill().unwrap();
        while !has_ended(&mark) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
    }
}
