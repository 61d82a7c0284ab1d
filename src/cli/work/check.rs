//! `offboard check`: settings, secret, sign-in, role, provider and clock, before anything is at stake.
//! Nothing is changed, and the ledger is not even opened.

use std::fmt::Write;
use std::time::Duration;

use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::CheckArgs;
use crate::cli::failure::Failure;
use crate::cli::job::{SignedIn, known_secret, refused, secret_source, sign_in};
use crate::cli::signals::Signals;
use crate::cli::terminal::Terminal;
use crate::domain::{Clock, Content, PageAt, UserPage, on_one_line};
use crate::port::{Directory, SignInError};
use crate::roster;
use crate::scim::Provider;
use crate::settings::{SecretSource, Settings, SignIn, Span};

/// The version of the JSON form. Members may be added within one version.
const SCHEMA: u32 = 1;

/// A difference of clocks that is worth a word: times in reports are ours.
const SKEW: Duration = Duration::from_secs(30);

/// Users on one page of the list.
const PAGE: u64 = 100;

/// Everything that was looked at, a name and what there is to say.
struct Findings {
    told: Vec<(&'static str, String, Value)>,
    warnings: Vec<String>,
}

impl Findings {
    fn tell(&mut self, name: &'static str, words: String, value: Value) {
        self.told.push((name, words, value));
    }

    fn warn(&mut self, words: String) {
        self.warnings.push(words);
    }
}

pub(in crate::cli) async fn check(args: CheckArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let connection = &settings.connection;
    let mut findings = Findings {
        told: Vec::new(),
        warnings: Vec::new(),
    };
    let target = connection.scim.as_str();
    findings.tell("target", target.to_owned(), json!(target));
    let ledger = settings.ledger.display().to_string();
    findings.tell("ledger", ledger.clone(), json!(ledger));
    let source = secret_source(connection, terminal)?;
    let secret = where_found(&settings, &source);
    findings.tell("secret", secret.clone(), json!(secret));
    let secret = known_secret(source, connection, terminal)?;
    let (_listening, mut signals) = Signals::listen()?;
    let looked = async {
        let signed_in = sign_in(&settings, secret, terminal).await?;
        look(&signed_in, &connection.sign_in, &mut findings).await
    };
    let total = tokio::select! {
        total = looked => total?,
        Some(signal) = signals.recv() => {
            let message = format!("{}: the check is not complete", signal.as_str());
            return Err(Failure::new(Exit::Interrupted(signal), message));
        }
    };
    let rate = settings.rate.to_string();
    findings.tell(
        "pace",
        format!(
            "{rate}, bursts of {}, {} at a time",
            settings.burst, settings.concurrency
        ),
        json!({ "rate": rate, "burst": settings.burst, "concurrency": settings.concurrency }),
    );
    let mut exit = Exit::Done;
    if let Some(path) = &args.roster {
        let survey = roster::check(path, &settings.roster)?;
        estimate(&survey, total, &settings, &mut findings);
        for remark in survey.remarks() {
            findings.warn(remark);
        }
        if survey.rejected > 0 {
            findings.warn(format!(
                "{} of {} lines of the roster cannot be used",
                survey.rejected, survey.lines
            ));
            exit = Exit::Trouble;
        }
    }
    show(&findings, args.json, terminal)?;
    Ok(exit)
}

fn where_found(settings: &Settings, source: &SecretSource) -> String {
    let sign_in = &settings.connection.sign_in;
    match (&sign_in.secret_file, source) {
        (_, SecretSource::Unneeded) => "none is needed".to_owned(),
        (Some(path), _) if path.as_os_str() == "-" => "standard input".to_owned(),
        (Some(path), _) => format!("file {}", path.display()),
        (None, SecretSource::Known(_)) => {
            let variable = sign_in.method.secret().map_or("", |kind| kind.variable());
            format!("variable {variable}")
        }
        (None, SecretSource::Ask(_)) => "asked for at the terminal".to_owned(),
    }
}

/// Looks at the account, its role, the provider and its clock; returns how many users there are.
async fn look(
    signed_in: &SignedIn,
    sign_in: &SignIn,
    findings: &mut Findings,
) -> Result<Option<u64>, Failure> {
    let account = &signed_in.account;
    if let Some(identity) = &signed_in.identity {
        let id = identity.user_id.clone().unwrap_or_default();
        let tenant = identity.tenant.clone().unwrap_or_default();
        findings.tell(
            "account",
            format!("{account}, id {id}, tenant {tenant}"),
            json!({ "name": account, "id": id, "tenant": tenant }),
        );
    } else {
        findings.tell("account", account.clone(), json!({ "name": account }));
        findings.warn(
            "the provider does not tell the account's own id: give it with `--self ID`, so that it is \
             never touched"
                .to_owned(),
        );
    }
    signed_in.pace.permit().await;
    let started = Clock::System.now();
    let provider = signed_in.client.provider().await.map_err(|silence| {
        Failure::new(Exit::StoppedEarly, silence)
            .hint("check `--scim-url` and the network".to_owned())
    })?;
    tell_provider(&provider, started.as_millis(), findings);
    let page = read_users(signed_in, sign_in).await?;
    let total = page.total;
    tell_access(signed_in, &page, findings).await?;
    let users = total.map_or("may be read".to_owned(), |total| {
        format!("may be read: {} users", HumanCount(total))
    });
    findings.tell("users", users, json!({ "total": total }));
    Ok(total)
}

fn tell_provider(provider: &Provider, started_ms: i64, findings: &mut Findings) {
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
    findings.tell("provider", says, provider.to_json());
    let Some(theirs) = provider.clock_ms else {
        return;
    };
    // Whole seconds, and the time that the answer took.
    let skew = theirs.saturating_sub(started_ms);
    let words = format!("{:+} s from ours", skew / 1000);
    findings.tell("clock", words, json!({ "skew_ms": skew }));
    if skew.unsigned_abs() > u64::try_from(SKEW.as_millis()).unwrap_or(u64::MAX) {
        findings.warn(format!(
            "this machine's clock and the provider's are {} apart: times in reports are this \
             machine's",
            Span(Duration::from_secs(skew.unsigned_abs() / 1000))
        ));
    }
}

/// Says where the profile looks for access, whether the provider has that attribute, and where else its
/// users have access.
async fn tell_access(
    signed_in: &SignedIn,
    page: &UserPage,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let client = &signed_in.client;
    let mut others: Vec<_> = page
        .users
        .iter()
        .flat_map(|user| &user.other_access)
        .collect();
    others.sort_unstable();
    others.dedup();
    let quoted: Vec<_> = others.iter().map(|name| format!("`{name}`")).collect();
    let quoted = quoted.join(" and ");
    if let Some(attribute) = client.access_attribute() {
        if !client.shows_access() {
            signed_in.pace.permit().await;
            // The client reads the answer; one that does not come declares nothing.
            let _ = client.send(&client.schemas_request()).await;
        }
        let shown = client.shows_access();
        let words = if shown {
            format!("in `{attribute}`")
        } else {
            findings.warn(format!(
                "none of {} users shows `{attribute}`, in which this profile looks for access, and the \
                 service does not declare it: access may be elsewhere, and cannot be removed",
                page.users.len()
            ));
            format!("in `{attribute}`, which nobody shows")
        };
        findings.tell(
            "access",
            words,
            json!({ "attribute": attribute, "shown": shown, "kept": others }),
        );
    }
    if !others.is_empty() {
        findings.warn(format!(
            "users keep what they have in {quoted}: this profile does not remove it"
        ));
    }
    Ok(())
}

/// One read shows whether the account has the role, and what users look like.
async fn read_users(signed_in: &SignedIn, sign_in: &SignIn) -> Result<UserPage, Failure> {
    let request = signed_in.client.page_request(&PageAt::FIRST, PAGE);
    signed_in.pace.permit().await;
    let answer = signed_in.client.send(&request).await.map_err(|silence| {
        Failure::new(Exit::StoppedEarly, silence)
            .hint("check `--scim-url` and the network".to_owned())
    })?;
    let words = answer.words().unwrap_or_default();
    let status = answer.status;
    match (status, answer.content) {
        (200..=299, Content::Page(page)) => Ok(page),
        // A credential that is not taken says nothing of what its account may do.
        (401, _) => {
            let why =
                format!("the provider does not accept the credential: HTTP {status}: {words}");
            Err(refused(SignInError::Refused(why), sign_in))
        }
        (403, _) => Err(Failure::new(
            Exit::SignIn,
            format!("the account may not read users: HTTP {status}: {words}"),
        )
        .hint(
            "give the account the role of a user administrator; if the provider speaks of the \
             credential, renew that"
                .to_owned(),
        )),
        _ => Err(Failure::new(
            Exit::Settings,
            format!("what answers at the SCIM address shows no users: HTTP {status}: {words}"),
        )
        .hint("check `--scim-url`".to_owned())),
    }
}

fn estimate(
    survey: &roster::RosterSummary,
    total: Option<u64>,
    settings: &Settings,
    findings: &mut Findings,
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
    findings.tell(
        "roster",
        words,
        json!({ "lines": survey.lines, "users": users, "requests": requests, "seconds": seconds }),
    );
}

fn show(findings: &Findings, json: bool, terminal: Terminal) -> Result<(), Failure> {
    if json {
        let mut all = serde_json::Map::new();
        all.insert("schema".to_owned(), json!(SCHEMA));
        for (name, _, value) in &findings.told {
            all.insert((*name).to_owned(), value.clone());
        }
        all.insert("warnings".to_owned(), json!(findings.warnings));
        return terminal.json(&Value::Object(all));
    }
    for (name, words, _) in &findings.told {
        terminal.data(&format!("  {name:<10} {}", on_one_line(words)))?;
    }
    for warning in &findings.warnings {
        terminal.warn(&format!("warning: {}", on_one_line(warning)));
    }
    Ok(())
}
