//! Replays a job from its events alone: its identity, its runs, and the state of each line.
//!
//! Which event changes what: `looked_up` records the state that a user had, and `look_forgotten`
//! withdraws that record; `begun` claims a line, and `released` gives it back; `settled` and `set_aside`
//! give it an outcome; `plan_discarded` takes back what a plan had settled; `verified` records how a
//! line was found by a later verification. `sampled`, a read right before a run, changes only names,
//! which no event records. Kinds that are not known here change nothing.

use std::collections::{BTreeMap, HashMap};

use crate::audit::event::Event;
use crate::audit::line::LineState;
use crate::domain::{IdRule, Status};

/// What the first event of a chain binds all others to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The job's id.
    pub job: String,
    /// The SCIM base URL.
    pub target: String,
    /// What was asked for every user.
    pub change: String,
    /// SHA-256 of the roster's bytes.
    pub roster_digest: String,
    /// Records in the roster.
    pub lines: u64,
    /// Distinct valid users.
    pub users: u64,
    /// How the provider compares ids.
    pub ids: IdRule,
}

/// One run, by the events that begin and end it.
#[derive(Debug, Clone, Default)]
pub(super) struct RunState {
    pub(super) id: String,
    pub(super) started_at: String,
    pub(super) ended_at: Option<String>,
    pub(super) ending: Option<String>,
    /// What the event that began it says.
    pub(super) began: serde_json::Value,
    /// What a verification has counted.
    pub(super) result: Option<serde_json::Value>,
    /// What the event that ended it says.
    pub(super) ended: serde_json::Value,
}

/// The job as its events tell it.
#[derive(Debug, Default)]
pub struct Replay {
    header: Option<Header>,
    /// Whether some events are from before there were chains, when not every line had one.
    pub(super) has_past: bool,
    pub(super) lines: HashMap<u64, LineState>,
    pub(super) runs: Vec<RunState>,
    last_answer: Option<(u64, String, String)>,
}

impl Replay {
    /// What binds the chain, once that was seen.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// How the provider compares ids.
    pub(super) fn ids(&self) -> IdRule {
        let header = self.header.as_ref();
        header.map_or(IdRule::IgnoreCase, |header| header.ids)
    }

    /// Takes the next event; says what is wrong with it.
    pub(super) fn push(&mut self, event: &Event, hash: Option<&str>) -> Option<String> {
        match event.kind.as_str() {
            "job_loaded" | "chain_begun" => return self.begin(event),
            "run_started" => self.start(event),
            "run_ended" => self.end(event),
            "verification_ended" => self.conclude(event),
            "plan_discarded" => self.lines.values_mut().for_each(LineState::discard),
            _ => {}
        }
        let line = event.line?;
        if event.kind == "ended" {
            let status = event.number("status").map(|status| status.to_string());
            let id = event.text("request_id").unwrap_or_default().to_owned();
            self.last_answer = Some((line, status.unwrap_or_default(), id));
        }
        let answer = self.last_answer.as_ref().filter(|(of, ..)| *of == line);
        let answer = answer.map(|(_, status, id)| (status.clone(), id.clone()));
        let state = self.lines.entry(line).or_default();
        state.take(event, hash, answer)
    }

    fn begin(&mut self, event: &Event) -> Option<String> {
        let text = |member| event.text(member).unwrap_or_default().to_owned();
        let header = Header {
            job: text("job"),
            target: text("target"),
            change: text("change"),
            roster_digest: text("roster_digest"),
            lines: event.number("lines").unwrap_or_default(),
            users: event.number("users").unwrap_or_default(),
            // Jobs from before the rule was kept ignored the case of ids.
            ids: (event.text("ids").and_then(IdRule::parse)).unwrap_or(IdRule::IgnoreCase),
        };
        // A job from before there were chains is named twice: when it was loaded, and when its chain
        // began.
        self.has_past |= event.seq.is_none();
        match &self.header {
            Some(known) if *known != header => Some(format!(
                "it names job {}, and job {} was named before",
                header.job, known.job
            )),
            Some(_) if event.kind == "job_loaded" => Some("the job is loaded twice".to_owned()),
            _ => {
                self.header = Some(header);
                None
            }
        }
    }

    fn start(&mut self, event: &Event) {
        // A run that has not ended by now has died: the ledger has noted it at this moment.
        for run in self.runs.iter_mut().filter(|run| run.ending.is_none()) {
            run.ended_at = Some(event.at.clone());
            run.ending = Some("died".to_owned());
        }
        self.runs.push(RunState {
            id: event.run.clone().unwrap_or_default(),
            started_at: event.at.clone(),
            began: event.body.clone(),
            ..RunState::default()
        });
    }

    fn end(&mut self, event: &Event) {
        let ended = self
            .runs
            .iter_mut()
            .find(|run| Some(&run.id) == event.run.as_ref());
        if let Some(run) = ended {
            run.ended_at = Some(event.at.clone());
            run.ending = event.text("ending").map(str::to_owned);
            run.ended = event.body.clone();
        }
    }

    fn conclude(&mut self, event: &Event) {
        let run = self
            .runs
            .iter_mut()
            .find(|run| Some(&run.id) == event.run.as_ref());
        if let Some(run) = run {
            run.result = Some(event.body.clone());
        }
    }

    /// The run of this id.
    pub(super) fn run(&self, id: &str) -> Option<&RunState> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// How many lines stand where: those that no event names are pending. `None` if events from before
    /// there were chains leave it open.
    pub(super) fn outcomes(&self) -> Option<BTreeMap<&'static str, u64>> {
        let lines = self.header.as_ref().filter(|_| !self.has_past)?.lines;
        let mut counts: BTreeMap<_, _> = Status::ALL
            .iter()
            .map(|status| (status.reported().as_str(), 0))
            .collect();
        for state in self.lines.values() {
            *counts.entry(state.status.reported().as_str()).or_default() += 1;
        }
        let untold = lines.saturating_sub(self.lines.len() as u64);
        *counts.entry(Status::Pending.as_str()).or_default() += untold;
        Some(counts)
    }
}
