//! Whether a pattern of the protect list can fit a user at all.
//!
//! An id or a name may be nearly anything. So this knows the forms in which lists of people are kept, and
//! what makes one line of them another text than the user's own: quotes, remarks, several addresses. Where an
//! id really holds such a character, `?` stands for it.

use crate::domain::is_unseen;
use crate::roster::is_written_as_number;

/// Signs around a name that are no part of it.
const AROUND: [char; 27] = [
    '"', '\'', '`', '\u{b4}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201c}', '\u{201d}',
    '\u{201e}', '\u{ab}', '\u{bb}', '<', '>', '(', ')', '[', ']', '{', '}', ',', ';', ':', '=',
    '|', '.', '\u{fffd}',
];

/// Signs that are nowhere in an id or a name.
const NOWHERE: [char; 8] = [
    '"', ';', '<', '>', '\u{201c}', '\u{201d}', '\u{201e}', '\u{fffd}',
];

/// Lets a pattern pass that can fit a user.
///
/// # Errors
/// Why it fits none.
pub(super) fn check(text: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(why.to_owned());
    if text.trim().is_empty() {
        return refuse("it is blank");
    }
    if let Some(c) = text.chars().find(|c| c.is_control() || is_unseen(*c)) {
        return Err(format!(
            "it holds the invisible character U+{:04X}",
            u32::from(c)
        ));
    }
    if text.starts_with(['#']) || text.contains(" #") || text.contains("\t#") {
        return refuse("a remark is no part of a pattern");
    }
    if text.starts_with("//") || text.starts_with("--") {
        return refuse("a remark begins with `#`");
    }
    let at_an_end = |c: char| text.starts_with(c) || text.ends_with(c);
    if let Some(c) = AROUND.iter().find(|c| at_an_end(**c)) {
        return Err(format!("no id and no name begins or ends with `{c}`"));
    }
    if let Some(c) = text.chars().find(|c| NOWHERE.contains(c)) {
        return Err(format!(
            "no id and no name holds `{c}`: write one pattern at a time"
        ));
    }
    let mut words = text.split_whitespace();
    let bullet = words.next().is_some_and(|word| {
        let mut letters = word.chars();
        letters.next().is_some_and(|c| !c.is_alphanumeric()) && letters.next().is_none()
    });
    if bullet && words.next().is_some() {
        return refuse("it begins with a sign and a blank, as the lines of a list do");
    }
    if is_written_as_number(text) {
        return refuse("it is a number as a spreadsheet shows it, and no id");
    }
    match text.split_once('@') {
        Some((name, domain)) => address(text, name, domain),
        None => Ok(()),
    }
}

/// What holds an `@` is one address, or one domain.
fn address(text: &str, name: &str, domain: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(why.to_owned());
    if text.contains(char::is_whitespace) || text.contains(',') || domain.contains('@') {
        return refuse("it is more than one address: write one pattern at a time");
    }
    if name.contains(':') {
        return refuse("what stands before the address is no part of it");
    }
    if name.starts_with(".*") || name.starts_with('^') {
        return refuse(
            "it is a regular expression: `*` stands for any text, `?` for one character",
        );
    }
    let is_of_a_domain = |c: char| c.is_alphanumeric() || "-_.*?".contains(c);
    let is_domain = !domain.is_empty()
        && domain.chars().all(is_of_a_domain)
        && !domain.starts_with('.')
        && !domain.contains("..");
    if is_domain {
        Ok(())
    } else {
        refuse("what follows the `@` is no domain")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_whatever_can_be_an_id_a_name_or_a_pattern_passes() {
        for text in [
            "ada@example.com",
            "@example.com",
            "@*.example.com",
            "*@example.com",
            "svc-*",
            "example.com",
            "8a8b00ff",
            "6f1c2b1e-0000-4000-8000-00000000000a",
            "DOMAIN\\ada",
            "Ada Lovelace",
            "jos\u{e9}@m\u{fc}nchen.example",
            "o'neil+test@x.com",
            "ada_x.com#EXT#@tenant.onmicrosoft.com",
            "CN=Ada,OU=Board",
            "12345",
            "auth0|1234",
            "a:b",
            "*",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn p7_what_can_fit_no_user_is_refused() {
        for text in [
            "",
            " ",
            "# ada@x.com",
            "ada@x.com # boss",
            "ada@x.com boss",
            "ada@x.com#boss",
            "ada@x.com;",
            "ada@x.com,",
            "a@x.com; b@x.com",
            "a@x.com,b@x.com",
            "a@x.com|b@x.com",
            "a@x.com/b@x.com",
            "\"ada@x.com\"",
            "'ada@x.com'",
            "\u{201c}ada@x.com\u{201d}",
            "Ada <ada@x.com>",
            "mailto:ada@x.com",
            "{8a8b00ff}",
            "[8a8b00ff]",
            "=\"0012\"",
            "- ada@x.com",
            "- 8a8b",
            "\u{2022} 8a8b",
            "// the board",
            "ada@",
            "@",
            "ada@x.com.",
            "@.x.com",
            ".x.com",
            "ada@x..com",
            ".*@x.com",
            "^ada@x.com",
            "ada@x\\.com",
            "1.2E+31",
            "12345.0",
            "ada\u{200b}@x.com",
            "\u{feff}ada@x.com",
            "8a8b\u{0}",
            "jos\u{fffd}@x.com",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
