//! A token from a program: what it prints is the token, and what it says on its standard error is shown
//! as it comes, since a person may have to read a code there.
//!
//! The program runs in a process group of its own, which ends with the time limit. Processes that it
//! leaves behind when it has ended are its own business; nothing waits for them.

mod pipe;

use std::fmt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::{ExposeSecret, SecretString};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::Instant;

use crate::auth::form::TokenForm;
use crate::auth::given::{GivenFault, Shape, given};
use crate::auth::redact::Secrets;
use crate::http::{one_line, visible};

use super::Grant;
use pipe::Pipe;

/// The time in which what an ended program has printed must arrive. It matters only if another process
/// still holds the pipe; otherwise the pipe's end is seen at once.
const REST: Duration = Duration::from_millis(200);

/// After this time without more, a line that has not ended is shown: it may be a question.
const PAUSE: Duration = Duration::from_millis(500);

/// A program that prints a token.
#[derive(Debug, Clone)]
pub struct TokenCommand {
    /// The program and its arguments; no shell reads them.
    pub words: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// How long a token lives, if that is known; else until it is refused.
    pub life: Option<Duration>,
    /// Variables of the environment that the program is not given: they may hold other secrets.
    pub hidden: Vec<String>,
}

/// Shows a person a line that a program has written to its standard error.
pub type Speaker = Box<dyn Fn(&str) + Send + Sync>;

/// Runs a program for each token.
pub struct FromCommand {
    command: TokenCommand,
    form: TokenForm,
    show: Speaker,
    secrets: Secrets,
}

impl fmt::Debug for FromCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromCommand").finish_non_exhaustive()
    }
}

impl FromCommand {
    /// Gets tokens by this command, which requests show in this `form`. A person is shown by `show`
    /// what the program says.
    pub fn new(command: TokenCommand, form: TokenForm, show: Speaker) -> Self {
        Self {
            command,
            form,
            show,
            secrets: Secrets::default(),
        }
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    pub(super) async fn ask(&self) -> Grant {
        let timeout = self.command.timeout;
        match tokio::time::timeout(timeout, self.run()).await {
            Ok(grant) => grant,
            Err(_) => failed(format!(
                "{} took longer than {} s (`--token-command-timeout`)",
                self.name(),
                timeout.as_secs_f64()
            )),
        }
    }

    /// Runs it. Dropping the future kills the program and its process group.
    async fn run(&self) -> Grant {
        let Some((program, arguments)) = self.command.words.split_first() else {
            return Grant::Refused("`--token-command` is empty".to_owned());
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        for name in &self.command.hidden {
            command.env_remove(name);
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Grant::Refused(format!("cannot start {}: {error}", self.name())),
        };
        // Dropped before the child, whose number belongs to it until then.
        let group = Group::of(&child);
        let mut heard = Heard::new(&mut child);
        let status = self.listen(&mut child, &mut heard).await;
        group.leave_alone();
        self.listen_to_the_rest(&mut heard).await;
        let (printed, is_whole) = heard.stdout.all();
        let printed = SecretString::from(String::from_utf8_lossy(printed).into_owned());
        let printed = printed.expose_secret().trim();
        match status {
            Ok(status) if status.success() => {
                // Be it a token or not: it is not shown.
                self.secrets.obtained(&printed.into());
                self.take(is_whole, &heard)
            }
            Ok(status) => failed(format!(
                "{} ended with {status}{}",
                self.name(),
                self.said(&heard)
            )),
            Err(error) => failed(format!("cannot wait for {}: {error}", self.name())),
        }
    }

    /// Reads what the program prints and shows what it says, until it has ended.
    async fn listen(&self, child: &mut Child, heard: &mut Heard) -> std::io::Result<ExitStatus> {
        loop {
            let waits = heard.stderr.has_begun_a_line();
            tokio::select! {
                biased;
                status = child.wait() => return status,
                () = heard.stdout.read(), if heard.stdout.is_open() => {}
                () = heard.stderr.read(), if heard.stderr.is_open() => self.show(heard, false),
                () = tokio::time::sleep(PAUSE), if waits => self.show(heard, true),
            }
        }
    }

    /// Reads what is still in the pipes of a program that has ended.
    async fn listen_to_the_rest(&self, heard: &mut Heard) {
        let deadline = Instant::now() + REST;
        while heard.stdout.is_open() || heard.stderr.is_open() {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline) => break,
                () = heard.stdout.read(), if heard.stdout.is_open() => {}
                () = heard.stderr.read(), if heard.stderr.is_open() => {}
            }
        }
        self.show(heard, true);
    }

    /// Shows the lines that have come, and the one that has begun if `all` of it is due. What the
    /// program has printed so far is taken out of them.
    fn show(&self, heard: &mut Heard, all: bool) {
        heard.stdout.read_what_is_there();
        while let Some(line) = heard.stderr.next_line(all) {
            let line = heard.without_printed(&self.secrets.redact(&line));
            (self.show)(&visible(&line));
        }
    }

    fn take(&self, is_whole: bool, heard: &Heard) -> Grant {
        let (printed, _) = heard.stdout.all();
        let what = match given(printed, Shape::Token(&self.form)) {
            _ if !is_whole => "more than a token".to_owned(),
            Ok(given) if given.secret.expose_secret().contains(char::is_whitespace) => {
                "more than a token".to_owned()
            }
            Ok(given) => {
                self.secrets.obtained(&given.secret);
                if let Some(before) = &given.left_out {
                    (self.show)(&format!(
                        "warning: {} printed `{before}` before the token, which is no part of it",
                        self.name()
                    ));
                }
                return Grant::Given(given.secret, self.command.life);
            }
            Err(GivenFault::Empty) => "nothing".to_owned(),
            Err(GivenFault::Lines | GivenFault::Blank) => "more than a token".to_owned(),
            Err(fault) => format!("no token ({fault})"),
        };
        Grant::Refused(format!(
            "{} printed {what}{}",
            self.name(),
            self.said(heard)
        ))
    }

    /// What it said on its standard error, without what it printed on the other.
    fn said(&self, heard: &Heard) -> String {
        let text = String::from_utf8_lossy(heard.stderr.all().0);
        let text = one_line(&heard.without_printed(&self.secrets.redact(&text)));
        if text.is_empty() {
            text
        } else {
            format!(": {text}")
        }
    }

    /// The program's name; its arguments may hold a secret.
    fn name(&self) -> String {
        let program = self.command.words.first().map_or("", String::as_str);
        format!("`{}`", one_line(program))
    }
}

/// What a program has written so far.
struct Heard {
    stdout: Pipe<ChildStdout>,
    stderr: Pipe<ChildStderr>,
}

impl Heard {
    fn new(child: &mut Child) -> Self {
        Self {
            stdout: Pipe::new(child.stdout.take()),
            stderr: Pipe::new(child.stderr.take()),
        }
    }

    /// `text` without what the program has printed so far. That is not remembered for other texts: it
    /// may be a word that occurs everywhere.
    fn without_printed(&self, text: &str) -> String {
        let printed = SecretString::from(String::from_utf8_lossy(self.stdout.all().0).into_owned());
        let secrets = Secrets::default();
        secrets.obtained(&printed.expose_secret().trim().into());
        for word in printed.expose_secret().split_whitespace() {
            secrets.obtained(&word.into());
        }
        secrets.redact(text)
    }
}

/// The process group of a program. It is killed when this is dropped, unless it was left alone.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    /// The program has ended by itself: what it has left behind may go on.
    fn leave_alone(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It fails only if no process is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

fn failed(why: String) -> Grant {
    Grant::Failed {
        why,
        wait: None,
        throttled: false,
    }
}

#[cfg(test)]
mod tests;
