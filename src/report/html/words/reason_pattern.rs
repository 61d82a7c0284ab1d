//! Which texts of a provider say the same: texts that differ only in the ids, addresses and numbers within them.
//!
//! This is a rule about words. It does not know what the texts are about.

/// What stands in place of an id, and of the like.
const ID: &str = "[id]";
/// What stands in place of an address.
const ADDRESS: &str = "[address]";
/// What stands in place of a number.
const NUMBER: &str = "[number]";
/// What stands in place of the name of the user whom the text is about.
const NAME: &str = "[name]";

/// Names with fewer characters are not searched for, since they would be found inside other words.
const SHORTEST: usize = 3;

/// A word before a number that makes the number a part of what is said, such as `HTTP 503`.
const FIXED: [&str; 7] = ["http", "status", "code", "error", "rfc", "scim", "version"];

/// The text without what differs from user to user. `names` are the id and the names of the user, if they are known.
pub(in crate::report::html) fn reason_pattern(text: &str, names: &[&str]) -> String {
    let mut text = text.to_owned();
    let mut names: Vec<_> = names.iter().map(|name| name.trim()).collect();
    // The longest comes first. Otherwise a part of it would be found and the rest left.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for name in names {
        if name.chars().count() >= SHORTEST {
            text = text.replace(name, placeholder(name).unwrap_or(NAME));
        }
    }
    let mut pattern = String::with_capacity(text.len());
    let mut before = String::new();
    for token in tokens(&text) {
        let is_fixed = FIXED.contains(&before.as_str());
        match placeholder(token) {
            Some(NUMBER) if is_fixed => pattern.push_str(token),
            Some(ID) if is_fixed && is_version(token) => pattern.push_str(token),
            Some(shown) => pattern.push_str(shown),
            None => pattern.push_str(token),
        }
        if token.contains(char::is_alphanumeric) {
            before = token.to_lowercase();
        }
    }
    pattern
}

/// Cuts a text into words and what is between them. An address, an id with dashes and a number with a point are
/// one word.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '@' | '_' | '-' | '.' | '+');
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = if is_inner(first) {
            let end = rest.find(|c| !is_inner(c)).unwrap_or(rest.len());
            // A sign at the end of a word ends a sentence or a part of it.
            let word = rest[..end].trim_end_matches(['.', '-', '+', '@']);
            if word.is_empty() { end } else { word.len() }
        } else {
            rest.find(is_inner).unwrap_or(rest.len())
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        Some(token)
    })
}

/// What stands in place of this word; `None` if the word is part of what is said.
fn placeholder(word: &str) -> Option<&'static str> {
    if word.is_empty() || word.starts_with('[') || !word.contains(char::is_alphanumeric) {
        return None;
    }
    if let Some((local, host)) = word.split_once('@') {
        return (!local.is_empty() && host.contains(char::is_alphanumeric)).then_some(ADDRESS);
    }
    let digits = word.chars().filter(char::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    if word
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))
    {
        return Some(NUMBER);
    }
    Some(ID)
}

/// Whether the word is a version, such as `v2` or `2.0`.
fn is_version(word: &str) -> bool {
    let number = word.trim_start_matches(['v', 'V']);
    number.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_addresses_and_numbers_do_not_make_a_reason_another_one() {
        for (text, pattern) in [
            ("User 8a8b00ff is the owner", "User [id] is the owner"),
            (
                "Resource 0190d3c2-7a5e-7c11-9f00-0123456789ab not found",
                "Resource [id] not found",
            ),
            ("ada.l@example.com is gone.", "[address] is gone."),
            ("<x@y.com>, user00042!", "<[address]>, [id]!"),
            (
                "after 12 attempts in 3.5 s",
                "after [number] attempts in [number] s",
            ),
            ("HTTP 503: try in 30 s", "HTTP 503: try in [number] s"),
            ("HTTP 500: try in 30 s", "HTTP 500: try in [number] s"),
            ("SCIM v2 refuses", "SCIM v2 refuses"),
            ("the owner stays", "the owner stays"),
            ("Łukasz (山田) fehlt", "Łukasz (山田) fehlt"),
            ("a @ b - c.", "a @ b - c."),
            ("", ""),
        ] {
            assert_eq!(reason_pattern(text, &[]), pattern, "{text}");
        }
    }

    #[test]
    fn the_names_of_the_user_do_not_make_a_reason_another_one() {
        let names = ["8a8b", "Ada Lovelace", "ada@x.com", "Al", ""];
        for (text, pattern) in [
            ("Ada Lovelace stays", "[name] stays"),
            ("user 8a8b (ada@x.com) stays", "user [id] ([address]) stays"),
            ("Alas, all stay", "Alas, all stay"),
        ] {
            assert_eq!(reason_pattern(text, &names), pattern, "{text}");
        }
    }

    #[test]
    fn texts_that_say_something_else_stay_apart() {
        let same = |one: &str, other: &str| reason_pattern(one, &[]) == reason_pattern(other, &[]);
        assert!(same("user u1 is in use", "user u2 is in use"));
        assert!(!same("user u1 is in use", "user u1 is locked"));
        assert!(!same("status 409", "status 412"));
    }

    proptest! {
        #[test]
        fn a_pattern_is_its_own_pattern(text in "([a-z0-9@.:<>-]| |\\PC){0,30}") {
            let pattern = reason_pattern(&text, &[]);
            prop_assert_eq!(reason_pattern(&pattern, &[]), pattern);
        }

        #[test]
        fn each_id_gives_the_same_pattern(a in "[0-9a-f]{4}[0-9][a-f][0-9a-f]{26}", b in "[0-9]{6}[a-f]{2}") {
            let said = |id: &str| reason_pattern(&format!("user {id}, the owner, stays"), &[]);
            prop_assert_eq!(said(&a), said(&b));
        }
    }
}
