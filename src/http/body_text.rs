//! Turns the text that a server sends into one clean line for reports and terminals.
//!
//! Text from a server, a proxy or a portal can be printed to a terminal, a CSV file or a log. So control
//! characters and characters that change the direction of text are removed here.

use std::borrow::Cow;

use crate::domain::is_unseen;

/// The longest text that is kept, in characters, without the `…` that marks a cut.
const CAP: usize = 500;

/// How much of a page is read, in bytes: its title is near the beginning.
const PAGE: usize = 64 * 1024;

/// A body as text. A body that is not UTF-8 is read as Windows-1252, as browsers do. For binary data the
/// text says only how many bytes there are.
pub(crate) fn body_text(body: &[u8]) -> Cow<'_, str> {
    let is_binary = |b: &u8| matches!(b, 0..=8 | 0x0e..=0x1a | 0x1c..=0x1f);
    if body.iter().any(is_binary) {
        return format!("{} bytes that are no text", body.len()).into();
    }
    match std::str::from_utf8(body) {
        Ok(text) => text.into(),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(body)
                .0
        }
    }
}

/// The readable part of a body's text, on one line of at most 500 characters: the title of an HTML page,
/// or else its visible text; of other text all of it.
pub(crate) fn readable_text(text: &str) -> String {
    let text = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    if !text.starts_with('<') {
        return one_line(text);
    }
    let page = &text[..text.floor_char_boundary(PAGE)];
    let title = element(page, "title").map(|title| one_line(&shown(title)));
    match title {
        Some(title) if !title.is_empty() => title,
        _ => one_line(&shown(page)),
    }
}

/// `text` on one line of at most 500 characters. Control characters and white space become single spaces;
/// characters without width, and those that change the direction of text, are removed.
pub(crate) fn one_line(text: &str) -> String {
    if is_one_line(text) {
        return text.to_owned();
    }
    let mut line = String::new();
    let mut room = CAP;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = !line.is_empty();
            continue;
        }
        if is_unseen(c) {
            continue;
        }
        let needed = if gap { 2 } else { 1 };
        if needed > room {
            line.push('…');
            return line;
        }
        room -= needed;
        if gap {
            line.push(' ');
            gap = false;
        }
        line.push(c);
    }
    line
}

/// Whether a text is clean and short as it is. A text with other characters than ASCII may be, too.
fn is_one_line(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_spaced = |pair: &[u8]| pair == b"  ";
    bytes.len() <= CAP
        && bytes.iter().all(|b| matches!(b, b' '..=b'~'))
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !bytes.windows(2).any(is_spaced)
}

/// `line` without control characters and invisible characters. White space of every kind becomes a space;
/// nothing else changes.
pub(crate) fn visible(line: &str) -> String {
    let spaced = line
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c });
    spaced
        .filter(|c| !c.is_control() && !is_unseen(*c))
        .collect()
}

/// The text between the tags of the first element called `name`.
fn element<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let start = find_tag(page, 0, "<", name)?;
    let inside = start + page[start..].find('>')? + 1;
    let end = find_tag(page, inside, "</", name)?;
    Some(&page[inside..end])
}

/// Where the first tag `open` + `name`, in any case, begins at or after `from`.
fn find_tag(page: &str, from: usize, open: &str, name: &str) -> Option<usize> {
    let bytes = page.as_bytes();
    (from..bytes.len()).find(|&at| is_tag(bytes, at, open, name))
}

/// Whether the tag `open` + `name`, in any case, begins at `at`.
fn is_tag(page: &[u8], at: usize, open: &str, name: &str) -> bool {
    let length = open.len() + name.len();
    let Some(tag) = page.get(at..=at + length) else {
        return false;
    };
    tag.starts_with(open.as_bytes())
        && tag[open.len()..length].eq_ignore_ascii_case(name.as_bytes())
        && !tag[length].is_ascii_alphanumeric()
}

/// A page's text without its tags, scripts and styles.
fn shown(page: &str) -> String {
    let mut text = String::new();
    let mut at = 0;
    while let Some(open) = page[at..].find('<') {
        text.push_str(&page[at..at + open]);
        text.push(' ');
        let tag = at + open;
        let hidden = ["script", "style"]
            .into_iter()
            .find(|name| is_tag(page.as_bytes(), tag, "<", name))
            .map(|name| find_tag(page, tag, "</", name).unwrap_or(page.len()));
        let close = hidden.unwrap_or(tag);
        at = page[close..]
            .find('>')
            .map_or(page.len(), |end| close + end + 1);
    }
    text.push_str(&page[at..]);
    [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (entity, plain)| text.replace(entity, plain))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_becomes_one_clean_line() {
        for (text, expected) in [
            ("", ""),
            ("  a \r\n\t b\u{0}c\u{1b}[31m ", "a b c [31m"),
            ("a\u{202e}b\u{200b}c\u{feff}", "abc"),
            ("a\u{2028}b\u{85}c", "a b c"),
            ("schön", "schön"),
        ] {
            assert_eq!(readable_text(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_line_loses_only_what_a_terminal_would_interpret() {
        let line = "  a \u{1b}[31mb\tc\u{202e}d\u{9b}  █▀█ ";
        assert_eq!(visible(line), "  a [31mb cd  █▀█ ");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        assert_eq!(one_line(&"ä".repeat(CAP)), "ä".repeat(CAP));
        let cut = one_line(&"ä".repeat(CAP + 1));
        assert_eq!(cut, "ä".repeat(CAP) + "…");
        assert_eq!(one_line(&format!("{}  ", "a".repeat(CAP))), "a".repeat(CAP));
    }

    #[test]
    fn of_a_page_the_title_or_else_the_text_is_kept() {
        for (page, expected) in [
            (
                "\n<!doctype html><HTML><TITLE lang=en>502 Bad\nGateway</title><p>x",
                "502 Bad Gateway",
            ),
            (
                "<html><title></title><body>Sorry, <b>down</b>",
                "Sorry, down",
            ),
            (
                "<p>a<script>if (x < 1) {}</script>b<style>p{}</style> &lt;c&gt; R&amp;D",
                "a b <c> R&D",
            ),
            ("<titles>no</titles>", "no"),
            ("<p", ""),
            ("<script>never ends", ""),
            ("a < b", "a < b"),
        ] {
            assert_eq!(readable_text(page), expected, "{page}");
        }
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_line_within_the_cap(text: String, page in "[<>/a-z &;ä]{0,200}") {
            for text in [text.clone(), format!("<{text}"), format!("<title>{page}"), format!("<{page}")] {
                let line = readable_text(&text);
                prop_assert!(line.chars().count() <= CAP + 1);
                prop_assert!(!line.chars().any(|c| c.is_control() || is_unseen(c)));
                prop_assert_eq!(line.trim(), &line);
                prop_assert!(!line.contains("  "));
            }
        }
    }
}
