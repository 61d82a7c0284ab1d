//! Words that other programs have and this one has not: the answer to each says what is meant here.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What is meant here by words that people try.
struct Expected {
    /// The words.
    words: &'static [&'static str],
    /// What to type.
    instead: &'static str,
}

/// In the place of a verb.
const VERBS: [Expected; 11] = [
    Expected {
        words: &[
            "apply",
            "delete",
            "deprovision",
            "disable",
            "execute",
            "offboard",
            "remove",
            "revoke",
            "start",
            "terminate",
        ],
        instead: "`offboard run leavers.csv` with `--disable`, `--remove-access` or `--delete` does this",
    },
    Expected {
        words: &["continue", "restart"],
        instead: "`offboard resume` continues the latest job that is not finished",
    },
    Expected {
        words: &["diff", "dry-run", "preview", "simulate"],
        instead: "`offboard plan leavers.csv` shows what a job would change, and writes nothing",
    },
    Expected {
        words: &["restore", "revert", "rollback"],
        instead: "`offboard undo` gives back what a job took",
    },
    Expected {
        words: &["doctor", "login", "ping", "test", "whoami"],
        instead: "`offboard check` looks at settings, sign-in and role, and changes nothing",
    },
    Expected {
        words: &["history", "log", "logs", "show"],
        instead: "`offboard explain USER` shows everything that happened to one user, and `offboard jobs show` a job",
    },
    Expected {
        words: &["list", "ls"],
        instead: "`offboard jobs list` shows the jobs, and `offboard users export` the provider's users",
    },
    Expected {
        words: &["export"],
        instead: "`offboard users export` writes the provider's users into a CSV",
    },
    Expected {
        words: &["lint", "validate"],
        instead: "`offboard roster check leavers.csv` looks at a roster",
    },
    Expected {
        words: &["evidence", "proof"],
        instead: "`offboard report -o DIR` writes the evidence of a job",
    },
    Expected {
        words: &["settings", "init", "profiles"],
        instead: "`offboard config` shows the settings, writes a file of them, and lists the profiles",
    },
];

/// In the place of a flag.
const FLAGS: [Expected; 7] = [
    Expected {
        words: &[
            "--yes",
            "-y",
            "--assume-yes",
            "--force",
            "-f",
            "--no-prompt",
            "--non-interactive",
            "--batch",
        ],
        instead: "`--confirm N` confirms the number of users that are written; `offboard plan` prints the number",
    },
    Expected {
        words: &[
            "--dry-run",
            "--check",
            "--simulate",
            "--what-if",
            "--whatif",
            "-n",
        ],
        instead: "`offboard plan leavers.csv` shows what a job would change, and writes nothing",
    },
    Expected {
        words: &["--apply", "--execute"],
        instead: "`offboard run` writes, and `offboard plan` writes nothing",
    },
    Expected {
        words: &["--input", "--file", "--csv", "--roster", "-i"],
        instead: "the roster has no flag: `offboard run leavers.csv`",
    },
    Expected {
        words: &["--threads", "--workers", "--parallel", "--jobs"],
        instead: "`--concurrency N` is the number of requests in flight, and `--rate` limits how many are sent",
    },
    Expected {
        words: &["--password", "--token", "--secret", "--client-secret", "-p"],
        instead: "no flag takes a secret, since other users of the machine can read it: set OFFBOARD_PASSWORD or \
                  OFFBOARD_TOKEN, or name a file with `--password-file` or `--token-file`",
    },
    Expected {
        words: &["--debug", "--log-level", "--loglevel", "--trace"],
        instead: "`-v` logs what happens, and `-vv` more",
    },
];

/// The same misuse; if people expect the word that was typed, the answer says what to use instead.
pub(super) fn explained(mut misuse: clap::Error) -> clap::Error {
    let (typed, expected) = match misuse.kind() {
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, &VERBS[..]),
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, &FLAGS[..]),
        _ => return misuse,
    };
    let Some(ContextValue::String(word)) = misuse.get(typed) else {
        return misuse;
    };
    let word = word
        .split('=')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut expected = expected.iter();
    let Some(found) = expected.find(|one| one.words.contains(&word.as_str())) else {
        return misuse;
    };
    misuse.remove(ContextKind::SuggestedSubcommand);
    misuse.remove(ContextKind::SuggestedArg);
    let tip = ContextValue::StyledStrs(vec![StyledStr::from(found.instead)]);
    misuse.insert(ContextKind::Suggested, tip);
    misuse
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;

    fn answer(typed: &str) -> String {
        let misuse = command()
            .try_get_matches_from(typed.split(' '))
            .unwrap_err();
        explained(misuse).to_string()
    }

    #[test]
    fn a_word_that_people_expect_is_answered_with_what_to_use() {
        for (typed, instead) in [
            ("offboard remove leavers.csv", "offboard run leavers.csv"),
            ("offboard continue", "offboard resume"),
            ("offboard Rollback", "offboard undo"),
            ("offboard run leavers.csv --disable --yes", "--confirm N"),
            ("offboard run leavers.csv -y", "--confirm N"),
            ("offboard retry latest --dry-run", "offboard plan"),
            ("offboard run leavers.csv --password=x", "OFFBOARD_PASSWORD"),
            ("offboard run --threads 8 leavers.csv", "--concurrency"),
        ] {
            let answer = answer(typed);
            assert!(answer.contains(instead), "{typed}: {answer}");
            assert!(!answer.contains("similar"), "{typed}: {answer}");
        }
    }

    #[test]
    fn a_misspelt_word_keeps_the_nearest_one() {
        assert!(answer("offboard repport").contains("'report'"));
        assert!(answer("offboard run r.csv --disble").contains("'--disable'"));
        assert!(!answer("offboard zzz").contains("tip"));
    }

    #[test]
    fn no_word_that_this_program_has_is_answered_with_another_one() {
        let program = command();
        for word in VERBS.iter().flat_map(|one| one.words) {
            assert!(program.find_subcommand(word).is_none(), "{word}");
        }
    }
}
