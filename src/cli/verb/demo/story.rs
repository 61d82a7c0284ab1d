//! `offboard demo`: a job on the sandbox from start to end: a roster with bad lines, the plan, a run under faults, a
//! verification of all users, an undo, and a check against the sandbox's own books after each part.
//!
//! A demo that was killed is continued by the same command: the sandbox takes up its old state, on its old port.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use secrecy::SecretString;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{
    SHOWN, Terminal, TerminalVoice, chain_head, failed_users, failures, totals,
};
use crate::cli::verb::demo::demo_folder::DemoFolder;
use crate::cli::verb::demo::demo_roster::DemoRoster;
use crate::cli::verb::demo::provider_books;
use crate::cli::verb::plan::{PlanTable, show_plan};
use crate::cli::verb::sandbox;
use crate::cli::verb::verify::verification_text;
use crate::domain::{Access, Change, Clock, Finding, Share};
use crate::job::{
    self, JobRequest, JobResult, RunOptions, Sessions, Setup, UndoStart, VerifyOptions, start_undo,
};
use crate::ledger::{Job, JobSelector, Ledger, Reader};
use crate::pace::{Rate, RateUnit};
use crate::platform;
use crate::report::{Privacy, ReportOptions, write_bundle};
use crate::sandbox::{Books, FaultSettings, Sandbox, SandboxSettings};
use crate::settings::{Layer, ProgressSettings, SecretSource, Settings, Span};

/// The whole story on the sandbox: a roster with bad lines, a run under faults, the report.
///
/// Kill it half way and run it again: it continues.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How many users the roster names.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) users: usize,

    /// How bad the provider behaves.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) faults: DemoFaults,

    /// The folder for roster, ledger and report [default: offboard-demo, or the next free name].
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// How progress is shown on standard error.
    #[command(flatten)]
    pub(crate) progress: ProgressSettings,
}

/// How many requests of the demo fail: names for sets of faults of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum DemoFaults {
    /// Everything works.
    None,
    /// About one request in twelve fails.
    #[default]
    Mild,
    /// About one request in three fails, in many ways.
    Harsh,
}

/// Users that the sandbox refuses to change.
pub(super) const REFUSED: usize = 3;

/// A demo in progress.
struct Story<'a> {
    folder: &'a DemoFolder,
    roster: DemoRoster,
    setup: &'a Setup<'a>,
    books: Books,
    terminal: Terminal,
}

pub(crate) async fn demo(
    args: DemoArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let folder = DemoFolder::open(args.dir.as_deref(), args.users, args.faults)?;
    let roster = DemoRoster::of(folder.parameters.users, REFUSED);
    let (provider, settings) = set_up(&folder, &roster, terminal).await?;
    let voice = Arc::new(TerminalVoice::of_a_run(terminal, args.progress.progress())?);
    let password = SecretString::from(SandboxSettings::default().password);
    let secret = SecretSource::Known(password);
    let story = Story {
        books: provider.books(),
        folder: &folder,
        roster,
        setup: &Setup::with_secret(&settings, voice, sessions, secret),
        terminal,
    };
    let exit = story.play().await;
    provider.stop().await;
    exit
}

impl Story<'_> {
    async fn play(&self) -> Result<Exit, Failure> {
        let removal = self.remove().await?;
        if let Some(exit) = self.cut_short(&removal) {
            return Ok(exit);
        }
        self.show(&removal).await?;
        let mut ledger = self.open().await?;
        if ledger.undo_of(&removal.job).await?.is_none() {
            let faults = self.folder.parameters.faults();
            self.roster.check(&removal.counts, faults)?;
            provider_books::is_removed(&mut ledger, &removal.job, &self.books).await?;
            self.verify(&mut ledger, &removal.job).await?;
        }
        if let Some(exit) = self.give_back(ledger, &removal.job).await? {
            return Ok(exit);
        }
        let ledger = &self.setup.settings.ledger;
        let mut reader = Reader::open(ledger).await?;
        let report = self.folder.path().join("report");
        if !report.exists() {
            write_bundle(
                &mut reader,
                &removal.job,
                &report,
                &ReportOptions::new(Privacy::Open),
            )
            .await?;
        }
        let say = |text: String| self.terminal.data(&text);
        let page = report.join("report.html");
        say(format!("\nledger    {ledger}"))?;
        say(format!("report    {}", page.display()))?;
        say("the provider's own books agree with every line of the report".to_owned())?;
        self.offer_to_open(&page);
        Ok(Exit::Done)
    }

    /// Offers to open the page of the report, where a person and a browser may be.
    fn offer_to_open(&self, page: &Path) {
        let voice = self.setup.voice.as_ref();
        if !platform::has_screen() || !voice.can_ask() {
            return;
        }
        match voice.ask_yes("Open the report in the browser? (y/n)") {
            Ok(true) => {
                if let Err(error) = open::that_detached(page) {
                    voice.warn(&format!("warning: no browser could be started: {error}"));
                }
            }
            Ok(false) => {}
            Err(error) => voice.warn(&format!("warning: no answer: {error}")),
        }
    }

    fn chapter(&self, title: &str) -> Result<(), Failure> {
        self.terminal.data(format!("\n== {title}\n"))
    }

    async fn open(&self) -> Result<Ledger, Failure> {
        Ok(Ledger::open(&self.setup.settings.ledger, Clock::System).await?)
    }

    /// The plan and the run.
    async fn remove(&self) -> Result<JobResult, Failure> {
        let roster = self.folder.roster().display().to_string();
        let request = JobRequest {
            subject: &roster,
            change: Some(Change::new(true, Access::RemoveAll)?),
            new: false,
            strict: false,
        };
        let (ledger, job) = self.setup.find_job(&request).await?;
        self.chapter("the plan: what each user has, and what would change")?;
        self.plan_and_run(ledger, job, Some(self.roster.users_to_write()))
            .await
    }

    /// Shows the plan of a job, unless it has begun, and runs the job.
    async fn plan_and_run(
        &self,
        mut ledger: Ledger,
        job: Job,
        confirm: Option<u64>,
    ) -> Result<JobResult, Failure> {
        let id = job.id.to_string();
        if ledger.was_run(&job).await? {
            ledger.close().await?;
        } else {
            let planned = job::plan(self.setup, ledger, job).await?;
            show_plan(
                planned,
                self.setup.settings,
                PlanTable::NoFlag,
                false,
                self.terminal,
            )
            .await?;
        }
        let mut ledger = self.open().await?;
        let job = ledger.select_job(&JobSelector::Prefix(id)).await?;
        self.chapter("the run: one request for each user, then retries for those that failed")?;
        // A demo needs no confirmation: the number of its plan counts as confirmed, unless one was given.
        let planned = job.plan.as_ref().map(|plan| plan.to_write);
        let options = RunOptions {
            confirm: confirm.or(planned),
            ..RunOptions::default()
        };
        Ok(job::run(self.setup, ledger, job, &options).await?)
    }

    /// The exit code of a job that something has stopped.
    fn cut_short(&self, done: &JobResult) -> Option<Exit> {
        let exit = Exit::from(&done.end);
        let stopped = done.counts.open() > 0 && exit != Exit::Trouble;
        stopped.then(|| {
            self.terminal.warn(&format!(
                "to continue: offboard demo --dir {}",
                self.folder.path().display()
            ));
            exit
        })
    }

    async fn show(&self, done: &JobResult) -> Result<(), Failure> {
        let rows = failed_users(done, self.setup.settings).await?;
        self.terminal.data(totals(&done.job, &done.counts, false))?;
        if !rows.is_empty() {
            self.terminal.data("what went wrong, on purpose:")?;
            self.terminal.data(failures(
                &rows,
                done.counts.trouble(),
                "report.csv lists all",
            ))?;
        }
        if let Some(requests) = done.requests {
            let seen = self.books.totals();
            self.terminal.data(format!(
                "requests for users in this run: {requests}; throttled: {}; sign-ins: {}",
                seen.throttled, seen.sign_ins
            ))?;
        }
        Ok(())
    }

    async fn verify(&self, ledger: &mut Ledger, job: &Job) -> Result<(), Failure> {
        self.chapter("the proof: every user is read again")?;
        let options = VerifyOptions {
            shown: SHOWN,
            ..VerifyOptions::default()
        };
        let verification = job::verify(self.setup, ledger, job, &options).await?;
        if let Some(head) = &verification.head {
            self.terminal.note(chain_head(head.events, &head.hash));
        }
        self.terminal.data(verification_text(&verification))?;
        if verification.of(Finding::Drifted) > 0 {
            return Err(wrong("a user has drifted"));
        }
        Ok(())
    }

    /// Plans the undo, runs it, and compares each user with the state before the job.
    async fn give_back(&self, mut ledger: Ledger, job: &Job) -> Result<Option<Exit>, Failure> {
        self.chapter("the way back: every user gets back what was taken")?;
        let voice = self.setup.voice.as_ref();
        let UndoStart::Job(undo) = start_undo(&mut ledger, job, false, voice).await? else {
            return Err(wrong("no user was changed"));
        };
        let done = self.plan_and_run(ledger, undo, None).await?;
        if let Some(exit) = self.cut_short(&done) {
            return Ok(Some(exit));
        }
        self.show(&done).await?;
        let mut ledger = self.open().await?;
        provider_books::is_given_back(&mut ledger, job, &done.job, &self.books).await?;
        Ok(None)
    }
}

/// A demo that did not do what it is to show: a bug.
pub(super) fn wrong(what: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Bug, format!("the story went wrong: {what}"))
}

async fn set_up(
    folder: &DemoFolder,
    roster: &DemoRoster,
    terminal: Terminal,
) -> Result<(Sandbox, Settings), Failure> {
    let parameters = &folder.parameters;
    let faults = match parameters.faults() {
        DemoFaults::None => FaultSettings::none(),
        DemoFaults::Mild => FaultSettings::mild(),
        DemoFaults::Harsh => FaultSettings::harsh(),
    };
    let provider = sandbox::start(SandboxSettings {
        bind: parameters.bind(),
        users: roster.people,
        refused: REFUSED,
        faults,
        log: Some(folder.path().join("provider.jsonl")),
        take_up: true,
        ..SandboxSettings::default()
    })
    .await?;
    folder.remember(provider.addr().port())?;
    if folder.is_new() {
        roster.write(&folder.roster())?;
    } else {
        terminal.note("continuing the demo that was interrupted");
    }
    let mut layer = Layer::profile("anaplan")?;
    layer.hosts.scim_url = Some(provider.scim_url());
    layer.hosts.auth_url = Some(provider.auth_url());
    layer.sign_in.username = Some(SandboxSettings::default().username);
    layer.files.ledger = Some((&folder.path().join("ledger.db")).into());
    // Fast enough for a story, slow enough to watch.
    layer.requests.rate = Some(pace(roster.people));
    layer.requests.burst = NonZeroU32::new(8);
    layer.requests.concurrency = NonZeroUsize::new(16);
    layer.requests.timeout = Some(Span(Duration::from_secs(3)));
    layer.requests.throttle_wait = Some(Span(Duration::from_secs(1)));
    // The whole tenant leaves, which no rail would allow by itself.
    layer.rails.cap = Some(u64::MAX);
    layer.rails.cap_share = Some(Share::percent(100));
    let settings = Settings::resolve(layer)?;
    terminal.note(format!(
        "a sandbox with {} users listens on {}; faults: {}",
        roster.people,
        provider.addr(),
        parameters.faults
    ));
    Ok((provider, settings))
}

/// A rate at which each half of the demo takes about five seconds.
fn pace(users: usize) -> Rate {
    let per_second = u32::try_from(users / 5)
        .unwrap_or(u32::MAX)
        .clamp(50, 100_000);
    Rate::Per {
        count: per_second,
        unit: RateUnit::Second,
    }
}
