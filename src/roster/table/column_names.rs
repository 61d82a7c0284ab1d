//! The names of columns: how they are compared, and which names are known.
//!
//! Exports write the same name in many ways: `User ID`, `user_id`, `User\u{a0}ID`, `Email Address [Required]`. This
//! file works on single names; `columns` decides which column is used.

use crate::roster::excerpt::is_unseen;

/// The name of the id column in Anaplan's exports.
const EXACT_ID: &str = "User ID";
/// Names of columns of ids, in their folded form.
const ID_NAMES: [&str; 2] = ["userid", "id"];
/// Names of columns of e-mail addresses or user names, in their folded form and in order of preference.
const EMAIL_NAMES: [&str; 27] = [
    "emailaddress",
    "email",
    "mail",
    "username",
    "userprincipalname",
    "upn",
    "primaryemail",
    "primaryemailaddress",
    "workemail",
    "workemailaddress",
    "businessemail",
    "businessemailaddress",
    "companyemail",
    "corporateemail",
    "emailwork",
    "emailprimary",
    "useremail",
    "useremailaddress",
    "usermail",
    "emailid",
    "mailid",
    "primarysmtpaddress",
    "userlogin",
    "login",
    "loginname",
    "loginid",
    "signinname",
];
/// Remarks that exports put in brackets after a name. They do not change which column is meant.
const REMARKS: [&str; 5] = [
    "required",
    "optional",
    "mandatory",
    "userprincipalname",
    "upn",
];

/// Cleans a cell of a header for display and comparison: it is trimmed, each run of blanks becomes one blank, and
/// characters that cannot be seen are removed.
pub(in crate::roster) fn tidy(cell: &str) -> String {
    let seen: String = cell
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_unseen(*c))
        .collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The folded form in which names are compared: the letters and digits in lower case, without remarks such as
/// `[Required]`.
fn fold(name: &str) -> String {
    let lower = tidy(name).to_lowercase();
    let mut kept = String::new();
    let mut rest = lower.as_str();
    while let Some(start) = rest.find(['[', '(']) {
        let Some(length) = rest[start..].find([']', ')']) else {
            break;
        };
        let remark = alphanumeric(&rest[start..start + length]);
        kept.push_str(&rest[..start]);
        if !REMARKS.contains(&remark.as_str()) {
            kept.push_str(&remark);
        }
        rest = &rest[start + length + 1..];
    }
    kept.push_str(rest);
    let words = kept.trim_end();
    let words = words.strip_suffix(" required").unwrap_or(words);
    alphanumeric(words)
}

fn alphanumeric(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether this is exactly the name in Anaplan's own exports.
pub(in crate::roster) fn is_exact_id(name: &str) -> bool {
    name == EXACT_ID
}

/// Whether a column with this name is known to hold ids.
pub(in crate::roster) fn is_id(name: &str) -> bool {
    ID_NAMES.contains(&fold(name).as_str())
}

/// The rank of this name among those of columns of e-mail addresses, 0 being the best; `None` if it is not known.
pub(in crate::roster) fn email_rank(name: &str) -> Option<usize> {
    let folded = fold(name);
    EMAIL_NAMES.iter().position(|known| *known == folded)
}

/// Whether a column with this name is known to hold ids, e-mail addresses or user names.
pub(crate) fn names_a_user(name: &str) -> bool {
    is_id(name) || email_rank(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_invisible_characters() {
        for name in ["User\u{a0}ID", "\u{feff} User  ID\u{200b}", "User\r\nID "] {
            assert_eq!(tidy(name), "User ID");
            assert!(is_id(name), "{name:?}");
        }
    }

    #[test]
    fn the_names_of_well_known_exports_are_known() {
        let emails = [
            "Email Address [Required]",
            "User name [userPrincipalName] Required",
            "User principal name",
            "userPrincipalName",
            "primaryEmail",
            "Primary Email",
            "User Login",
            "Work email",
            "Email (Work)",
            "E-mail\u{a0}Address",
            "e_mail",
            "Login",
            "UPN",
            "Username",
        ];
        for name in emails {
            assert!(email_rank(name).is_some(), "{name}");
            assert!(!is_id(name), "{name}");
        }
        for name in [
            "id",
            "User_ID",
            "user-id",
            "USERID",
            "ID *",
            "“User ID”",
            "User ID (required)",
        ] {
            assert!(is_id(name), "{name}");
        }
    }

    #[test]
    fn a_name_that_refers_to_another_person_is_not_known() {
        let others = [
            "Manager ID",
            "ID [manager]",
            "ID (manager)",
            "Manager email",
            "Email (manager)",
            "Email of manager",
            "Personal email",
            "",
            "[Required]",
            "(",
            "id(",
            "Employee ID",
        ];
        for name in others {
            let is_open = name == "id(";
            assert_eq!(names_a_user(name), is_open, "{name}");
        }
    }
}
