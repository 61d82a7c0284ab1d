//! One job for tests: a tenant, a journal, and as many runs as the test makes.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::domain::{Change, Clock, Door, Effect, Goal, Limits, Means, Status, Timestamp};
use crate::engine::scripted::behaviour::{Behaviour, ScriptedRequest};
use crate::engine::scripted::fake_journal::{FakeJournal, JournalRow, RunJournal, user_of};
use crate::engine::scripted::fake_tenant::{FakeDirectory, FakeTenant};
use crate::engine::scripted::fuse::{Cut, Fuse};
use crate::engine::scripted::tenant_state::{Arrival, FakeUser};
use crate::engine::{
    Ending, EngineError, EngineSettings, Listener, Notice, RunParts, Signal, Snapshot, Work, run,
};
use crate::pace::Pace;

/// The settings of one run, and what happens to it.
#[derive(Debug, Clone)]
pub(crate) struct RunPlan {
    pub(crate) concurrency: usize,
    pub(crate) max_attempts: u32,
    pub(crate) limits: Limits,
    pub(crate) rate: &'static str,
    pub(crate) burst: u32,
    pub(crate) latency: Duration,
    pub(crate) grace: Duration,
    pub(crate) seed: u64,
    pub(crate) means: Means,
    /// Which users may not be written.
    pub(crate) door: Door,
    pub(crate) look_ttl: Duration,
    /// What the wall clock shows, in milliseconds.
    pub(crate) now: i64,
    pub(crate) write_at_most: Option<u64>,
    pub(crate) cut: Option<Cut>,
    /// From this call of the journal on, everything fails.
    pub(crate) fail_at: Option<u64>,
    /// When signals come, from the start of the run.
    pub(crate) signals: Vec<(Duration, Signal)>,
}

impl Default for RunPlan {
    fn default() -> Self {
        Self {
            concurrency: 4,
            max_attempts: 3,
            limits: Limits::default(),
            rate: "unlimited",
            burst: 1,
            latency: Duration::from_millis(20),
            grace: Duration::from_secs(30),
            seed: 0,
            means: Means {
                most_workspaces: 50,
                ..Means::ALL_AT_ONCE
            },
            door: Door::default(),
            look_ttl: Duration::from_hours(24),
            now: 0,
            write_at_most: None,
            cut: None,
            fail_at: None,
            signals: Vec::new(),
        }
    }
}

impl RunPlan {
    /// A run with an interrupt at each of these times, in milliseconds.
    pub(crate) fn interrupted(at: &[u64]) -> Self {
        let signal = |at: &u64| (Duration::from_millis(*at), Signal::Interrupt);
        Self {
            signals: at.iter().map(signal).collect(),
            ..Self::default()
        }
    }
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Ran {
    /// `None` if the run was killed.
    pub(crate) result: Option<Result<Ending, EngineError>>,
    pub(crate) events: Vec<Notice>,
    pub(crate) took: Duration,
}

impl Ran {
    /// The ending of a run that was neither killed nor ended with an error.
    pub(crate) fn ending(&self) -> &Ending {
        self.result.as_ref().unwrap().as_ref().unwrap()
    }
}

#[derive(Debug, Default)]
struct Recorder(Vec<Notice>);

impl Listener for Recorder {
    fn on(&mut self, notice: &Notice) {
        match notice {
            Notice::Started(snapshot) | Notice::Tick(snapshot) | Notice::Ended(snapshot) => {
                assert!(adds_up(snapshot), "{snapshot:?}");
            }
            _ => {}
        }
        // Ticks come several times a second: they would fill the record of the test.
        if !matches!(notice, Notice::Tick(_)) {
            self.0.push(notice.clone());
        }
    }
}

#[derive(Debug)]
pub(crate) struct TestJob {
    tenant: FakeTenant,
    pub(crate) journal: FakeJournal,
}

impl TestJob {
    /// A job with so many users, on lines 2 and up, at a tenant that follows `script`.
    pub(crate) fn new(
        users: u64,
        script: impl Fn(ScriptedRequest<'_>) -> Behaviour + Send + Sync + 'static,
    ) -> Self {
        let lines = 2..users + 2;
        Self {
            tenant: FakeTenant::new(lines.clone().map(user_of), Arc::new(script)),
            journal: FakeJournal::new(lines),
        }
    }

    /// The same, if the job deletes all users.
    pub(crate) fn deleting(self) -> Self {
        self.journal.set_goal(Change::delete().goal().unwrap());
        self
    }

    /// The same, if the job has this goal for all users.
    pub(crate) fn with_goal(self, goal: Goal) -> Self {
        self.journal.set_goal(goal);
        self
    }

    /// All users have names, and the journal knows them if it has seen the users.
    pub(crate) fn named(self, seen: bool) -> Self {
        for row in self.rows() {
            let user = row.user.as_str();
            let name = Some(format!("{user}@x.com"));
            self.alter(user, |person| person.user_name.clone_from(&name));
            self.journal.edit(user, |row| {
                if seen {
                    row.known.user_name = name;
                    row.known.addresses = Some(Vec::new());
                } else {
                    row.before = None;
                }
            });
        }
        self
    }

    /// One run, from what the journal holds.
    pub(crate) async fn run(&self, plan: &RunPlan) -> Ran {
        self.journal.recover();
        self.tenant.forget_waits();
        self.tenant.state().door = plan.door.clone();
        let fuse = Arc::new(Fuse::new(plan.cut));
        let journal = RunJournal {
            journal: self.journal.clone(),
            fuse: Arc::clone(&fuse),
            latency: Duration::from_millis(1),
            fail_at: plan.fail_at,
        };
        let directory = FakeDirectory {
            tenant: self.tenant.clone(),
            journal: self.journal.clone(),
            fuse: Arc::clone(&fuse),
            latency: plan.latency,
            renewing: tokio::sync::Mutex::default(),
        };
        let settings = EngineSettings {
            concurrency: NonZeroUsize::new(plan.concurrency).unwrap(),
            max_attempts: NonZeroU32::new(plan.max_attempts).unwrap(),
            throttle_wait: Duration::from_secs(15),
            means: plan.means,
            limits: plan.limits,
            grace: plan.grace,
            door: plan.door.clone(),
            look_ttl: plan.look_ttl,
            clock: Clock::Fixed(Timestamp::from_millis(plan.now)),
            seed: plan.seed,
        };
        let burst = NonZeroU32::new(plan.burst).unwrap();
        let pace = Arc::new(Pace::new(plan.rate.parse().unwrap(), burst));
        let (sender, mut signals) = mpsc::channel(4);
        let mut recorder = Recorder::default();
        let start = Instant::now();
        let parts = RunParts {
            work: self.work(plan),
            settings,
            directory: Arc::new(directory),
            journal,
            pace,
        };
        let result = tokio::select! {
            biased;
            () = fuse.killed() => None,
            () = signal(plan, sender) => unreachable!("signals never end"),
            result = run(parts, &mut signals, &mut recorder) => Some(result),
        };
        Ran {
            result,
            events: recorder.0,
            took: start.elapsed(),
        }
    }

    fn work(&self, plan: &RunPlan) -> Work {
        let rows = self.rows();
        let count = |rows: usize| u64::try_from(rows).unwrap();
        Work {
            restores: false,
            done: count(rows.iter().filter(|row| !row.status.is_open()).count()),
            users: count(rows.len()),
            known: rows
                .iter()
                .find(|row| row.before.is_some())
                .map(|row| row.user.clone()),
            write_at_most: plan.write_at_most,
        }
    }

    pub(crate) fn rows(&self) -> Vec<JournalRow> {
        self.journal.rows()
    }

    pub(crate) fn statuses(&self) -> Vec<Status> {
        self.rows().iter().map(|row| row.status).collect()
    }

    pub(crate) fn person(&self, user: &str) -> FakeUser {
        self.tenant.state().people[user].clone()
    }

    pub(crate) fn alter(&self, user: &str, change: impl FnOnce(&mut FakeUser)) {
        change(self.tenant.state().people.get_mut(user).unwrap());
    }

    /// The sign-in service is out for so long.
    pub(crate) fn close_sign_in(&self, time: Duration) {
        self.tenant.state().no_sign_in_until = Some(Instant::now() + time);
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.tenant.state().arrivals.clone()
    }

    pub(crate) fn renewals(&self) -> u64 {
        self.tenant.state().renewals
    }

    /// The most requests that were in flight at the same time.
    pub(crate) fn peak(&self) -> usize {
        self.tenant.state().peak
    }

    /// Each promise that the tenant or the journal saw broken.
    pub(crate) fn broken(&self) -> Vec<String> {
        let mut broken = self.journal.broken();
        broken.extend(self.tenant.state().broken.clone());
        broken
    }

    /// Checks what must hold after any number of runs: no promise was broken, and each recorded success or failure
    /// agrees with the state of the tenant.
    #[track_caller]
    pub(crate) fn check(&self, max_attempts: u32) {
        assert_eq!(self.broken(), Vec::<String>::new());
        for row in self.rows() {
            let user = row.user.as_str();
            let person = self.person(user);
            let gone = person.is_gone();
            match row.status {
                Status::Removed | Status::Already => assert!(gone, "{user} is not: {row:?}"),
                Status::Failed => assert!(!gone, "{user} did not fail: {row:?}"),
                _ => {}
            }
            let is_recorded = person.applied == 0 || row.effect != Effect::None;
            assert!(is_recorded, "{user} was written: {row:?}");
            let dealt_with = person.writes - person.turned_away;
            let known = row.attempts + row.given_back;
            assert!(dealt_with <= known, "{user}: {dealt_with} {row:?}");
            assert!(row.attempts <= max_attempts, "{user}: {row:?}");
        }
    }
}

/// Whether the counts of a snapshot agree with each other.
fn adds_up(snapshot: &Snapshot) -> bool {
    snapshot.done_now <= snapshot.done
        && snapshot.done <= snapshot.users
        && snapshot.trouble_now <= snapshot.done_now
}

async fn signal(plan: &RunPlan, sender: mpsc::Sender<Signal>) {
    let start = Instant::now();
    for (at, signal) in &plan.signals {
        tokio::time::sleep_until(start + *at).await;
        // A run that is over receives no signals.
        let _ = sender.send(*signal).await;
    }
    if plan.signals.is_empty() {
        drop(sender);
    }
    std::future::pending::<()>().await;
}
