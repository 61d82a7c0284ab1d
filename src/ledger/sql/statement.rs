//! The text of a statement, as each of the two databases understands it.

use std::fmt::Write;

/// A statement. The place of a value is `?`, or `?1` where statements use a value more than once.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct Sql {
    /// The text for SQLite.
    pub(in crate::ledger) sqlite: &'static str,
    /// The text for PostgreSQL, with the same places for values.
    pub(super) postgres: &'static str,
}

impl Sql {
    /// A statement that the databases spell differently.
    pub(in crate::ledger) const fn twin(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }

    /// A text, or a part of one, that both databases understand.
    pub(in crate::ledger) const fn same(text: &'static str) -> Self {
        Self::twin(text, text)
    }

    /// The text for PostgreSQL, with the places for values as it spells them.
    pub(super) fn postgres(self) -> String {
        numbered(self.postgres)
    }
}

/// A text that both databases understand.
impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self::same(text)
    }
}

/// The text with each `?` as `$1`, `$2` and so on, and each `?3` as `$3`. What is quoted stays as it is.
pub(super) fn numbered(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len() + 64);
    let (mut places, mut is_quoted) = (0_usize, false);
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        is_quoted ^= character == '\'';
        if character != '?' || is_quoted {
            spelled.push(character);
            continue;
        }
        spelled.push('$');
        if rest.peek().is_some_and(char::is_ascii_digit) {
            continue;
        }
        places += 1;
        // Writing to a `String` cannot fail.
        let _ = write!(spelled, "{places}");
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn each_place_for_a_value_has_its_number() {
        for (text, expected) in [
            ("SELECT ?, ? + 0", "SELECT $1, $2 + 0"),
            ("a = ?2 OR b = ?1 OR c = ?2", "a = $2 OR b = $1 OR c = $2"),
            ("a = '?' || ?", "a = '?' || $1"),
            ("a = 'it''s ?' AND b = ?", "a = 'it''s ?' AND b = $1"),
            ("", ""),
        ] {
            assert_eq!(numbered(text), expected);
        }
    }
}
