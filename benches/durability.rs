//! What durability costs: the real engine with its ledger against a bare loop of requests, in
//! alternation, on the same sandbox. Prints ratios of users per second; 1.0 would be free.
//!
//! `cargo bench --bench durability`, or with a number of rounds behind `--`.

use std::io::Write;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use offboard::auth::{Account, Anaplan, Issuer, Session, TokenForm, Wire};
use offboard::domain::{
    Access, Change, Clock, Door, Entry, Fact, IdRule, Limits, Line, Means, UserState,
};
use offboard::engine::{self, EngineSettings, Event, Listener, Work};
use offboard::http::{BaseUrl, Http, HttpSettings, PlainHttp};
use offboard::ledger::{Job, Ledger, Mandate, RunEnding, RunKind, RunTally, Writer};
use offboard::pace::{Pace, Rate};
use offboard::plan::{Intake, intake};
use offboard::port::Journal;
use offboard::roster::{self, RosterOptions};
use offboard::sandbox::{Faults, Sandbox, SandboxSettings, people};
use offboard::scim::ScimClient;
use offboard::settings::Layer;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

const IN_FLIGHT: usize = 64;
const PATCH: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]}"#;

type Failed = Box<dyn std::error::Error + Send + Sync>;

struct Quiet;

impl Listener for Quiet {
    fn on(&mut self, _: &Event) {}
}

fn main() -> Result<(), Failed> {
    let rounds = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(5);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(async {
            compare("50ms", 3_000, rounds).await?;
            compare("0ms", 20_000, rounds).await
        })
}

async fn compare(latency: &str, users: usize, rounds: usize) -> Result<(), Failed> {
    let sandbox = Sandbox::start(SandboxSettings {
        users,
        faults: Faults::parse(&format!("latency={latency}"))?,
        request_log: false,
        ..SandboxSettings::default()
    })
    .await?;
    let ids: Arc<[String]> = people(1, users).map(|person| person.id).collect();
    let mut ratios = Vec::new();
    // One round of each that does not count.
    bare(&sandbox, &ids).await?;
    ledgered(&sandbox, &ids).await?;
    for _ in 0..rounds {
        let bare = rate(users, bare(&sandbox, &ids).await?);
        let ledgered = rate(users, ledgered(&sandbox, &ids).await?);
        ratios.push(ledgered / bare);
        say(&format!(
            "latency {latency}: bare {bare:.0}/s, with ledger {ledgered:.0}/s, ratio {:.2}",
            ledgered / bare
        ))?;
    }
    ratios.sort_by(f64::total_cmp);
    say(&format!(
        "latency {latency}, {users} users, {IN_FLIGHT} in flight: median ratio {:.2} (from {:.2} to {:.2})",
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[ratios.len() - 1]
    ))?;
    sandbox.stop().await;
    Ok(())
}

fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}

#[expect(clippy::cast_precision_loss, reason = "a benchmark's number of users")]
fn rate(users: usize, taken: Duration) -> f64 {
    users as f64 / taken.as_secs_f64()
}

/// The loop that people write: a client, some tasks, a PATCH each.
async fn bare(sandbox: &Sandbox, ids: &Arc<[String]>) -> Result<Duration, Failed> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let base = format!("{}/Users", sandbox.scim_url());
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (client, base, ids, next) = (
            client.clone(),
            base.clone(),
            Arc::clone(ids),
            Arc::clone(&next),
        );
        tasks.spawn(async move {
            while let Some(id) = ids.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                let response = client
                    .patch(format!("{base}/{id}"))
                    .basic_auth("admin@example.com", Some("sandbox"))
                    .header("content-type", "application/scim+json")
                    .body(PATCH)
                    .send()
                    .await?
                    .error_for_status()?;
                response.bytes().await?;
            }
            Ok::<_, reqwest::Error>(())
        });
    }
    for done in tasks.join_all().await {
        done?;
    }
    Ok(start.elapsed())
}

/// The same users through roster, ledger and engine; the time is that of the run.
async fn ledgered(sandbox: &Sandbox, ids: &[String]) -> Result<Duration, Failed> {
    let dir = tempfile::tempdir()?;
    let roster = dir.path().join("roster.csv");
    std::fs::write(&roster, format!("User ID\n{}\n", ids.join("\n")))?;
    let (ledger, job) = load(dir.path(), &roster, sandbox).await?;
    let (client, session, pace) = client(sandbox)?;
    session.ready().await?;
    let work = Work {
        restores: job.change.restores(),
        done: 0,
        users: job.users,
        known: None,
        write_at_most: None,
    };
    let settings = EngineSettings {
        concurrency: NonZeroUsize::new(IN_FLIGHT).ok_or("no tasks")?,
        max_attempts: NonZeroU32::MIN,
        throttle_wait: Duration::from_secs(1),
        grace: Duration::from_secs(1),
        means: Means::ALL_AT_ONCE,
        door: Door::default(),
        look_ttl: Duration::from_mins(10),
        limits: Limits::default(),
        clock: Clock::System,
        seed: 1,
    };
    let (_sender, mut signals) = mpsc::channel(1);
    let mut ledger = look_up(ledger, &job, ids).await?;
    let start = Instant::now();
    let run = ledger
        .start_run(&job, RunKind::Run, &Mandate::of("bench"))
        .await?;
    let (writer, journal) = Writer::start(ledger, &job, &run).await?;
    let ending = engine::run(
        work,
        settings,
        client,
        journal,
        pace,
        &mut signals,
        &mut Quiet,
    )
    .await?;
    let mut ledger = writer.finish().await?;
    ledger
        .end_run(&run, RunEnding::Finished, RunTally::default())
        .await?;
    let taken = start.elapsed();
    if ending.snapshot.done != job.users || ending.snapshot.trouble_now > 0 {
        return Err("not everybody was removed".into());
    }
    ledger.close().await?;
    session.sign_out().await;
    Ok(taken)
}

/// What a plan does: everybody's state is in the ledger before the first write.
async fn look_up(mut ledger: Ledger, job: &Job, ids: &[String]) -> Result<Ledger, Failed> {
    let run = ledger
        .start_run(job, RunKind::Plan, &Mandate::of("bench"))
        .await?;
    let (writer, journal) = Writer::start(ledger, job, &run).await?;
    let seen = ids.iter().zip(2..).map(|(id, line)| Entry {
        line: Line(line),
        at: Clock::System.now(),
        fact: Fact::LookedUp(UserState {
            active: Some(true),
            workspaces: Some(vec!["w".to_owned()]),
            ..UserState::of(id)
        }),
    });
    journal.record(seen.collect()).await?;
    drop(journal);
    let mut ledger = writer.finish().await?;
    ledger
        .end_run(&run, RunEnding::Finished, RunTally::default())
        .await?;
    Ok(ledger)
}

async fn load(dir: &Path, path: &Path, sandbox: &Sandbox) -> Result<(Ledger, Job), Failed> {
    let options = RosterOptions::default();
    let survey = roster::check(path, &options)?;
    let mut ledger = Ledger::open(&dir.join("ledger.db"), Clock::System).await?;
    let ask = Intake {
        roster: path,
        options: &options,
        summary: &survey,
        change: &Change::new(true, Access::RemoveAll)?,
        target: &sandbox.scim_url(),
        ids: IdRule::default(),
        reading: serde_json::Value::Null,
        new: false,
    };
    let job = intake(&mut ledger, ask).await?;
    Ok((ledger, job))
}

type Client = (Arc<ScimClient>, Arc<Session>, Arc<Pace>);

fn client(sandbox: &Sandbox) -> Result<Client, Failed> {
    let http = Http::new(&HttpSettings::default())?;
    let pace = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
    let anaplan = Anaplan::basic(
        Wire::new(http.clone(), Arc::clone(&pace), Clock::System),
        BaseUrl::parse(&sandbox.auth_url(), PlainHttp::LoopbackOnly)?,
        Account::new("admin@example.com", "sandbox".to_owned().into())?,
    );
    let form = TokenForm::scheme("AnaplanAuthToken");
    let session = Session::new(Issuer::Anaplan(anaplan), form, Arc::clone(&pace));
    let session = Arc::new(session);
    let base = BaseUrl::parse(&sandbox.scim_url(), PlainHttp::LoopbackOnly)?;
    let dialect = Layer::profile("anaplan")?
        .provider
        .scim
        .unwrap_or_default();
    let client = ScimClient::new(http, base, dialect, Arc::clone(&session), Clock::System);
    Ok((Arc::new(client), session, pace))
}
