//! How a user is named where a person reads, and how the lines of a roster add up in words.

use std::fmt::Write;

use crate::domain::Status;
use crate::domain::text::count_words::{counted, grouped};

/// A user by name, address and id, as far as they are known: `Ada Lovelace <ada@example.com> (0123)`. `None` if
/// nothing is known.
pub(crate) fn name_user(
    display_name: Option<&str>,
    user_name: Option<&str>,
    id: Option<&str>,
) -> Option<String> {
    let display_name = display_name.filter(|name| !name.is_empty() && Some(*name) != user_name);
    let name = match (display_name, user_name.filter(|name| Some(*name) != id)) {
        (Some(display), Some(name)) => Some(format!("{display} <{name}>")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    };
    match (name, id) {
        (Some(name), Some(id)) => Some(format!("{name} ({id})")),
        (Some(one), None) => Some(one),
        (None, Some(id)) => Some(format!("user {id}")),
        (None, None) => None,
    }
}

/// How the lines of a roster add up: `800 lines: 791 users, 6 duplicate, 3 invalid`.
pub(crate) fn line_counts(lines_with: impl Fn(Status) -> u64) -> String {
    let all: u64 = Status::ALL.iter().map(|status| lines_with(*status)).sum();
    let [invalid, duplicate] = [Status::Invalid, Status::Duplicate].map(&lines_with);
    let mut text = format!("{}: {}", counted(all, "line", "lines"), users(&lines_with));
    for (lines, name) in [(duplicate, "duplicate"), (invalid, "invalid")] {
        if lines > 0 {
            let _ = write!(text, ", {} {name}", grouped(lines));
        }
    }
    text
}

/// How the users of a job add up: `791 users: 782 to write, 5 already as wanted, 3 protected, 1 not found`.
pub(crate) fn user_counts(lines_with: impl Fn(Status) -> u64) -> String {
    let others = Status::ALL.iter().copied();
    let others = others.filter(|status| *status != Status::Pending);
    let parts = std::iter::once(Status::Pending)
        .chain(others)
        .filter_map(|status| {
            let name = match status {
                Status::Invalid | Status::Duplicate => return None,
                Status::Pending => "to write",
                Status::Already => "already as wanted",
                status => status.reported().as_str(),
            };
            let users = lines_with(status);
            (users > 0).then(|| format!("{} {}", grouped(users), name.replace('_', " ")))
        });
    let parts: Vec<_> = parts.collect();
    let users = users(&lines_with);
    if parts.is_empty() {
        return users;
    }
    format!("{users}: {}", parts.join(", "))
}

/// The lines that name a user of their own.
fn users(lines_with: &impl Fn(Status) -> u64) -> String {
    let is_user = |status: &&Status| !matches!(status, Status::Invalid | Status::Duplicate);
    let users = Status::ALL.iter().filter(is_user);
    counted(
        users.map(|status| lines_with(*status)).sum(),
        "user",
        "users",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_all_that_is_known() {
        for (display, name, id, words) in [
            (Some("Ada"), Some("ada@x"), Some("01"), "Ada <ada@x> (01)"),
            (Some("ada@x"), Some("ada@x"), Some("01"), "ada@x (01)"),
            (None, Some("ada@x"), Some("01"), "ada@x (01)"),
            (None, Some("01"), Some("01"), "user 01"),
            (Some("Ada"), None, Some("01"), "Ada (01)"),
            (None, Some("ada@x"), None, "ada@x"),
            (Some(""), None, Some("01"), "user 01"),
        ] {
            assert_eq!(name_user(display, name, id).as_deref(), Some(words));
        }
        assert_eq!(name_user(None, None, None), None);
    }

    #[test]
    fn p8_lines_and_users_add_up_aloud() {
        let counts = |status| match status {
            Status::Invalid | Status::Protected => 3,
            Status::Duplicate => 6,
            Status::Pending => 1782,
            Status::Already => 5,
            Status::NotFound => 1,
            _ => 0,
        };
        assert_eq!(
            line_counts(counts),
            "1,800 lines: 1,791 users, 6 duplicate, 3 invalid"
        );
        assert_eq!(
            user_counts(counts),
            "1,791 users: 1,782 to write, 5 already as wanted, 3 protected, 1 not found"
        );
        let one = |status| u64::from(status == Status::Removed);
        assert_eq!(line_counts(one), "1 line: 1 user");
        assert_eq!(user_counts(one), "1 user: 1 removed");
        assert_eq!(user_counts(|_| 0), "0 users");
    }
}
