//! The words around a count: its digits in groups, singular or plural, and how much of a list is not shown.

/// The number with a comma between each three digits: `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 user`, `2,000 users`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), one_or_many(number, one, many))
}

/// The word that fits the number: `one` for 1, else `many`.
pub(crate) fn one_or_many<'a>(number: u64, one: &'a str, many: &'a str) -> &'a str {
    if number == 1 { one } else { many }
}

/// What follows a list of which only the first `shown` of `all` items are printed: `and 3 more`. `None` if
/// all are printed.
pub(crate) fn and_more(all: u64, shown: usize) -> Option<String> {
    match all.saturating_sub(shown as u64) {
        0 => None,
        more => Some(format!("and {more} more")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_every_other_number_is_plural() {
        let words = [0, 1, 2].map(|number| one_or_many(number, "user", "users"));
        assert_eq!(words, ["users", "user", "users"]);
    }

    #[test]
    fn digits_are_in_groups_of_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(counted(1, "user", "users"), "1 user");
        assert_eq!(counted(0, "user", "users"), "0 users");
    }

    #[test]
    fn only_a_list_with_hidden_items_says_how_many_are_hidden() {
        assert_eq!(and_more(2, 3), None);
        assert_eq!(and_more(3, 3), None);
        assert_eq!(and_more(5, 3).as_deref(), Some("and 2 more"));
    }
}
