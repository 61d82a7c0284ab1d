//! Recognises ids and addresses that a spreadsheet, a mail program or an export has damaged.
//!
//! A damaged key names no user or, worse, another one. Pure rules on the text of one cell. `line_rules` decides which of
//! them the user can switch off.

use super::record::Key;

const QUOTES: [char; 15] = [
    '"', '“', '”', '„', '‟', '«', '»', '‹', '›', '‘', '’', '‚', '‛', '＂', '`',
];
const BRACKETS: [(char, char); 4] = [('<', '>'), ('{', '}'), ('(', ')'), ('[', ']')];
const SCHEMES: [&str; 3] = ["mailto:", "smtp:", "sip:"];
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Whether a spreadsheet has replaced the key, so that the original is lost: by an error value (`#N/A`, `#REF!`,
/// `####`) or by a number in scientific notation.
pub(in crate::roster) fn is_replaced(cell: &str) -> bool {
    match cell.strip_prefix('#') {
        Some(rest) => rest
            .chars()
            .all(|c| c.is_ascii_uppercase() || "#/!?0".contains(c)),
        None => is_scientific(cell),
    }
}

/// Whether a spreadsheet has written this as a number: `1.2E+31`, `12345.0`, `12,345`.
pub(crate) fn is_written_as_number(text: &str) -> bool {
    is_scientific(text) || is_number_as_shown(text)
}

/// What was added to a key that still shows the original; `None` if nothing was.
pub(in crate::roster) fn addition(key: Key, cell: &str) -> Option<&'static str> {
    let lower = cell.to_lowercase();
    if cell.starts_with('=') {
        return Some("a formula around it");
    }
    if cell.starts_with('\'') {
        return Some("an apostrophe in front");
    }
    if cell.starts_with(QUOTES) || cell.ends_with(QUOTES) {
        return Some("quotes around it");
    }
    let is_around =
        |(open, close): &(char, char)| cell.starts_with(*open) && cell.ends_with(*close);
    if BRACKETS.iter().any(is_around) || (key == Key::UserName && cell.contains(['<', '>'])) {
        return Some("brackets around it");
    }
    if SCHEMES.iter().any(|scheme| lower.starts_with(scheme)) {
        return Some("a scheme such as `mailto:` in front");
    }
    if cell.starts_with([';', ',']) || cell.ends_with([';', ',']) {
        return Some("a separator at its end");
    }
    if is_number_as_shown(cell) {
        return Some("the form of a number that a spreadsheet has written");
    }
    is_date(&lower).then_some("the form of a date that a spreadsheet has written")
}

/// `1.23E+31` and the like. A hexadecimal id such as `12e5` also reads as a number, so the number must have a sign in
/// its exponent, or a fraction.
fn is_scientific(cell: &str) -> bool {
    let Some((mantissa, exponent)) = cell.split_once(['e', 'E']) else {
        return false;
    };
    let (whole, fraction) = match mantissa.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let power = exponent.strip_prefix(['+', '-']);
    is_digits(whole)
        && fraction.is_none_or(is_digits)
        && is_digits(power.unwrap_or(exponent))
        && (fraction.is_some() || power.is_some())
}

/// `12345.0`, `12345,00`, `12,345`, `1.234.567`, `12'345`.
fn is_number_as_shown(cell: &str) -> bool {
    if let Some((whole, fraction)) = cell.rsplit_once(['.', ','])
        && is_digits(whole)
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte == b'0')
    {
        return true;
    }
    let mut groups = cell.split([',', '.', '\'', '’', '\u{a0}', '\u{202f}', ' ']);
    let is_first = groups
        .next()
        .is_some_and(|first| is_digits(first) && first.len() <= 3 && !first.starts_with('0'));
    let rest: Vec<_> = groups.collect();
    is_first
        && !rest.is_empty()
        && rest
            .iter()
            .all(|group| is_digits(group) && group.len() == 3)
}

/// `1-Mar`, `Mar-01`, `1-Mar-26`, `28/11/2026`, in lower case.
fn is_date(lower: &str) -> bool {
    let is_month = |part: &str| MONTHS.contains(&part);
    let is_short = |part: &str| is_digits(part) && part.len() <= 2;
    let is_year = |part: &str| is_digits(part) && matches!(part.len(), 2 | 4);
    let by = |sign: char| lower.split(sign).collect::<Vec<_>>();
    match by('-')[..] {
        [day, month] if is_short(day) && is_month(month) => return true,
        [month, year] if is_month(month) && is_year(year) => return true,
        [day, month, year] if is_short(day) && is_month(month) && is_year(year) => return true,
        _ => {}
    }
    matches!(by('/')[..], [day, month, year] if is_short(day) && is_short(month) && is_year(year))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additions_to_an_id_are_recognised() {
        let spoilt = [
            "=\"0012\"",
            "=0012",
            "'0012",
            "'0012'",
            "“0012”",
            "”0012",
            "„0012“",
            "«0012»",
            "‘0012’",
            "\"0012\"",
            "{8a-1}",
            "(12)",
            "[12]",
            "<12>",
            "mailto:u1@x.com",
            "SMTP:u1@x.com",
            "u1@x.com;",
            "12,",
            ";12",
            "12345.0",
            "12345,00",
            "12,345",
            "1.234.567",
            "12'345",
            "1-Mar",
            "Mar-01",
            "1-MAR-2026",
            "28/11/2026",
        ];
        for cell in spoilt {
            assert!(addition(Key::UserId, cell).is_some(), "{cell}");
            assert!(addition(Key::UserName, cell).is_some(), "{cell}");
        }
        assert!(addition(Key::UserName, "Ann<u1@x.com>").is_some());
    }

    #[test]
    fn intact_ids_of_any_kind_are_accepted() {
        let sound = [
            "0012345",
            "8a8b00000000000000000000000000a1",
            "2819c223-7f76-453a-919d-413861904646",
            "u1@x.com",
            "o'brien@x.com",
            "DOMAIN\\ann",
            "12e5",
            "8a80-e+1",
            "#a1",
            "1.2",
            "12345",
            "0.123",
            "1234,567",
            "a,b",
            "a=b",
            "abc==",
            "mar-a1",
            "1-2-3",
            "2026-11-28",
            "a(b)",
            "jan",
            "urn:ietf:1",
        ];
        for cell in sound {
            for key in [Key::UserId, Key::UserName] {
                assert_eq!(addition(key, cell), None, "{cell}");
            }
            assert!(!is_replaced(cell), "{cell}");
        }
    }
}
