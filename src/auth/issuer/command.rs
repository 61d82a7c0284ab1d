//! A token from a program: what it prints is the token.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use crate::auth::form::TokenForm;
use crate::auth::redact::Secrets;
use crate::http::one_line;

use super::Grant;

/// Longest output that is read, in bytes: far more than any token.
const LONGEST: u64 = 64 * 1024;

/// A program that prints a token.
#[derive(Debug, Clone)]
pub struct TokenCommand {
    /// The program and its arguments; no shell reads them.
    pub words: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// How long a token lives, if that is known; else until it is refused.
    pub life: Option<Duration>,
}

/// Runs a program for each token.
#[derive(Debug)]
pub struct FromCommand {
    command: TokenCommand,
    secrets: Secrets,
}

impl FromCommand {
    /// Gets tokens by this command.
    pub fn new(command: TokenCommand) -> Self {
        Self {
            command,
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

    /// Runs it. A program that goes on when nobody waits for it any more is killed.
    async fn run(&self) -> Grant {
        let Some((program, arguments)) = self.command.words.split_first() else {
            return Grant::Refused("`--token-command` is empty".to_owned());
        };
        let spawned = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return Grant::Refused(format!("cannot start {}: {error}", self.name())),
        };
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (stdout, stderr, status) = tokio::join!(read(stdout), read(stderr), child.wait());
        let output = String::from_utf8_lossy(&stdout);
        let output = output.trim();
        match status {
            Ok(status) if status.success() => {
                // Be it a token or not: it is not shown.
                self.secrets.obtained(&output.into());
                self.take(output, &stderr)
            }
            Ok(status) => {
                // What a program that failed has printed is taken out of its own words. It is not
                // remembered: it may be a word that occurs everywhere.
                let printed = Secrets::default();
                printed.obtained(&output.into());
                let stderr = String::from_utf8_lossy(&stderr);
                failed(self.told(status, printed.redact(&stderr).as_bytes()))
            }
            Err(error) => failed(format!("cannot wait for {}: {error}", self.name())),
        }
    }

    fn take(&self, output: &str, stderr: &[u8]) -> Grant {
        let token = SecretString::from(output);
        let fits = !output.contains(char::is_whitespace) && (output.len() as u64) < LONGEST;
        if fits && TokenForm::scheme("Bearer").value(&token).is_some() {
            return Grant::Given(token, self.command.life);
        }
        let what = if output.is_empty() {
            "nothing"
        } else {
            "more than a token"
        };
        let said = self.said(stderr);
        Grant::Refused(format!("{} printed {what}{said}", self.name()))
    }

    fn told(&self, status: ExitStatus, stderr: &[u8]) -> String {
        format!("{} ended with {status}{}", self.name(), self.said(stderr))
    }

    /// What it said on its standard error, without what it printed on the other.
    fn said(&self, stderr: &[u8]) -> String {
        let text = String::from_utf8_lossy(stderr);
        let text = one_line(&self.secrets.redact(&text));
        if text.is_empty() {
            text
        } else {
            format!(": {text}")
        }
    }

    /// The program's name; its arguments may be nobody else's business.
    fn name(&self) -> String {
        let program = self.command.words.first().map_or("", String::as_str);
        format!("`{}`", one_line(program))
    }
}

/// Reads to the end, and keeps what is within the limit: a program must not hang on a full pipe.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut pipe) = pipe {
        // What cannot be read was not printed.
        let _ = (&mut pipe).take(LONGEST).read_to_end(&mut kept).await;
        let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    }
    kept
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
    use secrecy::ExposeSecret;

    use super::*;

    async fn ask(script: &str, timeout: Duration) -> String {
        let words = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
        let command = FromCommand::new(TokenCommand {
            words,
            timeout,
            life: Some(Duration::from_mins(50)),
        });
        match command.ask().await {
            Grant::Given(token, life) => {
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
        let long = Duration::from_mins(1);
        for (script, expected) in [
            ("echo; echo ' t0ken '", "given t0ken 3000s"),
            ("true", "refused `/bin/sh` printed nothing"),
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
            assert_eq!(ask(script, long).await, expected, "{script}");
        }
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_ended() {
        let told = ask("exec sleep 600", Duration::from_millis(50)).await;
        assert_eq!(
            told,
            "failed `/bin/sh` took longer than 0.05 s (`--token-command-timeout`)"
        );
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_told() {
        let command = FromCommand::new(TokenCommand {
            words: vec!["/no/such/program".to_owned(), "secret".to_owned()],
            timeout: Duration::from_mins(1),
            life: None,
        });
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
}
