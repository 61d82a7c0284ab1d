//! Gets a token from a program: the program prints the token on standard output. Its standard error is shown
//! line by line as it arrives, because a person may have to read a code there.
//!
//! The program runs in a process group of its own, which is killed at the time limit. Processes that the
//! program leaves running when it ends are not killed, and nothing waits for them.

use std::fmt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::Instant;

use crate::auth::redact::Secrets;
use crate::auth::secret_text::{SecretFault, SecretShape, parse_secret};
use crate::auth::token_form::TokenForm;
use crate::http::{one_line, visible};
use crate::platform::{self, ProcessGroup};

use super::pipe::{Lines, Pipe};
use crate::auth::issuer::Grant;

/// How long to read on after the program has ended. This matters only if another process still holds the
/// pipe; otherwise the end of the pipe is seen at once.
const REST: Duration = Duration::from_millis(200);

/// After this time without output, an incomplete line is shown: it may be a question.
const PAUSE: Duration = Duration::from_millis(500);

/// A program that prints a token.
#[derive(Debug, Clone)]
pub struct TokenCommand {
    /// The program and its arguments. They are not run through a shell.
    pub words: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// How long a token is valid, if that is known; else it is used until it is refused.
    pub life: Option<Duration>,
    /// Environment variables that the program does not get, because they may hold other secrets.
    pub hidden: Vec<String>,
}

/// Shows a line of the program's standard error to the person.
pub(crate) type Speaker = Box<dyn Fn(&str) + Send + Sync>;

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
    /// Gets tokens by this command. Requests carry them in this `form`. `show` shows what the program
    /// writes to standard error.
    pub fn new(command: TokenCommand, form: TokenForm, show: Speaker) -> Self {
        Self {
            command,
            form,
            show,
            secrets: Secrets::default(),
        }
    }

    pub(in crate::auth::issuer) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    pub(in crate::auth::issuer) async fn ask(&self) -> Grant {
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

    /// Runs the program. Dropping the future kills the program and its process group.
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
            .kill_on_drop(true);
        platform::in_own_group(&mut command);
        for name in &self.command.hidden {
            command.env_remove(name);
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Grant::Refused(format!("cannot start {}: {error}", self.name())),
        };
        // Dropped before the child: until then the process id cannot be given to another process.
        let group = ProcessGroup::of(&child);
        let mut output = ProgramOutput::new(&mut child);
        let status = self.listen(&mut child, &mut output).await;
        group.release();
        self.listen_to_the_rest(&mut output).await;
        let (printed, is_whole) = output.stdout.all();
        let printed = SecretString::from(String::from_utf8_lossy(printed).into_owned());
        let printed = printed.expose_secret().trim();
        match status {
            Ok(status) if status.success() => {
                // The output is not shown, also if it is not a token.
                self.secrets.remember_obtained(&printed.into());
                self.take(is_whole, &output)
            }
            Ok(status) => failed(format!(
                "{} ended with {status}{}",
                self.name(),
                self.said(&output)
            )),
            Err(error) => failed(format!("cannot wait for {}: {error}", self.name())),
        }
    }

    /// Reads standard output and shows standard error, until the program has ended.
    async fn listen(
        &self,
        child: &mut Child,
        output: &mut ProgramOutput,
    ) -> std::io::Result<ExitStatus> {
        loop {
            let waits = output.stderr.has_begun_a_line();
            tokio::select! {
                biased;
                status = child.wait() => return status,
                () = output.stdout.read(), if output.stdout.is_open() => {}
                () = output.stderr.read(), if output.stderr.is_open() => {
                    self.show(output, Lines::Complete).await;
                }
                () = tokio::time::sleep(PAUSE), if waits => {
                    self.show(output, Lines::AlsoIncomplete).await;
                }
            }
        }
    }

    /// Reads what is left in the pipes after the program has ended.
    async fn listen_to_the_rest(&self, output: &mut ProgramOutput) {
        let deadline = Instant::now() + REST;
        while output.stdout.is_open() || output.stderr.is_open() {
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline) => break,
                () = output.stdout.read(), if output.stdout.is_open() => {}
                () = output.stderr.read(), if output.stderr.is_open() => {}
            }
        }
        self.show(output, Lines::AlsoIncomplete).await;
    }

    /// Shows the lines that have arrived; also an incomplete one if `lines` says so. What the program has
    /// printed on standard output is removed from them.
    async fn show(&self, output: &mut ProgramOutput, lines: Lines) {
        output.stdout.read_what_is_there().await;
        while let Some(line) = output.stderr.next_line(lines) {
            let line = output.without_printed(&self.secrets.redact(&line));
            (self.show)(&visible(&line));
        }
    }

    fn take(&self, is_whole: bool, output: &ProgramOutput) -> Grant {
        let (printed, _) = output.stdout.all();
        let what = match parse_secret(printed, SecretShape::Token(&self.form)) {
            _ if !is_whole => "more than a token".to_owned(),
            Ok(given) if given.secret.expose_secret().contains(char::is_whitespace) => {
                "more than a token".to_owned()
            }
            Ok(given) => {
                self.secrets.remember_obtained(&given.secret);
                if let Some(before) = &given.left_out {
                    (self.show)(&format!(
                        "warning: {} printed `{before}` before the token, which is no part of it",
                        self.name()
                    ));
                }
                return Grant::Issued(given.secret, self.command.life);
            }
            Err(SecretFault::Empty) => "nothing".to_owned(),
            Err(SecretFault::Lines | SecretFault::Blank) => "more than a token".to_owned(),
            Err(fault) => format!("no token ({fault})"),
        };
        Grant::Refused(format!(
            "{} printed {what}{}",
            self.name(),
            self.said(output)
        ))
    }

    /// The text of standard error, without what was printed on standard output.
    fn said(&self, output: &ProgramOutput) -> String {
        let text = String::from_utf8_lossy(output.stderr.all().0);
        let text = one_line(&output.without_printed(&self.secrets.redact(&text)));
        if text.is_empty() {
            text
        } else {
            format!(": {text}")
        }
    }

    /// The program's name. Its arguments are left out, because they may hold a secret.
    fn name(&self) -> String {
        let program = self.command.words.first().map_or("", String::as_str);
        format!("`{}`", one_line(program))
    }
}

/// What a program has written so far.
struct ProgramOutput {
    stdout: Pipe<ChildStdout>,
    stderr: Pipe<ChildStderr>,
}

impl ProgramOutput {
    fn new(child: &mut Child) -> Self {
        Self {
            stdout: Pipe::new(child.stdout.take()),
            stderr: Pipe::new(child.stderr.take()),
        }
    }

    /// `text` without what the program has printed so far. This is not remembered as a secret for other
    /// texts, because it may be a common word.
    fn without_printed(&self, text: &str) -> String {
        let printed = SecretString::from(String::from_utf8_lossy(self.stdout.all().0).into_owned());
        let secrets = Secrets::default();
        secrets.remember_obtained(&printed.expose_secret().trim().into());
        for word in printed.expose_secret().split_whitespace() {
            secrets.remember_obtained(&word.into());
        }
        secrets.redact(text)
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
mod tests {
    //! Small programs, and how their output is read.

    use std::sync::{Arc, Mutex};

    use rustix::process::{Pid, Signal};

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    /// A shell that runs this script, and the lines that were shown.
    fn shell(script: &str, timeout: Duration) -> (FromCommand, Arc<Mutex<Vec<String>>>) {
        let shown: Arc<Mutex<Vec<String>>> = Arc::default();
        let lines = Arc::clone(&shown);
        let command = TokenCommand {
            words: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
            timeout,
            life: Some(Duration::from_mins(50)),
            hidden: vec!["CARGO_MANIFEST_DIR".to_owned()],
        };
        let show = Box::new(move |line: &str| lines.lock().unwrap().push(line.to_owned()));
        (
            FromCommand::new(command, TokenForm::scheme("Bearer"), show),
            shown,
        )
    }

    async fn ask(script: &str, timeout: Duration) -> String {
        described(shell(script, timeout).0.ask().await)
    }

    fn described(grant: Grant) -> String {
        match grant {
            Grant::Issued(token, life) => {
                format!("given {} {:?}", token.expose_secret(), life.unwrap())
            }
            Grant::Pending(_) => "pending".to_owned(),
            Grant::Refused(why) => format!("refused {why}"),
            Grant::Blocked(why) => format!("blocked {why}"),
            Grant::Failed { why, .. } => format!("failed {why}"),
        }
    }

    #[tokio::test]
    async fn p10_what_a_command_prints_is_the_token_and_is_never_shown() {
        for (script, expected) in [
            ("echo; echo ' t0ken '", "given t0ken 3000s"),
            (
                "printf '\\357\\273\\277Bearer t0ken\\r\\n'",
                "given t0ken 3000s",
            ),
            ("true", "refused `/bin/sh` printed nothing"),
            (
                "echo '{\"access_token\":\"planted\"}'",
                "refused `/bin/sh` printed no token (it is JSON: give the value of the token alone)",
            ),
            (
                "echo planted words; echo why >&2",
                "refused `/bin/sh` printed more than a token: why",
            ),
            (
                "echo pl4nted; echo no pl4nted for you >&2; exit 3",
                "failed `/bin/sh` ended with exit status: 3: no pl4nted for you",
            ),
            (
                "echo pl4nted-token; echo no pl4nted-token for you >&2; exit 3",
                "failed `/bin/sh` ended with exit status: 3: no [redacted] for you",
            ),
            (
                "head -c 70000 /dev/zero | tr '\\0' x",
                "refused `/bin/sh` printed more than a token",
            ),
        ] {
            assert_eq!(ask(script, LONG).await, expected, "{script}");
        }
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_ended() {
        let found = ask("exec sleep 600", Duration::from_millis(50)).await;
        assert_eq!(
            found,
            "failed `/bin/sh` took longer than 0.05 s (`--token-command-timeout`)"
        );
    }

    #[tokio::test]
    async fn a_program_that_does_not_exist_is_refused_by_name() {
        let (mut command, _) = shell("", LONG);
        command.command.words = vec!["/no/such/program".to_owned(), "secret".to_owned()];
        match command.ask().await {
            Grant::Refused(why) => {
                assert!(
                    why.starts_with("cannot start `/no/such/program`: "),
                    "{why}"
                );
                assert!(!why.contains("secret"), "{why}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_a_program_says_is_shown_while_it_runs_without_what_it_printed() {
        let dir = tempfile::tempdir().unwrap();
        let seen = dir.path().join("seen");
        let script = format!(
            "printf 'open  https://x and type ABCD' >&2; until [ -e '{}' ]; do :; done; echo >&2; \
         echo t0ken-printed; printf '\\033[31mgot t0ken-printed' >&2",
            seen.display()
        );
        let (command, shown) = shell(&script, LONG);
        let asking = command.ask();
        tokio::pin!(asking);
        // The program goes on only when its question, which is no whole line, was shown.
        let mut asked = false;
        let grant = loop {
            tokio::select! {
                grant = &mut asking => break grant,
                () = tokio::task::yield_now() => {
                    if !asked && !shown.lock().unwrap().is_empty() {
                        asked = true;
                        std::fs::write(&seen, "").unwrap();
                    }
                }
            }
        };
        assert_eq!(described(grant), "given t0ken-printed 3000s");
        let shown = shown.lock().unwrap().clone();
        assert_eq!(
            shown,
            ["open  https://x and type ABCD", "", "[31mgot [redacted]"]
        );
    }

    /// Whether this process is there.
    fn lives(pid: &str) -> bool {
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        // A process that has ended and was not waited for yet does not live.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        let is_zombie = stat.is_ok_and(|stat| stat.contains(") Z "));
        rustix::process::test_kill_process(pid).is_ok() && !is_zombie
    }

    #[tokio::test]
    async fn a_process_that_the_program_leaves_running_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let script = format!("sleep 600 & echo $! > '{}'; echo t0ken", pid.display());
        assert_eq!(ask(&script, LONG).await, "given t0ken 3000s");
        let pid = std::fs::read_to_string(pid).unwrap();
        assert!(lives(&pid));
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }

    #[tokio::test]
    async fn the_time_limit_ends_the_whole_process_group() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let script = format!(
            "sleep 600 & echo $! > '{0}.new'; mv '{0}.new' '{0}'; wait",
            pid.display()
        );
        // Dropping the future does what the limit does, at a moment when the process is known to be there.
        let (command, _) = shell(&script, LONG);
        {
            let asking = command.ask();
            tokio::pin!(asking);
            while !pid.exists() {
                tokio::select! {
                    grant = &mut asking => panic!("{grant:?}"),
                    () = tokio::task::yield_now() => {}
                }
            }
        }
        let pid = std::fs::read_to_string(pid).unwrap();
        while lives(&pid) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_program_does_not_see_what_is_hidden_from_it() {
        let script = "test -z \"$CARGO_MANIFEST_DIR\" && test -n \"$PATH\" && echo hidden";
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        assert_eq!(ask(script, LONG).await, "given hidden 3000s");
    }

    #[tokio::test]
    async fn a_word_before_the_token_is_left_out_and_reported() {
        let (command, shown) = shell("echo Bearer t0ken", LONG);
        assert_eq!(described(command.ask().await), "given t0ken 3000s");
        let wanted = "warning: `/bin/sh` printed `Bearer` before the token, which is no part of it";
        assert_eq!(*shown.lock().unwrap(), [wanted]);
    }
}
