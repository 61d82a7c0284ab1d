//! Jobs with a made history: as many lines as wanted, each with a fate of its own, stored as a run would
//! have stored it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use offboard::audit::{Audit, audit_bundle, audit_ledger};
use offboard::domain::{
    Clock, Confirmation, Effect, Entry, Fact, Finding, IdRule, Line, Outcome, Reason, RequestKind,
    Settlement, Timestamp, UserId, UserState, Verdict,
};
use offboard::ledger::{
    Job, JobSelector, Ledger, Mandate, Names, NewJob, NewLine, Reader, RunEnding, RunKind,
    RunTally, Unusable,
};
use offboard::report::{Privacy, ReportOptions, Summary, write_bundle};
use serde_json::json;

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Removed,
    Reread,
    Already,
    Protected,
    NotFound,
    Failed,
    InDoubt,
    GivenBack,
    LeftInDoubt,
    Claimed,
    Pending,
    Verified,
    Drifted,
    Invalid,
    Duplicate,
}

impl Fate {
    pub(super) const ALL: [Self; 15] = [
        Self::Removed,
        Self::Reread,
        Self::Already,
        Self::Protected,
        Self::NotFound,
        Self::Failed,
        Self::InDoubt,
        Self::GivenBack,
        Self::LeftInDoubt,
        Self::Claimed,
        Self::Pending,
        Self::Verified,
        Self::Drifted,
        Self::Invalid,
        Self::Duplicate,
    ];

    /// The outcome in the report.
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self::Removed | Self::Reread | Self::Verified | Self::Drifted => "removed",
            Self::Already => "already",
            Self::Protected => "protected",
            Self::NotFound => "not_found",
            Self::Failed => "failed",
            Self::InDoubt | Self::LeftInDoubt | Self::Claimed => "in_doubt",
            Self::GivenBack | Self::Pending => "pending",
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
        }
    }

    fn facts(self, id: &str, name: &str) -> Vec<Fact> {
        let state = |active, workspaces: &[&str]| UserState {
            active: Some(active),
            workspaces: Some(workspaces.iter().map(ToString::to_string).collect()),
            user_name: Some(format!("{id}.person@example.com")),
            display_name: Some(name.to_owned()),
            ..UserState::of(id)
        };
        let seen = Fact::LookedUp(state(true, &["w1", "w2"]));
        let begun = |attempt| Fact::Begun {
            attempt,
            request: format!("PATCH /Users/{id} {{\"active\":false}}"),
        };
        let ended = |verdict, status: Option<u16>, detail: Option<String>| Fact::Ended {
            kind: RequestKind::Write,
            attempt: 1,
            verdict,
            status,
            request_id: status.map(|_| format!("req-{id}")),
            detail,
            elapsed: Duration::from_millis(12),
        };
        let settled = |outcome, after: Option<UserState>, detail: Option<String>| {
            Fact::Settled(Settlement {
                outcome,
                after,
                detail,
                decided_by: None,
            })
        };
        let gone = || Some(state(false, &[]));
        let words = format!("{name} <{id}.person@example.com> is protected by policy");
        let removed = |by| {
            let answer = ended(Verdict::Applied, Some(200), None);
            let outcome = settled(Outcome::Removed(by), gone(), None);
            vec![seen.clone(), begun(1), answer, outcome]
        };
        let released = |effect, attempts| Fact::Released {
            attempts,
            effect,
            unanswered: effect == Effect::Maybe,
            why: "the run was stopped".to_owned(),
        };
        match self {
            Self::Pending | Self::Invalid | Self::Duplicate => Vec::new(),
            Self::Removed => removed(Confirmation::Body),
            Self::Reread => removed(Confirmation::Reread),
            Self::Already => vec![seen, settled(Outcome::Already, gone(), None)],
            Self::Protected => {
                let outcome = Outcome::Protected(Reason::ProtectList);
                vec![seen, settled(outcome, None, None)]
            }
            Self::NotFound => vec![settled(Outcome::NotFound, None, Some(words))],
            Self::Failed => {
                let verdict = Verdict::Refused(Reason::Forbidden);
                let answer = ended(verdict, Some(403), Some(words.clone()));
                let outcome = Outcome::Failed(Reason::Forbidden);
                let after = Some(state(true, &["w1", "w2"]));
                let outcome = settled(outcome, after, Some(words));
                vec![seen, begun(1), answer, outcome]
            }
            Self::InDoubt => {
                let answer = ended(Verdict::Uncertain, None, Some("reset".to_owned()));
                let outcome = Outcome::InDoubt(Reason::NoAnswer);
                vec![seen, begun(1), answer, settled(outcome, None, None)]
            }
            Self::GivenBack => vec![seen, begun(1), released(Effect::None, 0)],
            Self::LeftInDoubt => vec![seen, begun(2), released(Effect::Maybe, 2)],
            Self::Claimed => vec![seen, begun(1)],
            Self::Verified | Self::Drifted => {
                let finding = if self == Self::Verified {
                    Finding::Confirmed
                } else {
                    Finding::Drifted
                };
                let mut facts = removed(Confirmation::Body);
                facts.push(Fact::Verified {
                    finding,
                    shown: gone(),
                    detail: None,
                });
                facts
            }
        }
    }
}

/// A folder with a ledger that holds one job.
pub(super) struct Made {
    pub(super) dir: tempfile::TempDir,
    pub(super) fates: Vec<Fate>,
}

/// The mandate of all made runs.
pub(super) fn mandate() -> Mandate {
    Mandate {
        account: "Planted.Account@example.com".to_owned(),
        operator: "planted-operator".to_owned(),
        actor_id: Some("8a8b00ff".to_owned()),
        tenant: Some("t1".to_owned()),
        ticket: Some("CHG-4711".to_owned()),
        reason: Some("Planted Reason left".to_owned()),
        approver: Some("Planted Approver".to_owned()),
        settings: json!({
            "username": "Planted.Account@example.com", "rate": "8/s",
            "protect": ["@planted.example.com"],
        }),
    }
}

/// Names that a careless program takes for something else.
pub(super) const ODD_NAMES: [&str; 6] = [
    "=1+1",
    "@Łukasz Ωμέγα 山田",
    "-Anführung \"oben\", unten",
    "\tTab\r\nLine",
    "Ådne 'quoted' \u{202e}rtl",
    "Plain Person",
];

impl Made {
    /// A job with a line for each fate; written by two runs, the first of which was interrupted.
    pub(super) async fn new(fates: &[Fate]) -> Self {
        let this = Self {
            dir: tempfile::tempdir().unwrap(),
            fates: fates.to_vec(),
        };
        let mut ledger = Ledger::open(&this.ledger(), Clock::System).await.unwrap();
        let job = load(&mut ledger, fates).await;
        let half = fates.len() / 2;
        this.work(&mut ledger, &job, 0..half, RunEnding::Stopped("SIGINT"))
            .await;
        this.work(&mut ledger, &job, half..fates.len(), RunEnding::Finished)
            .await;
        ledger.close().await.unwrap();
        this
    }

    /// One run that brings these lines to their ends.
    pub(super) async fn work(
        &self,
        ledger: &mut Ledger,
        job: &Job,
        lines: std::ops::Range<usize>,
        ending: RunEnding,
    ) {
        let run = ledger
            .start_run(job, RunKind::Run, &mandate())
            .await
            .unwrap();
        let mut entries = Vec::new();
        for index in lines {
            let name = ODD_NAMES[index % ODD_NAMES.len()];
            let facts = self.fates[index].facts(&id(index), name);
            entries.extend(facts.into_iter().enumerate().map(|(step, fact)| Entry {
                line: Line(index as u64 + 2),
                at: moment(index + step),
                fact,
            }));
        }
        for entries in entries.chunks(4000) {
            ledger.note(job, &run, entries).await.unwrap();
        }
        let tally = RunTally {
            requests: 40,
            throttled: 1,
        };
        ledger.end_run(&run, ending, tally).await.unwrap();
    }

    pub(super) fn ledger(&self) -> PathBuf {
        self.dir.path().join("ledger.db")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) async fn reader(&self) -> (Reader, Job) {
        let mut reader = Reader::open(&self.ledger()).await.unwrap();
        let job = reader.select_job(&JobSelector::Latest).await.unwrap();
        (reader, job)
    }

    /// Writes the bundle into a folder of this name.
    pub(super) async fn bundle(&self, name: &str, privacy: Privacy) -> (PathBuf, Summary) {
        let (mut reader, job) = self.reader().await;
        let dir = self.path(name);
        let summary = write_bundle(&mut reader, &job, &dir, &ReportOptions::new(privacy))
            .await
            .unwrap();
        (dir, summary)
    }

    pub(super) async fn audit(&self, head: Option<&str>) -> Audit {
        let (mut reader, job) = self.reader().await;
        audit_ledger(&mut reader, &job, head).await.unwrap()
    }
}

fn moment(step: usize) -> Timestamp {
    Timestamp::from_millis(1_900_000_000_000 + 7 * i64::try_from(step).unwrap())
}

/// The id of the user of a line.
pub(super) fn id(index: usize) -> String {
    format!("{index:032x}")
}

async fn load(ledger: &mut Ledger, fates: &[Fate]) -> Job {
    let new = NewJob {
        key: "k".to_owned(),
        target: "https://scim.example.com/v2".to_owned(),
        change: "disable+remove-access".parse().unwrap(),
        roster_path: "/home/planted-operator/leavers.csv".to_owned(),
        roster_digest: "d".repeat(64),
        roster_header: vec!["User ID".to_owned(), "Name".to_owned()],
        ids: IdRule::Exact,
        reading: serde_json::Value::Null,
        parent: None,
    };
    let mut loading = ledger.load(&new).await.unwrap();
    // The line that a duplicate repeats must come first.
    for (index, fate) in fates.iter().enumerate() {
        let own = id(index);
        let names = match fate {
            Fate::Invalid => Names::NoUser(Unusable {
                reason: "blank",
                detail: "no id".to_owned(),
            }),
            Fate::Duplicate => Names::Id(UserId::new(id(first(fates)))),
            _ => Names::Id(UserId::new(&own)),
        };
        loading
            .push(NewLine {
                line: index as u64 + 2,
                names,
                user_name: None,
                goal: None,
                cells: vec![own, ODD_NAMES[index % ODD_NAMES.len()].to_owned()],
            })
            .await
            .unwrap();
    }
    loading.commit().await.unwrap().job
}

/// The first line that names a user of its own.
fn first(fates: &[Fate]) -> usize {
    let own = |fate: &Fate| !matches!(fate, Fate::Invalid | Fate::Duplicate);
    fates.iter().position(own).unwrap()
}

/// The bundle holds.
pub(super) fn assert_holds(dir: &Path) -> Audit {
    let audit = audit_bundle(dir, None).unwrap();
    assert!(audit.holds, "{:#?}", audit.faults.first);
    audit
}
