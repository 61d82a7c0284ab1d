//! What durability costs: the real engine with its ledger against a bare loop of requests, in
//! alternation, on the same sandbox. Prints ratios of users per second; 1.0 would be free.
//!
//! `cargo bench --bench durability`, or with a number of rounds behind `--`.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use offboard::domain::{Access, Change, Share};
use offboard::engine::{Listener, Notice};
use offboard::job::{
    self, JobEnd, JobRequest, RunOptions, RunProgress, Sessions, Setup, Signals, Voice,
};
use offboard::lookup::LookUpStatus;
use offboard::pace::Rate;
use offboard::sandbox::{FaultSettings, Sandbox, SandboxSettings, people};
use offboard::settings::{Layer, SecretSource, Settings};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Requests at the same time, for the bare loop and for the engine.
const IN_FLIGHT: usize = 64;
/// Disables a user and removes all workspaces, as the job does that is compared.
const PATCH: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]}"#;

/// An error of any of the libraries. It ends the benchmark, which prints it.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A voice that says nothing and measures how long the engine runs.
#[derive(Debug, Default)]
struct Stopwatch {
    /// Shared with the progress of the run, which sets it at its end.
    taken: Arc<Mutex<Duration>>,
}

impl Voice for Stopwatch {
    fn note(&self, _: &str) {}

    fn warn(&self, _: &str) {}

    fn can_ask(&self) -> bool {
        false
    }

    fn ask(&self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn ask_secret(&self, question: &str) -> io::Result<String> {
        self.ask(question)
    }

    fn listen(&self) -> io::Result<Signals> {
        let (_, receiver) = mpsc::channel(1);
        Ok(Signals::new(receiver, JoinSet::new()))
    }

    fn look_up_progress(&self) -> Box<dyn FnMut(LookUpStatus)> {
        Box::new(|_| {})
    }

    fn run_progress(&self) -> Box<dyn RunProgress> {
        Box::new(RunTime(Arc::clone(&self.taken)))
    }
}

/// Stores how long a run took, from its first notice to its last.
#[derive(Debug)]
struct RunTime(Arc<Mutex<Duration>>);

impl Listener for RunTime {
    fn on(&mut self, notice: &Notice) {
        if let Notice::Ended(snapshot) = notice {
            *self.0.lock().expect("no user of this lock panics") = snapshot.elapsed;
        }
    }
}

impl RunProgress for RunTime {
    fn is_seen(&self) -> bool {
        true
    }
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

/// Measures at one latency of the provider, and prints the ratio of each round and their median.
async fn compare(latency: &str, users: usize, rounds: usize) -> Result<(), Failed> {
    let ids: Arc<[String]> = people(1, users).map(|person| person.id).collect();
    let mut ratios = Vec::new();
    // One round of each that does not count.
    bare(&provider(latency, users).await?, &ids).await?;
    ledgered(&provider(latency, users).await?, &ids).await?;
    for _ in 0..rounds {
        let bare = rate(users, bare(&provider(latency, users).await?, &ids).await?);
        let ledgered = ledgered(&provider(latency, users).await?, &ids).await?;
        let ledgered = rate(users, ledgered);
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
    Ok(())
}

/// A provider whose users all still have access: a job writes no user that is in the wanted state already.
async fn provider(latency: &str, users: usize) -> Result<Sandbox, Failed> {
    Ok(Sandbox::start(SandboxSettings {
        users,
        faults: FaultSettings::parse(&format!("latency={latency}"))?,
        request_log: false,
        ..SandboxSettings::default()
    })
    .await?)
}

/// Prints one line of the result to standard output.
fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}

/// Users per second.
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

/// The same users as a job: roster, plan, ledger and engine. The time is that of the run alone; the plan has looked all
/// users up before.
async fn ledgered(sandbox: &Sandbox, ids: &[String]) -> Result<Duration, Failed> {
    let dir = tempfile::tempdir()?;
    let roster = dir.path().join("roster.csv");
    std::fs::write(&roster, format!("User ID\n{}\n", ids.join("\n")))?;
    let standard = SandboxSettings::default();
    let mut layer = Layer::profile("anaplan")?;
    layer.hosts.scim_url = Some(sandbox.scim_url());
    layer.hosts.auth_url = Some(sandbox.auth_url());
    layer.sign_in.username = Some(standard.username);
    layer.files.ledger = Some(dir.path().join("ledger.db"));
    layer.requests.rate = Some(Rate::Unlimited);
    layer.requests.concurrency = NonZeroUsize::new(IN_FLIGHT);
    layer.rails.cap = Some(u64::MAX);
    layer.rails.cap_share = Some(Share::percent(100));
    let settings = Settings::resolve(layer)?;
    let sessions = Sessions::default();
    let voice = Arc::new(Stopwatch::default());
    let taken = Arc::clone(&voice.taken);
    let secret = SecretSource::Known(standard.password.into());
    let setup = Setup::with_secret(&settings, voice, &sessions, secret);
    let roster = roster.display().to_string();
    let request = JobRequest {
        subject: &roster,
        change: Some(Change::new(true, Access::RemoveAll)?),
        new: false,
        strict: false,
    };
    let (ledger, job) = setup.find_job(&request).await?;
    let users = job.users;
    let options = RunOptions {
        confirm: Some(users),
        ..RunOptions::default()
    };
    let done = job::run(&setup, ledger, job, &options).await?;
    sessions.sign_out().await;
    if done.end != JobEnd::Complete {
        return Err("not all users were removed".into());
    }
    if done.requests.is_none_or(|requests| requests < users) {
        return Err("users were not written".into());
    }
    let taken = taken.lock().map_err(|_| "a listener panicked")?;
    Ok(*taken)
}
