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
