//! What `offboard check` has found, as text and as JSON.

use std::fmt::Write;
use std::time::Duration;

use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::cli::output::Terminal;
use crate::domain::{Timestamp, on_one_line};
use crate::job::ProviderCheck;
use crate::roster::RosterSummary;
use crate::scim::ServiceConfig;
use crate::settings::{Settings, Span};

/// Users on one page of the list.
pub(super) const PAGE: u64 = 100;

/// The version of the JSON form. Members may be added within one version.
const SCHEMA: u32 = 1;

/// A larger difference between the two clocks is a warning: times in reports are those of this machine.
const SKEW: Duration = Duration::from_secs(30);

/// All findings, each with its name, in words and as JSON.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<(&'static str, String, Value)>,
    warnings: Vec<String>,
}

impl Findings {
    pub(super) fn add(&mut self, name: &'static str, words: String, value: Value) {
        self.found.push((name, words, value));
    }

    pub(super) fn warn(&mut self, words: String) {
        self.warnings.push(words);
    }

    /// Adds the account, what the provider says of itself, its clock, where users have access, and how many there are.
    pub(super) fn add_provider(&mut self, checked: &ProviderCheck) {
        let account = &checked.account;
        if let Some(identity) = &checked.identity {
            let id = identity.user_id.clone().unwrap_or_default();
            let tenant = identity.tenant.clone().unwrap_or_default();
            self.add(
                "account",
                format!("{account}, id {id}, tenant {tenant}"),
                json!({ "name": account, "id": id, "tenant": tenant }),
            );
        } else {
            self.add("account", account.clone(), json!({ "name": account }));
            self.warn(
                "the provider does not report the account's own id: give it with `--self ID`, so that it is \
                 never touched"
                    .to_owned(),
            );
        }
        self.add_self_description(&checked.provider, checked.asked_at);
        self.add_access(checked);
        let total = checked.total;
        let users = total.map_or("may be read".to_owned(), |total| {
            format!("may be read: {} users", HumanCount(total))
        });
        self.add("users", users, json!({ "total": total }));
    }

    fn add_self_description(&mut self, provider: &ServiceConfig, asked_at: Timestamp) {
        let says: Vec<_> = provider
            .supports
            .iter()
            .map(|(name, can)| format!("{name} {}", if *can { "yes" } else { "no" }))
            .collect();
        let says = if says.is_empty() {
            format!("HTTP {}, and no configuration", provider.status)
        } else {
            format!("says of itself: {}", says.join(", "))
        };
        self.add("provider", says, provider.to_json());
        let Some(theirs) = provider.clock_ms else {
            return;
        };
        // Whole seconds, and the time that the answer took.
        let skew = theirs.saturating_sub(asked_at.as_millis());
        let words = format!("{:+} s from ours", skew / 1000);
        self.add("clock", words, json!({ "skew_ms": skew }));
        if skew.unsigned_abs() > u64::try_from(SKEW.as_millis()).unwrap_or(u64::MAX) {
            self.warn(format!(
                "this machine's clock and the provider's are {} apart: times in reports are this \
                 machine's",
                Span(Duration::from_secs(skew.unsigned_abs() / 1000))
            ));
        }
    }

    /// Adds where the profile looks for access, whether the provider has that attribute, and where else its users have
    /// access.
    fn add_access(&mut self, checked: &ProviderCheck) {
        let others = &checked.other_access;
        if let Some(access) = &checked.access {
            let attribute = &access.attribute;
            let words = if access.shown {
                format!("in `{attribute}`")
            } else {
                self.warn(format!(
                    "none of {} users shows `{attribute}`, in which this profile looks for access, and the \
                     service does not declare it: access may be elsewhere, and cannot be removed",
                    checked.users
                ));
                format!("in `{attribute}`, which no user shows")
            };
            self.add(
                "access",
                words,
                json!({ "attribute": attribute, "shown": access.shown, "kept": others }),
            );
        }
        if !others.is_empty() {
            let quoted: Vec<_> = others.iter().map(|name| format!("`{name}`")).collect();
            self.warn(format!(
                "users keep what they have in {}: this profile does not remove it",
                quoted.join(" and ")
            ));
        }
    }

    /// Adds how many requests a roster takes, and how long they take at the set rate.
    pub(super) fn add_estimate(
        &mut self,
        survey: &RosterSummary,
        total: Option<u64>,
        settings: &Settings,
    ) {
        let users = survey.accepted;
        let look_ups = total.map_or(users, |total| users.min(total.div_ceil(PAGE)));
        let requests = users + look_ups;
        let times = u32::try_from(requests).unwrap_or(u32::MAX);
        let time = settings
            .rate
            .period()
            .map(|period| period.saturating_mul(times));
        let mut words = format!(
            "{} lines, at most {} users: about {} requests",
            HumanCount(survey.lines),
            HumanCount(users),
            HumanCount(requests)
        );
        if let Some(time) = time {
            let _ = write!(
                words,
                ", {}",
                Span(Duration::from_secs(time.as_secs().max(1)))
            );
        }
        let seconds = time.map(|time| time.as_secs());
        self.add(
            "roster",
            words,
            json!({ "lines": survey.lines, "users": users, "requests": requests, "seconds": seconds }),
        );
    }

    /// Prints the findings to standard output, and the warnings to standard error or into the JSON.
    pub(super) fn print(&self, json: bool, terminal: Terminal) -> Result<(), Failure> {
        if json {
            let mut all = serde_json::Map::new();
            all.insert("schema".to_owned(), json!(SCHEMA));
            for (name, _, value) in &self.found {
                all.insert((*name).to_owned(), value.clone());
            }
            all.insert("warnings".to_owned(), json!(self.warnings));
            return terminal.json(&Value::Object(all));
        }
        for (name, words, _) in &self.found {
            terminal.data(&format!("  {name:<10} {}", on_one_line(words)))?;
        }
        for warning in &self.warnings {
            terminal.warn(&format!("warning: {}", on_one_line(warning)));
        }
        Ok(())
    }
}
