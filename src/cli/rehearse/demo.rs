//! `offboard demo`: runs the real program against the sandbox from start to end: a roster with bad
//! lines, the plan, a run under faults, a verification of all users, an undo, and a check against the
//! provider's own books after each part.
//!
//! A demo that was killed is continued by the same command: the sandbox takes up its old state, on
//! its old port.

mod books;
mod folder;
mod roster;

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use secrecy::SecretString;

use crate::cli::args::{DemoArgs, DemoFaults};
use crate::cli::failure::Failure;
use crate::cli::job::{Ask, Done, Manner, find_job, finish};
use crate::cli::rehearse::sandbox;
use crate::cli::terminal::Terminal;
use crate::cli::work::{look_again, show_plan, undo_job};
use crate::cli::{Exit, totals};
use crate::domain::{Access, Change, Clock, Finding, Share, Status};
use crate::ledger::{Job, JobSelector, Ledger, Reader};
use crate::progress::ProgressMode;
use crate::report::{Privacy, write_bundle};
use crate::sandbox::{Books, Faults, Sandbox, SandboxSettings};
use crate::settings::{Layer, SecretSource, Settings, Span};
use folder::Folder;
use roster::Cast;

/// Users whom the sandbox refuses to change.
const REFUSED: usize = 3;

/// A demo in progress.
struct Telling<'a> {
    folder: &'a Folder,
    cast: Cast,
    settings: Settings,
    books: Books,
    progress: ProgressMode,
    terminal: Terminal,
}

pub(in crate::cli) async fn demo(args: DemoArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let folder = Folder::open(args.dir.as_deref(), args.users, args.faults)?;
    let cast = Cast::of(folder.story.users, REFUSED);
    let (provider, settings) = set_up(&folder, &cast, terminal).await?;
    let telling = Telling {
        books: provider.books(),
        folder: &folder,
        cast,
        settings,
        progress: args.progress.progress(),
        terminal,
    };
    let told = telling.tell().await;
    provider.stop().await;
    told
}

impl Telling<'_> {
    async fn tell(&self) -> Result<Exit, Failure> {
        let removal = self.remove().await?;
        if let Some(exit) = self.cut_short(&removal) {
            return Ok(exit);
        }
        self.show(&removal).await?;
        let mut ledger = Ledger::open(&self.settings.ledger, Clock::System).await?;
        if ledger.undo_of(&removal.job).await?.is_none() {
            let faults = self.folder.story.faults();
            self.cast.check(&removal.counts, faults)?;
            books::is_removed(&mut ledger, &removal.job, &self.books).await?;
            self.look_again(&mut ledger, &removal.job).await?;
        }
        if let Some(exit) = self.give_back(ledger, &removal.job).await? {
            return Ok(exit);
        }
        let mut reader = Reader::open(&self.settings.ledger).await?;
        let report = self.folder.path().join("report");
        if !report.exists() {
            write_bundle(&mut reader, &removal.job, &report, Privacy::Open).await?;
        }
        let say = |text: String| self.terminal.data(&text);
        say(format!(
            "\nreport    {}",
            report.join("report.csv").display()
        ))?;
        say(format!("ledger    {}", self.settings.ledger.display()))?;
        say("the provider's own books agree with every line of the report".to_owned())?;
        Ok(Exit::Done)
    }

    fn chapter(&self, title: &str) -> Result<(), Failure> {
        self.terminal.data(&format!("\n== {title}\n"))
    }

    fn manner(&self, confirm: Option<u64>) -> Manner {
        Manner {
            confirm,
            progress: self.progress,
            ..Manner::default()
        }
    }

    /// The plan and the run.
    async fn remove(&self) -> Result<Done, Failure> {
        let roster = self.folder.roster().display().to_string();
        let ask = Ask {
            subject: &roster,
            change: Some(Change::new(true, Access::RemoveAll)?),
            new: false,
            strict: false,
        };
        let (ledger, job) = find_job(&ask, &self.settings, self.terminal).await?;
        self.chapter("the plan: what everybody has, and what would change")?;
        self.plan_and_work(ledger, job, Some(self.cast.users_to_write()))
            .await
    }

    /// Shows the plan of a job, unless it has begun, and works on it.
    async fn plan_and_work(
        &self,
        mut ledger: Ledger,
        job: Job,
        confirm: Option<u64>,
    ) -> Result<Done, Failure> {
        let id = job.id.to_string();
        if ledger.was_run(&job).await? {
            ledger.close().await?;
        } else {
            let manner = self.manner(None);
            show_plan(
                ledger,
                job,
                &manner,
                &self.settings,
                password(),
                None,
                false,
                self.terminal,
            )
            .await?;
        }
        let mut ledger = Ledger::open(&self.settings.ledger, Clock::System).await?;
        let job = ledger.select_job(&JobSelector::Prefix(id)).await?;
        self.chapter("the run: one request for each user, and then for those in trouble")?;
        // A demo needs no confirmation: the number of its plan counts as confirmed, unless one was given.
        let planned = job.plan.as_ref().map(|plan| plan.to_write);
        let manner = self.manner(confirm.or(planned));
        finish(
            ledger,
            job,
            &manner,
            &self.settings,
            password(),
            self.terminal,
        )
        .await
    }

    /// The exit code of a job that something has stopped.
    fn cut_short(&self, done: &Done) -> Option<Exit> {
        let stopped = done.counts.open() > 0 && done.exit != Exit::Trouble;
        stopped.then(|| {
            self.terminal.warn(&format!(
                "to continue: offboard demo --dir {}",
                self.folder.path().display()
            ));
            done.exit
        })
    }

    async fn show(&self, done: &Done) -> Result<(), Failure> {
        let mut reader = Reader::open(&self.settings.ledger).await?;
        let trouble = Status::ALL.iter().filter(|status| status.is_trouble());
        let trouble: Vec<_> = trouble.copied().collect();
        let rows = reader
            .lines_with(&done.job, &trouble, totals::SHOWN)
            .await?;
        self.terminal
            .data(&totals::totals(&done.job, &done.counts, false))?;
        if !rows.is_empty() {
            self.terminal.data("what went wrong, on purpose:")?;
            self.terminal
                .data(&totals::failures(&rows, done.counts.trouble()))?;
        }
        if let Some(requests) = done.requests {
            let seen = self.books.totals();
            self.terminal.data(&format!(
                "requests for users in this run: {requests}; throttled: {}; sign-ins: {}",
                seen.throttled, seen.sign_ins
            ))?;
        }
        Ok(())
    }

    async fn look_again(&self, ledger: &mut Ledger, job: &Job) -> Result<(), Failure> {
        self.chapter("the proof: everybody is read again")?;
        let verified = look_again(
            ledger,
            job,
            &self.manner(None),
            &self.settings,
            password(),
            self.terminal,
        )
        .await?;
        self.terminal.data(&verified.to_text())?;
        if verified.of(Finding::Drifted) > 0 {
            return Err(wrong("somebody has drifted"));
        }
        Ok(())
    }

    /// Plans the undo, runs it, and compares each user with the state before the job.
    async fn give_back(&self, mut ledger: Ledger, job: &Job) -> Result<Option<Exit>, Failure> {
        self.chapter("the way back: everybody gets again what was taken")?;
        let Some(undo) = undo_job(&mut ledger, job, false, self.terminal).await? else {
            return Err(wrong("nobody was changed"));
        };
        let done = self.plan_and_work(ledger, undo, None).await?;
        if let Some(exit) = self.cut_short(&done) {
            return Ok(Some(exit));
        }
        self.show(&done).await?;
        let mut ledger = Ledger::open(&self.settings.ledger, Clock::System).await?;
        books::is_given_back(&mut ledger, job, &done.job, &self.books).await?;
        Ok(None)
    }
}

fn password() -> SecretSource {
    SecretSource::Known(SecretString::from(SandboxSettings::default().password))
}

/// What a demo must never come to.
fn wrong(what: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Bug, format!("the story went wrong: {what}"))
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
    let mut layer = Layer::profile("anaplan")?;
    layer.hosts.scim_url = Some(provider.scim_url());
    layer.hosts.auth_url = Some(provider.auth_url());
    layer.sign_in.username = Some(SandboxSettings::default().username);
    layer.files.ledger = Some(folder.path().join("ledger.db"));
    // Fast enough for a story, slow enough to watch.
    layer.requests.rate = Some(pace(cast.people));
    layer.requests.burst = NonZeroU32::new(8);
    layer.requests.concurrency = NonZeroUsize::new(16);
    layer.requests.timeout = Some(Span(Duration::from_secs(3)));
    layer.requests.throttle_wait = Some(Span(Duration::from_secs(1)));
    // The whole tenant leaves, which no rail would allow by itself.
    layer.rails.cap = Some(u64::MAX);
    layer.rails.cap_share = Some(Share::percent(100));
    let settings = Settings::resolve(layer)?;
    terminal.note(&format!(
        "a sandbox with {} users listens on {}; faults: {}",
        cast.people,
        provider.addr(),
        story.faults
    ));
    Ok((provider, settings))
}

/// A rate at which each half of the story takes about five seconds.
fn pace(users: usize) -> crate::pace::Rate {
    let per_second = u32::try_from(users / 5)
        .unwrap_or(u32::MAX)
        .clamp(50, 100_000);
    crate::pace::Rate::Per {
        count: per_second,
        unit: crate::pace::Unit::Second,
    }
}
