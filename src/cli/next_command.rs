//! The next command, ready to be pasted: the one that continues a job, or the one that runs what was planned. A word
//! that may hold a secret is not repeated, since terminals and tickets keep what they show.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

use crate::cli::command;
use crate::domain::JobId;
use crate::settings::is_past;

/// Printed in place of a text that may be a secret.
const HIDDEN: &str = "[redacted]";

/// The command that continues this job: the present command line, with the variables that it was read with. `--new` is
/// left out, since it would start another job, and the job's id takes the place of the roster.
pub(crate) fn continuing(job: &JobId) -> String {
    put_together(&typed(), |name| std::env::var_os(name), job, None)
}

/// The command that runs what the present one has planned, with its confirmation; `None` if the present command plans
/// nothing.
pub(crate) fn after_planning(job: &JobId, confirm: u64) -> Option<String> {
    let words = typed();
    let plans = words
        .iter()
        .any(|word| ["plan", "undo", "--dry-run"].contains(&word.as_str()));
    let variable = |name: &OsStr| std::env::var_os(name);
    plans.then(|| put_together(&words, variable, job, Some(confirm)))
}

fn typed() -> Vec<String> {
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    words.collect()
}

/// The command line with its variables. With a confirmation it is the one after a command that only plans.
fn put_together(
    words: &[String],
    variable: impl Fn(&OsStr) -> Option<OsString>,
    job: &JobId,
    confirm: Option<u64>,
) -> String {
    let mut program = command();
    // This adds the flags that all verbs share to each verb.
    program.build();
    let verb = words.get(1..).unwrap_or_default().iter();
    let verb = verb
        .map(String::as_str)
        .find(|word| program.find_subcommand(word).is_some());
    let run = program
        .find_subcommand(verb.unwrap_or("run"))
        .unwrap_or(&program);
    let set = run.get_arguments().filter_map(Arg::get_env);
    // None of these is the password, which has no flag. A variable that may hold a secret is left out: it is set
    // where this command ran.
    let set = set.filter_map(|name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        let flag = name
            .strip_prefix("OFFBOARD_")?
            .to_lowercase()
            .replace('_', "-");
        (without_secrets(&flag, &value) == *value && !is_over(&flag, &value))
            .then(|| format!("{name}={}", quote(&value)))
    });
    let roles = roles(words, run);
    let words = hidden(words, run);
    let plans = confirm.is_some() && verb == Some("plan");
    // An undo is named by the job that it undoes.
    let named = plans || roles.contains(&Role::New) && verb != Some("undo");
    let typed = words
        .iter()
        .zip(&roles)
        .filter_map(|(word, role)| match role {
            Role::New | Role::Over => None,
            Role::Planning if confirm.is_some() => None,
            Role::Verb if plans => Some("run".to_owned()),
            Role::Subject if named => Some(quote(job.as_str())),
            Role::Verb | Role::Subject | Role::Planning | Role::Other => Some(quote(word)),
        });
    let confirm = confirm.map(|users| format!("--confirm {users}"));
    set.chain(typed)
        .chain(confirm)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a word on the command line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// `--new`.
    New,
    /// A flag, or its value, that has a meaning only while a job is planned.
    Planning,
    /// A flag with a moment that has passed: a command with it would be refused.
    Over,
    /// The verb.
    Verb,
    /// The roster, or the job.
    Subject,
    /// The program, another flag, or its value.
    Other,
}

/// Finds the role of each word by its position. The text of a word does not decide: a flag's value may equal the
/// roster's path, and the roster's path may equal the verb.
fn roles(words: &[String], run: &Command) -> Vec<Role> {
    // The program, then the verb, then the subject.
    let mut place = 0;
    let mut value_of = None;
    let mut flags_are_over = false;
    let role = |(at, word): (usize, &String)| {
        if let Some(flag) = value_of.take() {
            return flag;
        }
        if !flags_are_over && word.len() > 1 && word.starts_with('-') {
            flags_are_over = word == "--";
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), words.get(at + 1).map(String::as_str)),
            };
            let role = match name {
                "--new" => Role::New,
                "--until" if value.is_some_and(|value| is_over("until", value)) => Role::Over,
                "--csv" | "--json" | "--plan-only" | "--dry-run" | "--confirm" => Role::Planning,
                _ => Role::Other,
            };
            value_of = next_is_value(word, run).then_some(role);
            return role;
        }
        place += 1;
        match place {
            2 => Role::Verb,
            3 => Role::Subject,
            _ => Role::Other,
        }
    };
    words.iter().enumerate().map(role).collect()
}

/// Whether the word after this flag is its value.
fn next_is_value(flag: &str, run: &Command) -> bool {
    // A switch takes its value in the same word only.
    let takes_one = |arg: &&Arg| arg.get_action().takes_values() && !arg.is_require_equals_set();
    if let Some(long) = flag.strip_prefix("--") {
        let mut args = run.get_arguments().filter(takes_one);
        return args.any(|arg| arg.get_long() == Some(long));
    }
    // Of short flags in one word, the first that takes a value takes the rest, if there is any.
    let mut letters = flag.chars().skip(1);
    letters
        .find(|letter| {
            let mut args = run.get_arguments().filter(takes_one);
            args.any(|arg| arg.get_short() == Some(*letter))
        })
        .is_some_and(|_| letters.next().is_none())
}

/// Whether this is `--until` with a moment that has passed.
fn is_over(flag: &str, value: &str) -> bool {
    flag == "until" && is_past(value)
}

/// The words, with each value that may hold a secret hidden.
fn hidden(words: &[String], run: &Command) -> Vec<String> {
    let mut flag: Option<String> = None;
    let hide = |word: &String| {
        if let Some(flag) = flag.take() {
            return without_secrets(&flag, word);
        }
        let Some(name) = word.strip_prefix("--") else {
            flag = next_is_value(word, run).then(String::new);
            return word.clone();
        };
        if let Some((name, value)) = name.split_once('=') {
            return format!("--{name}={}", without_secrets(name, value));
        }
        flag = next_is_value(word, run).then(|| name.to_owned());
        word.clone()
    };
    words.iter().map(hide).collect()
}

/// The value of a flag, without the parts that may be a secret: the arguments of a command that prints a token,
/// and the password of an address.
fn without_secrets(flag: &str, value: &str) -> String {
    if flag == "token-command" {
        return command_shown(value);
    }
    let start = value.find("://").map_or(0, |at| at + 3);
    match value[start..].rfind('@') {
        Some(end) if value[start..start + end].contains(':') => {
            format!("{}{HIDDEN}{}", &value[..start], &value[start + end..])
        }
        _ => value.to_owned(),
    }
}

/// What may be shown of a command that prints a token: its program, if it is a program. Any other word may be
/// a secret, and so may the first where it sets a variable.
pub(crate) fn command_shown(command: &str) -> String {
    let mut words = command.split_whitespace();
    match (words.next(), words.next()) {
        (Some(program), None) if !program.contains('=') => program.to_owned(),
        (Some(program), Some(_)) if !program.contains(['=', '"', '\'', '\\', '$', ';', '|']) => {
            format!("{program} {HIDDEN}")
        }
        _ => HIDDEN.to_owned(),
    }
}

/// The word as a POSIX shell reads it back.
pub(crate) fn quote(word: &str) -> String {
    // It refuses NUL only, which cannot be in an argument.
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn continued(words: &[&str], variables: &[(&str, &str)]) -> String {
        let job = JobId::from_stored("0193af".to_owned());
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let variable = |name: &OsStr| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        put_together(&words, variable, &job, None)
    }

    #[test]
    fn what_was_planned_is_worked_on_by_the_next_command() {
        for (typed, printed) in [
            (
                "offboard plan leavers.csv --disable --csv plan.csv --json --rate 5/s",
                "offboard run 0193af --disable --rate 5/s --confirm 7",
            ),
            (
                "offboard -q plan --csv=plan.csv --new leavers.csv",
                "offboard -q run 0193af --confirm 7",
            ),
            (
                "offboard undo --plan-only --confirm 3 --username a",
                "offboard undo --username a --confirm 7",
            ),
            (
                "offboard undo latest --plan-only",
                "offboard undo latest --confirm 7",
            ),
            (
                "offboard run leavers.csv --disable --dry-run",
                "offboard run leavers.csv --disable --confirm 7",
            ),
        ] {
            let words: Vec<_> = typed.split(' ').map(str::to_owned).collect();
            let job = JobId::from_stored("0193af".to_owned());
            assert_eq!(put_together(&words, |_| None, &job, Some(7)), printed);
        }
    }

    #[test]
    fn the_same_command_continues() {
        assert_eq!(
            continued(&["offboard", "run", "my leavers.csv", "--disable"], &[]),
            "offboard run 'my leavers.csv' --disable"
        );
    }

    #[test]
    fn instead_of_a_new_job_the_one_that_was_made_is_named() {
        for (typed, printed) in [
            (
                "offboard run --new leavers.csv --disable",
                "offboard run 0193af --disable",
            ),
            (
                "offboard run --username hi hi --new",
                "offboard run --username hi 0193af",
            ),
            (
                "offboard run hi --new --username hi",
                "offboard run 0193af --username hi",
            ),
            (
                "offboard -q --log-file run run run --new --rate=run",
                "offboard -q --log-file run run 0193af '--rate=run'",
            ),
            (
                "offboard run -v --new -- --new",
                "offboard run -v -- 0193af",
            ),
        ] {
            let words: Vec<_> = typed.split(' ').collect();
            assert_eq!(continued(&words, &[]), printed);
        }
    }

    #[test]
    fn p10_what_may_hold_a_secret_is_not_repeated() {
        let variables = [
            ("OFFBOARD_TOKEN_COMMAND", "vault -token planted read"),
            ("OFFBOARD_PROXY", "http://me:planted@proxy:3128"),
            ("OFFBOARD_SCIM_URL", "https://api.example.com/scim"),
        ];
        let line = continued(&["offboard", "run", "r.csv"], &variables);
        assert_eq!(
            line,
            "OFFBOARD_SCIM_URL=https://api.example.com/scim offboard run r.csv"
        );
        for (typed, printed) in [
            (
                ["--token-command", "vault -token planted read"],
                "'vault [redacted]'",
            ),
            (
                ["--token-command", "TOKEN=planted vault read"],
                "'[redacted]'",
            ),
            (["--token-command", "./login.sh"], "./login.sh"),
            (
                ["--proxy", "http://me:planted@proxy:3128"],
                "'http://[redacted]@proxy:3128'",
            ),
            (["--proxy", "http://me@proxy:3128"], "http://me@proxy:3128"),
            (["--protect", "ada@x.com"], "ada@x.com"),
        ] {
            let [flag, value] = typed;
            let line = continued(&["offboard", "run", "r.csv", flag, value], &[]);
            assert_eq!(line, format!("offboard run r.csv {flag} {printed}"));
            let joined = format!("{flag}={value}");
            let line = continued(&["offboard", "run", &joined, "r.csv"], &[]);
            assert!(
                !line.contains("planted") && line.ends_with(" r.csv"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_switch_has_its_value_in_the_same_word_and_a_moment_that_is_past_is_left_out() {
        for (typed, printed) in [
            (
                "offboard run --strict --new r.csv --allow-http=false",
                "offboard run --strict 0193af '--allow-http=false'",
            ),
            (
                "offboard run r.csv --until 2020-01-01T00:00:00Z --disable",
                "offboard run r.csv --disable",
            ),
            (
                "offboard run --until=2020-01-01T00:00:00Z r.csv",
                "offboard run r.csv",
            ),
            (
                "offboard run r.csv --until 18:00",
                "offboard run r.csv --until 18:00",
            ),
        ] {
            let words: Vec<_> = typed.split(' ').collect();
            assert_eq!(continued(&words, &[]), printed);
        }
        let variables = [("OFFBOARD_UNTIL", "2020-01-01T00:00:00Z")];
        assert_eq!(
            continued(&["offboard", "run", "r.csv"], &variables),
            "offboard run r.csv"
        );
    }

    #[test]
    fn p10_variables_are_named_and_secrets_are_not() {
        let variables = [
            ("OFFBOARD_LEDGER", "a b.db"),
            ("OFFBOARD_LOG_FILE", "log"),
            ("OFFBOARD_PASSWORD", "planted"),
            ("OFFBOARD_RATE", ""),
            ("HTTPS_PROXY", "http://planted@proxy"),
        ];
        let mut line = continued(&["offboard", "run", "r.csv"], &variables);
        assert!(
            !line.contains("planted") && !line.contains("RATE"),
            "{line}"
        );
        for set in ["OFFBOARD_LEDGER='a b.db' ", "OFFBOARD_LOG_FILE=log "] {
            assert!(line.contains(set), "{line}");
            line = line.replace(set, "");
        }
        assert_eq!(line, "offboard run r.csv");
    }
}
