//! The words of a command line, each with its role: the verb, the roster or job, a flag, or the value of a flag.

use clap::{Arg, Command};

use crate::cli::next::secret_words::without_secrets;
use crate::platform::{quoted, quoted_program};
use crate::settings::is_past;

/// What a word on the command line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// The program.
    Program,
    /// The verb.
    Verb,
    /// The roster, or the job.
    Subject,
    /// A flag, or its value: the flag as it was typed, without a value in the same word.
    Flag(String),
    /// The word `--`: no word after it is a flag.
    EndOfFlags,
    /// Any other word.
    Other,
}

/// A word with its role, as it may be shown.
#[derive(Debug, Clone)]
pub(super) struct TypedWord {
    pub(super) role: Role,
    pub(super) shown: String,
}

impl TypedWord {
    /// Whether it is this flag, or its value.
    pub(super) fn is_flag(&self, name: &str) -> bool {
        matches!(&self.role, Role::Flag(flag) if flag == name)
    }

    /// The word as a shell reads it back.
    pub(super) fn quoted(&self) -> String {
        match self.role {
            Role::Program => quoted_program(&self.shown),
            _ => quoted(&self.shown),
        }
    }
}

/// A command line that can be typed again.
#[derive(Debug)]
pub(super) struct TypedLine {
    /// The verb, as clap knows it; that of `run` where none was typed.
    pub(super) command: Command,
    /// The words. What may be a secret is hidden, and a flag with a moment that has passed is left out: a command with
    /// it would be refused.
    pub(super) words: Vec<TypedWord>,
}

impl TypedLine {
    /// Reads the words that were typed, the program first. `program` describes the whole command line, built.
    pub(super) fn read(words: &[String], program: &Command) -> Self {
        let verb = words.get(1..).unwrap_or_default().iter();
        let verb = verb
            .map(String::as_str)
            .find_map(|word| program.find_subcommand(word));
        let command = verb
            .or(program.find_subcommand("run"))
            .unwrap_or(program)
            .clone();
        let words = with_roles(words, &command);
        Self { command, words }
    }

    /// The name of the verb.
    pub(super) fn verb(&self) -> &str {
        self.command.get_name()
    }

    /// Whether this flag was typed.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.words.iter().any(|word| word.is_flag(flag))
    }
}

/// Finds the role of each word by its position. The text of a word does not decide: a flag's value may equal the
/// roster's path, and the roster's path may equal the verb.
fn with_roles(words: &[String], verb: &Command) -> Vec<TypedWord> {
    let mut place = 0;
    // The flag whose value the next word is, and whether the value has passed.
    let mut value_of: Option<(String, bool)> = None;
    let mut flags_are_over = false;
    let mut all = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let (role, shown, is_over) = if let Some((flag, is_over)) = value_of.take() {
            let shown = without_secrets(flag.trim_start_matches('-'), word);
            (Role::Flag(flag), shown, is_over)
        } else if !flags_are_over && word == "--" {
            flags_are_over = true;
            (Role::EndOfFlags, word.clone(), false)
        } else if !flags_are_over && word.len() > 1 && word.starts_with('-') {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
                _ => (word.as_str(), None),
            };
            let name = flag.trim_start_matches('-');
            let next = words.get(at + 1).filter(|_| next_is_value(word, verb));
            let is_over = |value: &str| is_over(name, value);
            let over = value.or(next.map(String::as_str)).is_some_and(is_over);
            value_of = next.map(|_| (flag.to_owned(), over));
            let shown = match value {
                Some(value) => format!("{flag}={}", without_secrets(name, value)),
                None => word.clone(),
            };
            (Role::Flag(flag.to_owned()), shown, over)
        } else {
            place += 1;
            let role = match place {
                1 => Role::Program,
                2 => Role::Verb,
                3 => Role::Subject,
                _ => Role::Other,
            };
            (role, word.clone(), false)
        };
        if !is_over {
            all.push(TypedWord { role, shown });
        }
    }
    all
}

/// Whether the word after this flag is its value.
fn next_is_value(flag: &str, verb: &Command) -> bool {
    // A switch takes its value in the same word only.
    let takes_one = |arg: &&Arg| arg.get_action().takes_values() && !arg.is_require_equals_set();
    if let Some(long) = flag.strip_prefix("--") {
        let mut args = verb.get_arguments().filter(takes_one);
        return args.any(|arg| arg.get_long() == Some(long));
    }
    // Of short flags in one word, the first that takes a value takes the rest, if there is any.
    let mut letters = flag.chars().skip(1);
    letters
        .find(|letter| {
            let mut args = verb.get_arguments().filter(takes_one);
            args.any(|arg| arg.get_short() == Some(*letter))
        })
        .is_some_and(|_| letters.next().is_none())
}

/// A flag of a verb, as it was typed; `None` if the verb has no such flag.
pub(super) fn flag_of<'a>(verb: &'a Command, flag: &str) -> Option<&'a Arg> {
    let mut args = verb.get_arguments();
    match flag.strip_prefix("--") {
        Some(long) => args.find(|arg| arg.get_long() == Some(long)),
        // Of short flags in one word, the first decides.
        None => {
            args.find(|arg| arg.get_short().is_some() && arg.get_short() == flag.chars().nth(1))
        }
    }
}

/// Whether this is `until` with a moment that has passed.
pub(super) fn is_over(flag: &str, value: &str) -> bool {
    flag == "until" && is_past(value)
}
