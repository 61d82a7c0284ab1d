//! Words of a command line that may hold a secret. They are not repeated, since terminals and tickets keep what they
//! show.

/// What is said beside a command in which a word is hidden.
pub(crate) const IS_HIDDEN: &str =
    "put what was typed in the place of [redacted]: it is not shown, since it may be a secret";

/// Whether a command that was put together cannot be typed as it is.
pub(crate) fn has_hidden(command: &str) -> bool {
    command.contains(HIDDEN)
}

/// Printed in place of a text that may be a secret.
const HIDDEN: &str = "[redacted]";

/// The value of a flag, without the parts that may be a secret: the arguments of a command that prints a token,
/// and the password of an address.
pub(super) fn without_secrets(flag: &str, value: &str) -> String {
    if flag == "token-command" || flag == "notify-command" {
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

/// What may be shown of a command that handles secrets: its program, if it is a program. Any other word may be a
/// secret, and so may the first where it sets a variable.
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
