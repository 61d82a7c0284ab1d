//! What `offboard check` has found, as text and as JSON.

use std::fmt::Write;
use std::time::Duration;

use crate::cli::failure::Failure;
use crate::cli::json::{
    AccessForm, CheckForm, ClockForm, EstimateForm, PaceForm, SCHEMA, UsersForm, VERSION,
};
use crate::cli::next::after_check;
use crate::cli::output::Terminal;
use crate::domain::{LedgerAddress, Timestamp, counted, grouped, on_one_line};
use crate::job::ProviderCheck;
use crate::roster::RosterSummary;
use crate::scim::ServiceConfig;
use crate::screen::{Paint, Painted};
use crate::settings::{Settings, Span};

/// Users on one page of the list.
pub(super) const PAGE: u64 = 100;

/// A larger difference between the two clocks is a warning: times in reports are those of this machine.
const SKEW: Duration = Duration::from_secs(30);

/// All findings, each with its name, in words and as JSON.
#[derive(Debug)]
pub(super) struct Findings {
    rows: Vec<(&'static str, String)>,
    form: CheckForm,
}

impl Findings {
    /// Findings about this target, ledger and secret.
    pub(super) fn new(target: &str, ledger: &LedgerAddress, secret: &str) -> Self {
        let ledger = ledger.to_string();
        let form = CheckForm {
            schema: SCHEMA,
            version: VERSION,
            target: target.to_owned(),
            ledger: ledger.clone(),
            secret: secret.to_owned(),
            ..CheckForm::default()
        };
        let rows = vec![
            ("target", target.to_owned()),
            ("ledger", ledger),
            ("secret", secret.to_owned()),
        ];
        Self { rows, form }
    }

    fn add(&mut self, name: &'static str, words: String) {
        self.rows.push((name, words));
    }

    pub(super) fn warn(&mut self, words: String) {
        self.form.warnings.push(words);
    }

    /// Adds the pace that is set.
    pub(super) fn add_pace(&mut self, settings: &Settings) {
        self.form.pace = PaceForm {
            rate: settings.rate.to_string(),
            burst: settings.burst.get(),
            concurrency: settings.concurrency.get(),
        };
        let PaceForm {
            rate,
            burst,
            concurrency,
        } = &self.form.pace;
        let words = format!("{rate}, bursts of {burst}, {concurrency} at a time");
        self.add("pace", words);
    }

    /// Adds the account, what the provider says of itself, its clock, where users have access, and how many there are.
    pub(super) fn add_provider(&mut self, checked: &ProviderCheck, settings: &Settings) {
        let account = &checked.account;
        self.form.account.name.clone_from(account);
        if let Some(identity) = &checked.identity {
            let id = identity.user_id.clone().unwrap_or_default();
            let tenant = identity.tenant.clone().unwrap_or_default();
            self.add("account", format!("{account}, id {id}, tenant {tenant}"));
            self.form.account.id = Some(id);
            self.form.account.tenant = Some(tenant);
        } else if let Some(id) = &settings.safety.self_id {
            self.add("account", format!("{account}, id {id} (`--self`)"));
            self.form.account.id = Some(id.clone());
        } else {
            self.add("account", account.clone());
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
            format!("may be read: {} users", grouped(total))
        });
        self.add("users", users);
        self.form.users = UsersForm { total };
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
        self.add("provider", says);
        self.form.provider = provider.to_json();
        let Some(theirs) = provider.clock_ms else {
            return;
        };
        // Whole seconds, and the time that the answer took.
        let skew = theirs.saturating_sub(asked_at.as_millis());
        let words = format!("{:+} s from ours", skew / 1000);
        self.add("clock", words);
        self.form.clock = Some(ClockForm { skew_ms: skew });
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
            self.add("access", words);
            self.form.access = Some(AccessForm {
                attribute: attribute.clone(),
                shown: access.shown,
                kept: others.clone(),
            });
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
            grouped(survey.lines),
            grouped(users),
            grouped(requests)
        );
        if let Some(time) = time {
            let _ = write!(
                words,
                ", {}",
                Span(Duration::from_secs(time.as_secs().max(1)))
            );
        }
        let seconds = time.map(|time| time.as_secs());
        self.add("roster", words);
        self.form.roster = Some(EstimateForm {
            lines: survey.lines,
            users,
            requests,
            seconds,
        });
    }

    /// Prints the findings to standard output, and the warnings to standard error or into the JSON.
    ///
    /// A verdict and the command that comes next end them.
    pub(super) fn print(
        mut self,
        is_ready: bool,
        json: bool,
        terminal: Terminal,
    ) -> Result<(), Failure> {
        let warnings = std::mem::take(&mut self.form.warnings);
        let next = after_check();
        if json {
            return terminal.json(&CheckForm {
                warnings,
                ready: is_ready,
                next,
                ..self.form
            });
        }
        for (name, words) in &self.rows {
            terminal.data(format!("  {name:<10} {}", on_one_line(words)))?;
        }
        for warning in &warnings {
            terminal.warn(&format!("warning: {}", on_one_line(warning)));
        }
        let (paint, verdict) = match (is_ready, warnings.len() as u64) {
            (false, _) => {
                let words = "ready, but for the lines of the roster that cannot be used";
                (Paint::Caution, words.to_owned())
            }
            (true, 0) => (Paint::Good, "ready".to_owned()),
            (true, warnings) => {
                let warnings = counted(warnings, "warning", "warnings");
                (Paint::Caution, format!("ready, with {warnings}"))
            }
        };
        terminal.data(Painted::default().with(paint, format!("  {:<10} {verdict}", "verdict")))?;
        terminal.note(format!(
            "next: {next}   (or another change: offboard plan -h)"
        ));
        Ok(())
    }
}
