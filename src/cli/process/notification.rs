//! The program that is run when a command has ended, such as one that sends a mail or calls a webhook. It gets the
//! object of `--json` on standard input. Whatever becomes of it, the exit code of the command stays.

use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tokio::io::AsyncWriteExt;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::FailureForm;
use crate::cli::output::Terminal;
use crate::cli::process::signals;
use crate::platform;
use crate::screen;
use crate::settings::{EndSettings, SecretKind};

/// How long the program may take: with the grace period of a stop, less than the minute that service managers give.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Does the work of a verb, and then runs the program that is to be notified of its end. The work gives the exit code,
/// and the object of `--json`.
pub(crate) async fn notifying<T: Serialize>(
    end: &EndSettings,
    terminal: Terminal,
    work: impl Future<Output = Result<(Exit, Option<T>), Failure>>,
) -> Result<Exit, Failure> {
    let command = end.notify_command.as_deref().map(str::trim);
    let command = command.filter(|command| !command.is_empty());
    // Found before the work, and not after it.
    let words = command.map(words_of).transpose()?;
    let done = work.await;
    if let Some(words) = &words {
        let text = match &done {
            Ok((_, form)) => serde_json::to_string(form),
            Err(failure) => serde_json::to_string(&FailureForm::from(failure)),
        };
        let sent = match text {
            Ok(text) => notify(words, text).await,
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = sent {
            terminal.warn(&format!("warning: `--notify-command` failed: {why}"));
        }
    }
    done.map(|(exit, _)| exit)
}

/// The program and its arguments.
fn words_of(command: &str) -> Result<Vec<String>, Failure> {
    let words = platform::split_words(command).filter(|words| !words.is_empty());
    words.ok_or_else(|| {
        let message = "`--notify-command` names no program, or a quote in it is not closed";
        Failure::new(Exit::Settings, message).hint("nothing was sent".to_owned())
    })
}

/// Runs the program, and waits for its end. A signal, and the time limit, end it.
async fn notify(words: &[String], text: String) -> Result<(), String> {
    let (program, arguments) = words.split_first().ok_or("there is no program")?;
    let mut command = screen::beside_data(program);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .kill_on_drop(true);
    let secrets = SecretKind::ALL.map(SecretKind::variable);
    for name in secrets
        .into_iter()
        .chain(["OFFBOARD_TOKEN_COMMAND", "PGPASSWORD"])
    {
        command.env_remove(name);
    }
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot start `{program}`: {error}"))?;
    let stdin = child.stdin.take();
    let run = async {
        if let Some(mut stdin) = stdin {
            // A program that does not read is no failure.
            let _ = stdin.write_all(text.as_bytes()).await;
            let _ = stdin.write_all(b"\n").await;
        }
        child.wait().await
    };
    let mut signals = signals::listen().map_err(|error| error.to_string())?;
    tokio::select! {
        status = run => match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`{program}` ended with {status}")),
            Err(error) => Err(error.to_string()),
        },
        () = tokio::time::sleep(TIMEOUT) => {
            Err(format!("`{program}` took longer than {} s and was ended", TIMEOUT.as_secs()))
        }
        signal = signals.next() => Err(format!("{}: `{program}` was ended", signal.as_str())),
    }
}
