//! What makes a command mean an existing job: the key of the job, and how its roster is read.
//!
//! Everything that decides which users are meant is part of the job. A job that was begun is not continued with
//! another reading of its roster.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use crate::domain::{Change, IdRule, hex};
use crate::roster::Reading;

/// The key of a job: SHA-256, in hexadecimal, over the target, the change and the digest of the roster, one line
/// each.
pub(super) fn job_key(target: &str, change: &Change, roster_digest: &str) -> String {
    let text = format!("{target}\n{change}\n{roster_digest}\n");
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}

/// The members of a stored reading, each with its name in messages.
const MEMBERS: [(&str, &str); 9] = [
    ("id_column", "the id column"),
    ("email_column", "the e-mail column"),
    ("encoding", "the encoding"),
    ("delimiter", "the separator"),
    ("header_line", "the line of the header"),
    ("unusual_ids", "whether unusual ids are taken"),
    ("ids", "how ids compare"),
    ("profile", "the profile"),
    ("access", "the attribute of access"),
];

/// The parts of a profile that decide which users and which access are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProfileReading<'a> {
    /// The name of the profile, or its file.
    pub profile: &'a str,
    /// How the provider compares ids.
    pub ids: IdRule,
    /// The attribute that holds a user's access, if there is one.
    pub access: Option<&'a str>,
}

/// How a roster is read, as the ledger stores it. A profile is identified by its name, or the name of its file, and
/// by its attribute of access, since a file can be changed.
pub(crate) fn reading(roster: &Reading, of: ProfileReading<'_>) -> Value {
    json!({
        "id_column": roster.id_column,
        "email_column": roster.email_column,
        "encoding": roster.encoding,
        "delimiter": roster.delimiter.to_string(),
        "header_line": roster.header_line,
        "unusual_ids": roster.unusual_ids,
        "ids": of.ids.as_str(),
        "profile": profile_name(of.profile),
        "access": of.access,
    })
}

/// The part of the reading that is known without the roster, for a job that is named by its id.
pub(crate) fn provider(of: ProfileReading<'_>) -> Value {
    json!({ "ids": of.ids.as_str(), "profile": profile_name(of.profile), "access": of.access })
}

fn profile_name(profile: &str) -> &str {
    let name = Path::new(profile).file_name();
    name.and_then(|name| name.to_str()).unwrap_or(profile)
}

/// The differences from the reading of a stored job, each with both values. A member that one side does not have
/// is not a difference.
pub(crate) fn differences(stored: Option<&Value>, now: &Value) -> Vec<String> {
    let (Some(Value::Object(stored)), Value::Object(now)) = (stored, now) else {
        return Vec::new();
    };
    let known = |reading: &Map<String, Value>, member: &str| reading.get(member).map(word);
    MEMBERS
        .iter()
        .filter_map(|(member, name)| {
            let (then, now) = (known(stored, member)?, known(now, member)?);
            (then != now).then(|| format!("{name} was {then}, and is {now}"))
        })
        .collect()
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => format!("`{}`", text.escape_debug()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(ids: IdRule, profile: &str) -> ProfileReading<'_> {
        ProfileReading {
            profile,
            ids,
            access: Some("entitlements"),
        }
    }

    fn of(id_column: &str, profile: &str) -> Value {
        let roster = Reading {
            id_column: Some(id_column.to_owned()),
            email_column: None,
            encoding: "UTF-8",
            delimiter: ',',
            header_line: Some(1),
            unusual_ids: false,
        };
        reading(&roster, by(IdRule::Exact, profile))
    }

    #[test]
    fn p7_everything_that_decides_which_users_are_meant_is_compared() {
        let job = of("#1 Leaver", "rfc7644");
        assert_eq!(differences(Some(&job), &job), Vec::<String>::new());
        assert_eq!(
            differences(Some(&job), &of("#2 Manager", "own/p.toml")),
            [
                "the id column was `#1 Leaver`, and is `#2 Manager`",
                "the profile was `rfc7644`, and is `p.toml`"
            ]
        );
        // The same file by another path is the same profile.
        let here = of("#1 Leaver", "./p.toml");
        assert!(differences(Some(&here), &of("#1 Leaver", "p.toml")).is_empty());
        let by_id = provider(by(IdRule::IgnoreCase, "rfc7644"));
        assert_eq!(
            differences(Some(&job), &by_id),
            ["how ids compare was `exact`, and is `ignore-case`"]
        );
        // The content of the same file may have changed.
        let changed = provider(ProfileReading {
            access: Some("roles"),
            ..by(IdRule::Exact, "rfc7644")
        });
        assert_eq!(
            differences(Some(&job), &changed),
            ["the attribute of access was `entitlements`, and is `roles`"]
        );
        // A job that was stored without a reading has no differences.
        assert!(differences(None, &job).is_empty());
    }

    #[test]
    fn each_part_makes_another_job() {
        let disable: Change = "disable".parse().unwrap();
        let both: Change = "disable+remove-access".parse().unwrap();
        let key = job_key("https://a", &disable, "00");
        assert_eq!(key.len(), 64);
        assert_eq!(key, job_key("https://a", &disable, "00"));
        for other in [
            job_key("https://b", &disable, "00"),
            job_key("https://a", &both, "00"),
            job_key("https://a", &disable, "01"),
        ] {
            assert_ne!(key, other);
        }
    }
}
