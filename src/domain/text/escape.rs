//! Escapes text from outside before it is printed. After that it has no character that a terminal would
//! obey, that changes the direction of the text around it, or that cannot be seen.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character cannot be seen: marks of direction, joiners, fillers, tags.
pub fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Escapes each control character and each character that cannot be seen, such as `\u{1b}`. Line feeds
/// stay.
pub(crate) fn escape_controls(text: &str) -> Cow<'_, str> {
    escape(text, |c| c != '\n' && (c.is_control() || is_unseen(c)))
}

/// As [`escape_controls`], but line feeds are escaped too, so that the text stays on one line.
pub(crate) fn on_one_line(text: &str) -> Cow<'_, str> {
    escape(text, |c| c.is_control() || is_unseen(c))
}

/// Escapes the same characters in JSON text, in the way of JSON. Outside of strings JSON has no such
/// characters except white space, so a parser reads the same value.
pub(crate) fn escape_json(text: &str) -> Cow<'_, str> {
    let is_to_escape = |c: char| !c.is_ascii_control() && (c.is_control() || is_unseen(c));
    if !text.contains(|c| c == '\u{7f}' || is_to_escape(c)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\u{7f}' || is_to_escape(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

fn escape(text: &str, is_to_escape: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_to_escape) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if !is_to_escape(c) => shown.push(c),
            '\t' | '\r' | '\n' => shown.extend(c.escape_default()),
            c => shown.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        for (text, shown) in [
            ("\u{1b}]0;T\u{7}x", "\\u{1b}]0;T\\u{7}x"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\r\tb\u{8}\u{7f}", "a\\r\\tb\\u{8}\\u{7f}"),
            (
                "a\u{202e}b\u{2066}c\u{200b}",
                "a\\u{202e}b\\u{2066}c\\u{200b}",
            ),
            ("\u{e0041}\u{2028}", "\\u{e0041}\\u{2028}"),
            ("Łukasz «ж» 漢 👩 é\u{301}", "Łukasz «ж» 漢 👩 é\u{301}"),
            ("two\nlines", "two\nlines"),
        ] {
            assert_eq!(escape_controls(text), shown);
        }
        assert_eq!(on_one_line("two\nlines"), "two\\nlines");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_unseen_is_left_and_json_reads_the_same(
            chars in proptest::collection::vec(any::<char>(), 0..8),
        ) {
            let text: String = chars.into_iter().collect();
            let is_left = |shown: &str| shown.contains(|c: char| c.is_control() || is_unseen(c));
            prop_assert!(!is_left(&escape_controls(&text).replace('\n', "")));
            prop_assert!(!is_left(&on_one_line(&text)));
            let json = serde_json::Value::from(text).to_string();
            let shown = escape_json(&json);
            prop_assert!(!is_left(&shown));
            let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
            prop_assert_eq!(read.to_string(), json);
        }
    }
}
