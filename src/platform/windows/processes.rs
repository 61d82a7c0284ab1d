//! Other programs: how their command lines are written, how they are started and ended, and what they have printed.
#![expect(
    unsafe_code,
    reason = "no library that is used here ends a program together with those that it has started"
)]

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::null;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout, Command};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, TerminateJobObject,
};
use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;

/// How long output that was printed is waited for: a thread of the runtime fetches it.
const FETCHING: Duration = Duration::from_millis(20);

/// The words of a command line, as Windows separates them: a backslash is a part of a path, and only the double quote
/// is a quote. `None` if a quote is not closed.
pub(crate) fn split_words(text: &str) -> Option<Vec<String>> {
    let is_closed = text.replace("\\\"", "").matches('"').count() % 2 == 0;
    is_closed.then(|| winsplit::split(text))
}

/// A word as it is written in PowerShell, quoted if that is needed.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./\\:=+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if word.contains(['"', '$', '`', '%']) {
        format!("'{}'", word.replace('\'', "''"))
    } else {
        // This form is read by `cmd`, too.
        format!("\"{word}\"")
    }
}

/// The name of a program as it begins a command line. PowerShell takes a word in quotes for a text, unless `&` says that
/// it is a program.
pub(crate) fn quoted_program(name: &str) -> String {
    let quoted = quoted(name);
    if quoted == name {
        quoted
    } else {
        format!("& {quoted}")
    }
}

/// The program that reads this text as a shell, and its arguments.
pub(crate) fn shell(text: String) -> Vec<String> {
    let words = [
        "powershell.exe",
        "-NoProfile",
        "-NonInteractive",
        "-Command",
    ];
    words.map(str::to_owned).into_iter().chain([text]).collect()
}

/// Lets a program start in a process group of its own, which Ctrl-C does not reach.
pub(crate) fn in_own_group(command: &mut Command) {
    command.creation_flags(CREATE_NEW_PROCESS_GROUP);
}

/// A job object of the system: a program and those that it has started.
#[derive(Debug)]
pub(crate) struct JobObject(OwnedHandle);

impl JobObject {
    /// The job of this program; `None` if it has ended.
    pub(in crate::platform) fn of(child: &Child) -> Option<Self> {
        let process = child.raw_handle()?;
        // SAFETY: the new handle is owned from here on, and the handle of the child is open as long as the child lives.
        unsafe {
            let job = CreateJobObjectW(null(), null());
            if job.is_null() {
                return None;
            }
            let job = OwnedHandle::from_raw_handle(job);
            (AssignProcessToJobObject(job.as_raw_handle(), process) != 0).then_some(Self(job))
        }
    }

    pub(in crate::platform) fn kill(&self) {
        // SAFETY: the handle is open. The call fails only if no process is left.
        unsafe {
            TerminateJobObject(self.0.as_raw_handle(), 1);
        }
    }
}

/// Reads what the program has printed already. A thread fetches it, so it is waited for a moment.
///
/// # Errors
/// The error of the system; also if nothing came in that time.
pub(crate) async fn read_what_is_there(
    pipe: &mut ChildStdout,
    buffer: &mut [u8],
) -> io::Result<usize> {
    // What was fetched and not taken comes with the next read.
    tokio::time::timeout(FETCHING, pipe.read(buffer)).await?
}

/// What tells this process from all others. It is not asked for on Windows.
pub(crate) fn process_mark() -> Option<String> {
    None
}

/// Whether the process with this mark has ended. It cannot be known on Windows.
pub(crate) fn has_ended(_mark: &str) -> bool {
    false
}
