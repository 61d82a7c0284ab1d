//! Small programs, and what is made of them.

use std::sync::{Arc, Mutex};

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
    told(shell(script, timeout).0.ask().await)
}

fn told(grant: Grant) -> String {
    match grant {
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
    let told = ask("exec sleep 600", Duration::from_millis(50)).await;
    assert_eq!(
        told,
        "failed `/bin/sh` took longer than 0.05 s (`--token-command-timeout`)"
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told() {
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
    assert_eq!(told(grant), "given t0ken-printed 3000s");
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
async fn a_process_that_is_left_behind_is_not_waited_for_and_goes_on() {
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
    assert_eq!(told(command.ask().await), "given t0ken 3000s");
    let wanted = "warning: `/bin/sh` printed `Bearer` before the token, which is no part of it";
    assert_eq!(*shown.lock().unwrap(), [wanted]);
}
