//! Finds the paths in Rust text: `a::b::c`, also out of `use a::{b::c, d}`. Comments and strings say
//! nothing. It knows just enough of the language for text that rustfmt has seen.

/// A path, and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// From 1.
    pub(super) line: usize,
    /// Without the blanks.
    pub(super) path: String,
}

/// All paths of a text. A name alone is a path too.
pub(super) fn mentions(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    // For each open brace, the path before it: empty unless it belongs to a group.
    let mut open: Vec<String> = Vec::new();
    let mut path = String::new();
    let mut line = 1;
    let mut piece = String::new();
    for c in code_only(text).chars().chain(['\n']) {
        if c.is_alphanumeric() || c == '_' {
            piece.push(c);
            continue;
        }
        path.push_str(&std::mem::take(&mut piece));
        match c {
            ':' => path.push(':'),
            // A macro: rustfmt leaves a blank before every other `!`.
            '!' if !path.is_empty() => path.push('!'),
            '{' => open.push(if path.ends_with("::") {
                std::mem::take(&mut path)
            } else {
                String::new()
            }),
            _ => {}
        }
        if c != ':' && !path.is_empty() {
            let prefix = open.concat();
            let name = std::mem::take(&mut path);
            let whole = format!("{prefix}{name}").replace("::::", "::");
            found.push(Mention {
                line,
                path: whole.trim_end_matches(':').to_owned(),
            });
        }
        match c {
            '}' => drop(open.pop()),
            '\n' => line += 1,
            _ => {}
        }
    }
    found
}

/// The text with blanks for comments, strings and characters; every line keeps its number.
pub(super) fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = skipped(
            rest,
            code.ends_with(|c: char| c.is_alphanumeric() || c == '_'),
        );
        let taken = if skip == 0 { first.len_utf8() } else { skip };
        let (gone, left) = rest.split_at(taken.min(rest.len()));
        if skip == 0 {
            code.push(first);
        } else {
            code.push(' ');
            code.extend(gone.chars().filter(|c| *c == '\n'));
        }
        rest = left;
    }
    code
}

/// What follows `pub` or `pub(…)` at the beginning of an item; none if the item is private.
pub(super) fn published(item: &str) -> Option<&str> {
    let rest = item.trim_start().strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')')?.1,
        None => rest,
    };
    rest.strip_prefix(' ')
}

/// How many bytes at the beginning are no code.
fn skipped(text: &str, within_a_name: bool) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return text.find("*/").map_or(text.len(), |end| end + 2);
    }
    if text.starts_with('"') {
        return end_of_string(text);
    }
    if !within_a_name && (text.starts_with("r\"") || text.starts_with("r#")) {
        let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
        if text[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            return text[start..]
                .find(&end)
                .map_or(text.len(), |at| start + at + end.len());
        }
    }
    let mut chars = text.char_indices();
    match (chars.next(), chars.next(), chars.next()) {
        (Some((_, '\'')), Some((_, '\\')), Some((at, _))) => text[at + 1..]
            .find('\'')
            .map_or(text.len(), |end| at + 1 + end + 1),
        (Some((_, '\'')), Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn paths_are_found_where_they_stand() {
    let text = "use a::{b, c::{d, e}};\n// f::g\nlet x = 'h'; r#\"i::\"j\"#;\n\
                fn k<'l>() { m::n(\"o\\\"::p\") }\n";
    let found: Vec<_> = mentions(text)
        .into_iter()
        .map(|mention| (mention.line, mention.path))
        .filter(|(_, path)| path.contains("::"))
        .collect();
    let expected = [(1, "a::b"), (1, "a::c::d"), (1, "a::c::e"), (4, "m::n")];
    assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
}
