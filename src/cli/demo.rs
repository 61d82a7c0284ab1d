//! `offboard demo`: the whole story on the sandbox, told with the real program: a roster with bad
//! lines, a run under faults, the report, and a check against the provider's own books.
//!
//! A demo that was killed is continued by the same command: the sandbox takes up its old state, on
//! its old port.

mod folder;
mod roster;

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use crate::cli::args::{DemoArgs, DemoFaults};
use crate::cli::failure::Failure;
use crate::cli::job::{Ask, Done, execute};
use crate::cli::terminal::Terminal;
use crate::cli::{Exit, sandbox, totals};
use crate::domain::{Access, Change, Line, Share, Status};
use crate::ledger::{Job, Reader};
use crate::report::write_bundle;
use crate::sandbox::{Books, Faults, Sandbox, SandboxSettings};
use crate::settings::{Layer, PasswordSource, Settings, Span};
use folder::Folder;
use roster::Cast;

/// Users whom the sandbox refuses to change.
const REFUSED: usize = 3;

pub(super) async fn demo(args: DemoArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let folder = Folder::open(args.dir.as_deref(), args.users, args.faults)?;
    let cast = Cast::of(folder.story.users, REFUSED);
    let (provider, settings) = set_up(&folder, &cast, terminal).await?;
    let books = provider.books();
    let ask = Ask {
        subject: &folder.roster().display().to_string(),
        change: Some(Change::new(true, Access::RemoveAll)?),
        confirm: Some(cast.users_to_write()),
        new: false,
        strict: false,
        no_lookup: false,
        progress: args.progress.progress,
    };
    let password = PasswordSource::Known(SecretString::from(provider_password()));
    let done = execute(&ask, &settings, password, terminal).await?;
    if done.counts.open() > 0 && !matches!(done.exit, Exit::Trouble) {
        terminal.warn(&format!(
            "to continue: offboard demo --dir {}",
            folder.path().display()
        ));
        provider.stop().await;
        return Ok(done.exit);
    }
    tell(&folder, &settings, &done, &books, terminal).await?;
    let story = check(&cast, &settings, &done, &books, folder.story.faults()).await;
    provider.stop().await;
    story?;
    terminal.data("the provider's own books agree with every line of the report")?;
    Ok(Exit::Done)
}

fn provider_password() -> String {
    SandboxSettings::default().password
}

async fn set_up(
    folder: &Folder,
    cast: &Cast,
    terminal: Terminal,
) -> Result<(Sandbox, Settings), Failure> {
    let story = &folder.story;
    let faults = match story.faults() {
        DemoFaults::None => Faults::none(),
        DemoFaults::Mild => Faults::mild(),
        DemoFaults::Harsh => Faults::harsh(),
    };
    let provider = sandbox::start(SandboxSettings {
        bind: folder.story.bind(),
        users: cast.people,
        refused: REFUSED,
        faults,
        log: Some(folder.path().join("provider.jsonl")),
        take_up: true,
        ..SandboxSettings::default()
    })
    .await?;
    folder.remember(provider.addr().port())?;
    if folder.is_new() {
        cast.write_roster(&folder.roster())?;
    } else {
        terminal.note("continuing the demo that was interrupted");
    }
    let settings = Settings::resolve(Layer {
        scim_url: Some(provider.scim_url()),
        auth_url: Some(provider.auth_url()),
        username: Some(SandboxSettings::default().username),
        ledger: Some(folder.path().join("ledger.db")),
        // Fast enough for a story, slow enough to watch.
        rate: Some(pace(cast.people)),
        burst: NonZeroU32::new(8),
        concurrency: NonZeroUsize::new(16),
        timeout: Some(Span(Duration::from_secs(3))),
        throttle_wait: Some(Span(Duration::from_secs(1))),
        // The whole tenant leaves, which no rail would allow by itself.
        cap: Some(u64::MAX),
        cap_share: Some(Share::percent(100)),
        ..Layer::profile("anaplan")?
    })?;
    terminal.note(&format!(
        "a sandbox with {} users listens on {}; faults: {}",
        cast.people,
        provider.addr(),
        story.faults
    ));
    Ok((provider, settings))
}

/// A rate at which the story takes about ten seconds.
fn pace(users: usize) -> crate::pace::Rate {
    let per_second = u32::try_from(users / 10)
        .unwrap_or(u32::MAX)
        .clamp(50, 100_000);
    crate::pace::Rate::Per {
        count: per_second,
        unit: crate::pace::Unit::Second,
    }
}

async fn tell(
    folder: &Folder,
    settings: &Settings,
    done: &Done,
    books: &Books,
    terminal: Terminal,
) -> Result<(), Failure> {
    let mut reader = Reader::open(&settings.ledger).await?;
    let report = folder.path().join("report");
    if !report.exists() {
        write_bundle(&mut reader, &done.job, &report).await?;
    }
    let trouble = [
        Status::Failed,
        Status::NotFound,
        Status::InDoubt,
        Status::Invalid,
    ];
    let rows = reader
        .lines_with(&done.job, &trouble, totals::SHOWN)
        .await?;
    terminal.data(&totals::totals(&done.job, &done.counts))?;
    terminal.data("what went wrong, on purpose:")?;
    terminal.data(&totals::failures(&rows, done.counts.trouble()))?;
    if let Some(requests) = done.requests {
        let seen = books.totals();
        terminal.data(&format!(
            "requests for users in this run: {requests}; throttled: {}; sign-ins: {}",
            seen.throttled, seen.sign_ins
        ))?;
    }
    terminal.data(&format!(
        "report    {}",
        report.join("report.csv").display()
    ))?;
    terminal.data(&format!("ledger    {}", settings.ledger.display()))
}

/// Compares the ledger with what the provider itself knows, line by line.
async fn check(
    cast: &Cast,
    settings: &Settings,
    done: &Done,
    books: &Books,
    faults: DemoFaults,
) -> Result<(), Failure> {
    let wrong = |what: String| Failure::new(Exit::Bug, format!("the story went wrong: {what}"));
    let told = |status| done.counts.of(status);
    for (status, expected) in [
        (Status::Invalid, cast.invalid),
        (Status::Duplicate, cast.duplicates),
        (Status::NotFound, cast.strangers),
    ] {
        if told(status) != expected {
            return Err(wrong(format!("{} {status}, not {expected}", told(status))));
        }
    }
    let refused = told(Status::Failed) + told(Status::InDoubt);
    if faults != DemoFaults::Harsh && refused != REFUSED as u64 {
        return Err(wrong(format!("{refused} failed, not {REFUSED}")));
    }
    compare_with_books(&settings.ledger, &done.job, books)
        .await?
        .map_or(Ok(()), |what| Err(wrong(what)))
}

async fn compare_with_books(
    ledger: &Path,
    job: &Job,
    books: &Books,
) -> Result<Option<String>, Failure> {
    let mut reader = Reader::open(ledger).await?;
    let mut after = Line(0);
    loop {
        let page = reader.lines(job, after, 1000).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        after = last.line;
        for row in page {
            let Some(user) = row.user_id.as_deref().and_then(|id| books.user(id)) else {
                continue;
            };
            let gone = !user.active && user.workspaces.is_empty();
            let fits = match row.status {
                Status::Removed | Status::Already => gone,
                Status::Failed => !gone,
                _ => true,
            };
            if !fits {
                let status = row.status;
                return Ok(Some(format!(
                    "line {} is {status}, the books differ",
                    row.line
                )));
            }
        }
    }
}
