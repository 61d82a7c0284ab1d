//! The next commands themselves.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

use crate::cli::command;
use crate::cli::next::secret_words::without_secrets;
use crate::cli::next::typed_words::{Role, TypedLine, TypedWord, flag_of, is_over};
use crate::domain::JobId;
use crate::platform::{quoted, with_variables};

/// Flags that have a meaning only while a job is planned, and the confirmation, which is that of one command.
const PLANNING: [&str; 5] = ["--csv", "--json", "--plan-only", "--dry-run", "--confirm"];

/// The headings of flags that limit what is written: a verb that only reads has them and does not need them.
const LIMITS: [&str; 2] = ["Rails", "Limits"];

/// The command that works on a plan that was shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AfterPlan {
    /// The command.
    pub(crate) command: String,
    /// The variables of `offboard` that are set now: the command means the same only while they are.
    pub(crate) variables: Vec<String>,
}

/// The command that continues this job: the present command line, with the variables that it was read with, so that it
/// can be pasted into another shell. `--new` is left out, since it would start another job, and the job's id takes the
/// place of the roster.
pub(crate) fn continuing(job: &JobId) -> String {
    Present::read().continuing(job)
}

/// The command that works on what the present one has planned: the same words, with `run`. `allowing` are the flags,
/// each with its value, without which rails would refuse it; `confirm` is the number of users, where no terminal can ask
/// for it. `None` if the present command plans nothing.
pub(crate) fn after_planning(
    job: &JobId,
    allowing: &[String],
    confirm: Option<u64>,
) -> Option<AfterPlan> {
    Present::read().after_planning(job, allowing, confirm)
}

/// The command that plans after a check: the same words, with `plan`. A roster that was not named, and the change, are
/// examples.
pub(crate) fn after_check() -> String {
    Present::read().after_check()
}

/// The command of another verb for this job. Of the present flags it has those that the other verb knows.
pub(crate) fn of_verb(verb: &str, job: &str, more: &[&str]) -> String {
    Present::read().of_verb(verb, job, more)
}

/// The words with further flags at their end, or before the `--` after which no word is a flag.
fn with_flags<'a>(
    typed: impl Iterator<Item = (&'a Role, String)>,
    more: impl Iterator<Item = String>,
) -> String {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (role, word) in typed {
        if *role == Role::EndOfFlags || !after.is_empty() {
            after.push(word);
        } else {
            before.push(word);
        }
    }
    before.extend(more);
    before.extend(after);
    before.join(" ")
}

/// The present command line and its variables.
struct Present<F> {
    /// All verbs, as clap knows them.
    program: Command,
    line: TypedLine,
    variable: F,
}

impl Present<fn(&OsStr) -> Option<OsString>> {
    fn read() -> Self {
        let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        Self::of(&words.collect::<Vec<_>>(), |name| std::env::var_os(name))
    }
}

impl<F: Fn(&OsStr) -> Option<OsString>> Present<F> {
    fn of(words: &[String], variable: F) -> Self {
        let mut program = command();
        // This adds the flags that all verbs share to each verb.
        program.build();
        let line = TypedLine::read(words, &program);
        Self {
            program,
            line,
            variable,
        }
    }

    fn continuing(&self, job: &JobId) -> String {
        // An undo is named by the job that it undoes.
        let is_named = self.line.has("--new") && self.line.verb() != "undo";
        let typed = self.line.words.iter().filter(|word| !word.is_flag("--new"));
        let typed = typed.map(|word| match word.role {
            Role::Subject if is_named => quoted(job.as_str()),
            _ => word.quoted(),
        });
        let set = self.variables();
        let command = typed.collect::<Vec<_>>().join(" ");
        with_variables(&set.collect::<Vec<_>>(), &command)
    }

    fn after_planning(
        &self,
        job: &JobId,
        allowing: &[String],
        confirm: Option<u64>,
    ) -> Option<AfterPlan> {
        let verb = self.line.verb();
        let plans = verb == "plan" || self.line.has("--plan-only") || self.line.has("--dry-run");
        if !plans {
            return None;
        }
        let given_anew = |word: &&TypedWord| {
            let flags = allowing.iter().filter_map(|flag| flag.split(' ').next());
            flags
                .chain(PLANNING)
                .chain(["--new"])
                .any(|flag| word.is_flag(flag))
        };
        let is_named = self.line.has("--new") && verb != "undo";
        let typed = self.line.words.iter().filter(|word| !given_anew(word));
        let typed = typed.map(|word| {
            let shown = match word.role {
                Role::Verb if verb == "plan" => "run".to_owned(),
                Role::Subject if is_named => quoted(job.as_str()),
                _ => word.quoted(),
            };
            (&word.role, shown)
        });
        let confirm = confirm.map(|users| format!("--confirm {users}"));
        let more = allowing.iter().cloned().chain(confirm);
        Some(AfterPlan {
            command: with_flags(typed, more),
            variables: self.variables().map(|(name, _)| name).collect(),
        })
    }

    fn after_check(&self) -> String {
        let mut words: Vec<_> = self.line.words.iter().collect();
        words.retain(|word| !word.is_flag("--json"));
        let has_roster = words.iter().any(|word| word.role == Role::Subject);
        let typed = words.into_iter().map(|word| {
            let shown = match word.role {
                Role::Verb if has_roster => "plan".to_owned(),
                Role::Verb => "plan leavers.csv".to_owned(),
                _ => word.quoted(),
            };
            (&word.role, shown)
        });
        with_flags(typed, std::iter::once("--disable".to_owned()))
    }

    fn of_verb(&self, verb: &str, job: &str, more: &[&str]) -> String {
        let other = self.program.find_subcommand(verb).unwrap_or(&self.program);
        let writes = verb == "retry";
        let words = self.line.words.iter().filter_map(|word| match &word.role {
            Role::Program => Some(word.quoted()),
            Role::Verb => Some(format!("{verb} {}", quoted(job))),
            Role::Flag(flag) if PLANNING.contains(&flag.as_str()) || flag == "--new" => None,
            Role::Flag(flag) => {
                let flag = flag_of(other, flag)?;
                let limits_writes = flag
                    .get_help_heading()
                    .is_some_and(|it| LIMITS.contains(&it));
                (writes || !limits_writes).then(|| word.quoted())
            }
            Role::Subject | Role::EndOfFlags | Role::Other => None,
        });
        let more = more.iter().map(|word| (*word).to_owned());
        words.chain(more).collect::<Vec<_>>().join(" ")
    }

    /// The variables that the present command has read, with their values. None of these is the password, which has no
    /// flag. A variable that may hold a secret is left out: it is set where this command ran.
    fn variables(&self) -> impl Iterator<Item = (String, String)> {
        let names = self.line.command.get_arguments().filter_map(Arg::get_env);
        names.filter_map(|name| {
            let value = (self.variable)(name).filter(|value| !value.is_empty())?;
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            let flag = name
                .strip_prefix("OFFBOARD_")?
                .to_lowercase()
                .replace('_', "-");
            let is_shown = without_secrets(&flag, &value) == *value && !is_over(&flag, &value);
            is_shown.then(|| (name.to_string(), value.into_owned()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> JobId {
        JobId::from_stored("0193af".to_owned())
    }

    fn present(
        words: &[&str],
        variables: &[(&str, &str)],
    ) -> Present<impl Fn(&OsStr) -> Option<OsString>> {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        Present::of(&words, move |name: &OsStr| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    fn continued(words: &[&str], variables: &[(&str, &str)]) -> String {
        present(words, variables).continuing(&job())
    }

    #[test]
    fn what_was_planned_is_worked_on_by_the_same_words_with_run() {
        for (typed, printed) in [
            (
                "offboard plan leavers.csv --disable --csv plan.csv --json --rate 5/s",
                "offboard run leavers.csv --disable --rate 5/s --confirm 7",
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
                "offboard plan --disable -- -r.csv",
                "offboard run --disable --confirm 7 -- -r.csv",
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
            let words: Vec<_> = typed.split(' ').collect();
            let next = present(&words, &[]).after_planning(&job(), &[], Some(7));
            assert_eq!(next.unwrap().command, printed);
        }
        let run = present(&["offboard", "run", "plan", "--disable"], &[]);
        assert_eq!(run.after_planning(&job(), &[], None), None);
    }

    #[test]
    fn after_a_plan_the_flags_that_rails_ask_for_are_added_and_variables_are_named() {
        let words = ["offboard", "plan", "r.csv", "--cap", "600", "--disable"];
        let variables = [("OFFBOARD_RATE", "5/s"), ("OFFBOARD_PASSWORD", "planted")];
        let allowing = ["--cap 812".to_owned(), "--cap-share 30%".to_owned()];
        let next = present(&words, &variables).after_planning(&job(), &allowing, None);
        let expected = AfterPlan {
            command: "offboard run r.csv --disable --cap 812 --cap-share 30%".to_owned(),
            variables: vec!["OFFBOARD_RATE".to_owned()],
        };
        assert_eq!(next, Some(expected));
    }

    #[test]
    fn after_a_check_comes_a_plan_of_the_same_roster() {
        for (typed, printed) in [
            (
                "offboard check leavers.csv --json --username a",
                "offboard plan leavers.csv --username a --disable",
            ),
            (
                "offboard check -- -r.csv",
                "offboard plan --disable -- -r.csv",
            ),
            (
                "offboard -v check --username a",
                "offboard -v plan leavers.csv --username a --disable",
            ),
        ] {
            let words: Vec<_> = typed.split(' ').collect();
            assert_eq!(present(&words, &[]).after_check(), printed);
        }
    }

    #[test]
    fn another_verb_takes_the_flags_that_it_knows() {
        let words = [
            "offboard",
            "run",
            "leavers.csv",
            "--disable",
            "--username",
            "a",
            "--ledger=x y.db",
            "--confirm",
            "3",
            "--canary",
            "2",
            "-v",
        ];
        for (verb, more, printed) in [
            (
                "verify",
                &[][..],
                "offboard verify 0193af --username a '--ledger=x y.db' -v",
            ),
            (
                "retry",
                &[],
                "offboard retry 0193af --username a '--ledger=x y.db' --canary 2 -v",
            ),
            (
                "report",
                &["-o", "evidence"],
                "offboard report 0193af '--ledger=x y.db' -v -o evidence",
            ),
        ] {
            assert_eq!(present(&words, &[]).of_verb(verb, "0193af", more), printed);
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
