//! A file of the protect list: a pattern on each line, or a table or a line of addresses as other programs
//! write them. Pure rules from bytes to patterns.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use crate::roster::names_a_user;
use crate::settings::protect::pattern;

/// Columns that name a user in a protect list, beside those of a roster; without the signs in their names. To protect
/// too many is safe, so there are more of them.
const MORE: [&str; 9] = [
    "uid",
    "externalid",
    "objectid",
    "user",
    "emails",
    "mailaddress",
    "account",
    "pattern",
    "protect",
];

/// A line that names no user.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The line, from 1.
    pub(super) line: usize,
    /// Why it names none.
    pub(super) why: String,
}

/// The patterns of a file. Blank lines and remarks (`#` at the beginning of a line, or behind a blank) are
/// left out.
///
/// # Errors
/// The first line that names no user.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<String>, Wrong> {
    let (text, is_damaged) = decode(bytes);
    let text = text.replace("\r\n", "\n");
    let mut patterns = Vec::new();
    let mut table: Option<Table> = None;
    let mut is_first = true;
    for (index, line) in text.split(['\n', '\r']).enumerate() {
        let wrong = |why: String| Wrong {
            line: index + 1,
            why,
        };
        if is_damaged && line.contains('\u{fffd}') {
            let why = "it is not in the encoding of the file: save the file as UTF-8";
            return Err(wrong(why.to_owned()));
        }
        let cells = cells(line).map_err(wrong)?;
        if cells.iter().all(String::is_empty) {
            continue;
        }
        if std::mem::take(&mut is_first) {
            table = Table::headed_by(&cells);
            if table.is_some() {
                continue;
            }
        }
        let named = match &table {
            Some(table) => table.users(cells),
            None => without_header(cells),
        };
        for text in named.map_err(wrong)? {
            pattern::check(&text).map_err(wrong)?;
            patterns.push(text);
        }
    }
    Ok(patterns)
}

/// The text in the encoding that its first bytes tell, which is else UTF-8, and whether any of it was not.
fn decode(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default())
}

/// The cells of a line, without the blanks around them. A comma, a semicolon or a tab is between two of them,
/// unless it is in quotes.
fn cells(line: &str) -> Result<Vec<String>, String> {
    let mut cells = Vec::new();
    let mut rest = line.trim();
    loop {
        let (cell, behind) = if rest.starts_with('"') {
            quoted(rest)?
        } else {
            let end = end(rest);
            let (cell, behind) = rest.split_at(end);
            (cell.trim().to_owned(), behind)
        };
        cells.push(cell);
        // Behind a cell is the next one, a remark, or nothing.
        match behind
            .trim_start_matches(' ')
            .strip_prefix([',', ';', '\t'])
        {
            Some(next) => rest = next.trim_start_matches([' ', '\u{a0}']),
            None => return Ok(cells),
        }
    }
}

/// Where a cell without quotes ends: at the next separator, or at a remark.
fn end(text: &str) -> usize {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if [',', ';', '\t'].contains(&c) || (c == '#' && before.is_whitespace()) {
            return at;
        }
        before = c;
    }
    text.len()
}

/// A cell in quotes, and what is behind it: a separator, a remark, or nothing.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut cell = String::new();
    let mut rest = text.strip_prefix('"').unwrap_or(text);
    loop {
        let end = rest.find('"').ok_or("a quote is never closed")?;
        cell.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            // A quote in quotes is written twice.
            Some(more) => {
                cell.push('"');
                rest = more;
            }
            None => break,
        }
    }
    if rest.get(..end(rest)).unwrap_or(rest).trim().is_empty() {
        // The blanks before a tab are none of its cell.
        let behind = rest.trim_start_matches([' ', '\u{a0}']);
        Ok((cell.trim().to_owned(), behind))
    } else {
        Err("text follows a closing quote".to_owned())
    }
}

/// A line of a file without a header: one pattern, or several addresses.
fn without_header(cells: Vec<String>) -> Result<Vec<String>, String> {
    let filled: Vec<_> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
    let is_address = |cell: &String| cell.contains(['@', '*', '?']);
    if filled.len() > 1 && !filled.iter().all(is_address) {
        return Err(
            "it has several columns, and no header says which of them names a user: keep one \
             column, or put a header such as `Email` above it"
                .to_owned(),
        );
    }
    Ok(filled)
}

/// A table with a header.
#[derive(Debug)]
struct Table {
    /// For each column, whether it names a user.
    columns: Vec<bool>,
}

impl Table {
    /// The table under this line, if it is a header: one of its cells is the name of a column of users.
    fn headed_by(cells: &[String]) -> Option<Self> {
        let columns: Vec<_> = cells.iter().map(|cell| names_users(cell)).collect();
        columns.contains(&true).then_some(Self { columns })
    }

    /// What a line says in the columns of users.
    fn users(&self, cells: Vec<String>) -> Result<Vec<String>, String> {
        let mut users = Vec::new();
        for (index, cell) in cells.into_iter().enumerate() {
            match self.columns.get(index) {
                _ if cell.is_empty() => {}
                Some(true) => users.push(cell),
                Some(false) => {}
                None => return Err("it has more columns than the header".to_owned()),
            }
        }
        if users.is_empty() {
            return Err("it names no user in the columns that the header says".to_owned());
        }
        Ok(users)
    }
}

/// Whether a column of this name is one of users, in any case and with any signs between the words.
fn names_users(header: &str) -> bool {
    let plain = header.split(['[', '(']).next().unwrap_or_default();
    let letters = plain.chars().filter(|c| c.is_alphanumeric());
    let key: String = letters.flat_map(char::to_lowercase).collect();
    names_a_user(header) || names_a_user(plain) || MORE.contains(&key.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Result<Vec<String>, Wrong> {
        read(text.as_bytes())
    }

    const TWO: [&str; 2] = ["u1@x.com", "u2@x.com"];

    #[test]
    fn p7_a_list_in_any_common_form_names_its_users() {
        for form in [
            "u1@x.com\nu2@x.com\n",
            "u1@x.com\r\nu2@x.com",
            "u1@x.com\ru2@x.com\r",
            "\u{feff}# the board\n\n  u1@x.com  \n\u{a0}u2@x.com\u{a0}\n",
            "u1@x.com  # boss\nu2@x.com\t# her deputy\n",
            "\"u1@x.com\"\n \"u2@x.com\"  # boss\n",
            "u1@x.com,\nu2@x.com;\n",
            "u1@x.com; u2@x.com\n",
            "u1@x.com, u2@x.com # both\n",
            "\"u1@x.com\";\"u2@x.com\"\n",
            "Email\nu1@x.com\nu2@x.com\n",
            "E-Mail Address [Required]\nu1@x.com\nu2@x.com\n",
            "Name,Email\nAnn,u1@x.com\n\"Lee, Bob\",u2@x.com\n",
            "Email;Name\nu1@x.com;Ann\nu2@x.com;Bob\n",
            "# saved\nUser Principal Name\tCity\nu1@x.com\tRome\nu2@x.com\t\n",
            "Email,User ID\nu1@x.com,\n,u2@x.com\n",
        ] {
            assert_eq!(
                text(form).as_deref(),
                Ok(&TWO.map(str::to_owned)[..]),
                "{form:?}"
            );
        }
    }

    #[test]
    fn p7_a_list_in_utf_16_is_read() {
        for bytes in [
            "\u{feff}u1@x.com\r\nu2@x.com\r\n"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<_>>(),
            "\u{feff}u1@x.com\nu2@x.com"
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect(),
        ] {
            assert_eq!(read(&bytes).as_deref(), Ok(&TWO.map(str::to_owned)[..]));
        }
    }

    #[test]
    fn p7_a_line_that_names_no_user_is_refused_with_its_number() {
        for (form, line) in [
            ("Email\nu1@x.com,Ann\n", 2),
            ("u1@x.com,Ann\n", 1),
            ("u1@x.com\n8a8b01 8a8b02, 8a8b03\n", 2),
            ("Name;Department\nAnn;Board\n", 1),
            ("Name,Email\nAnn,u1@x.com\nBob,\n", 3),
            ("u1@x.com\n\"u2@x.com\n", 2),
            ("\"u1@x.com\" boss\n", 1),
            ("u1@x.com boss\n", 1),
            ("u1@x.com\r\nu2\u{200b}@x.com\r\n", 2),
            ("u1@x.com\ru2@x.com u3@x.com\r", 2),
            ("Ann <u1@x.com>\n", 1),
            ("- u1@x.com\n", 1),
        ] {
            assert_eq!(text(form).unwrap_err().line, line, "{form:?}");
        }
        for (bytes, line) in [
            (&b"u1@x.com\njos\xe9@x.com\n"[..], 2),
            (b"\xff\xfeu\0\x00\xd8", 1),
            (b"u\x001\0@\0", 1),
        ] {
            assert_eq!(read(bytes).unwrap_err().line, line, "{bytes:?}");
        }
    }

    #[test]
    fn a_file_without_a_user_has_no_pattern() {
        for form in [
            "",
            "\n\n",
            "\u{feff}",
            "# u1@x.com\r\n",
            " \t \r\r",
            "Email\n",
            ",;\n",
        ] {
            assert_eq!(text(form), Ok(Vec::new()), "{form:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn p7_whatever_is_in_a_file_each_pattern_of_it_can_fit_a_user(
            bytes in prop::collection::vec(any::<u8>(), 0..80),
            written in "([a-z@.#\"',;* \t\r\n\u{feff}\u{200b}]|Email|x@y.com){0,40}",
        ) {
            for bytes in [&bytes[..], written.as_bytes()] {
                for pattern in read(bytes).unwrap_or_default() {
                    prop_assert_eq!(pattern::check(&pattern), Ok(()));
                    prop_assert_eq!(pattern.trim(), &pattern);
                }
            }
        }

        #[test]
        fn p7_no_address_of_a_file_is_lost(
            names in prop::collection::vec("[a-z]{1,8}@[a-z]{1,8}\\.com", 1..8),
            separator in prop::sample::select(vec!["\n", "\r\n", "\r", ";", "; ", ",", "\t", " ,\n", "\n# x\n"]),
            quote in any::<bool>(),
            header in any::<bool>(),
            remark in any::<bool>(),
        ) {
            let cells: Vec<_> = names
                .iter()
                .map(|name| if quote { format!("\"{name}\"") } else { name.clone() })
                .collect();
            let mut file = if header { "Email\n".to_owned() } else { String::new() };
            file.push_str(&cells.join(separator));
            if remark {
                file.push_str("  # the last");
            }
            match text(&file) {
                Ok(read) => prop_assert_eq!(read, names),
                // Under a header of one column, a line of several is refused.
                Err(wrong) => prop_assert!(header && names.len() > 1 && wrong.line >= 2, "{wrong:?}"),
            }
        }
    }
}
