//! Replays a job from its events alone: its identity, its runs, and the state of each line.
//!
//! Events come in the order of the chain. What concerns the job is replayed at once, in memory that does not grow
//! with the job. What concerns a line is put aside, and replayed line by line at the end ([`LineStates`]).
//!
//! Which event changes what: `looked_up` records the state that a user had, and `look_forgotten`
//! deletes that record; `begun` claims a line, and `released` gives it back; `settled` and `set_aside`
//! give it an outcome; `plan_discarded` deletes the outcomes that a plan had settled; `verified` records how a
//! line was found by a later verification. `sampled`, a read right before a run, changes only names,
//! which no event records. Kinds that are not known here change nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io;

use crate::audit::replay::line_event::{LineChange, LineEvent};
use crate::audit::replay::line_sorter::LineSorter;
use crate::audit::replay::{LineStates, ReplayEvent};
use crate::domain::{IdRule, Status};
use crate::ledger::EventBody;

/// The facts about the job in the first event of its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
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
#[derive(Debug, Clone)]
pub(in crate::audit) struct RunState {
    pub(in crate::audit) id: String,
    pub(in crate::audit) started_at: String,
    pub(in crate::audit) ended_at: Option<String>,
    pub(in crate::audit) ending: Option<String>,
    /// The event that began it.
    pub(in crate::audit) began: EventBody<'static>,
    /// What a verification has counted.
    pub(in crate::audit) result: Option<BTreeMap<Cow<'static, str>, u64>>,
    /// Requests sent, and answers that asked for fewer requests.
    pub(in crate::audit) requests: Option<u64>,
    pub(in crate::audit) throttled: Option<u64>,
    /// Why it stopped early, in words.
    pub(in crate::audit) why: Option<String>,
}

/// The job, as its events have it.
#[derive(Debug)]
pub(crate) struct Replay {
    header: Option<Header>,
    /// Whether some events are from before there were chains, when not every line had one.
    pub(in crate::audit) has_past: bool,
    pub(in crate::audit) runs: Vec<RunState>,
    /// The place of each run among them, by its id.
    run_places: HashMap<String, usize>,
    /// The line of the last answer, its status and its request id.
    last_answer: Option<(u64, Option<u16>, Option<String>)>,
    /// How many plans were discarded.
    discards: u64,
    /// What the events change in the states of lines.
    line_events: LineSorter,
}

impl Replay {
    /// A job without events.
    pub(in crate::audit) fn new() -> Self {
        Self {
            header: None,
            has_past: false,
            runs: Vec::new(),
            run_places: HashMap::new(),
            last_answer: None,
            discards: 0,
            line_events: LineSorter::new(),
        }
    }

    /// The facts about the job in the first event, once that event was replayed.
    pub(crate) fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// How the provider compares ids.
    pub(in crate::audit) fn ids(&self) -> IdRule {
        let header = self.header.as_ref();
        header.map_or(IdRule::IgnoreCase, |header| header.ids)
    }

    /// Takes the next event; returns what is wrong with it.
    ///
    /// # Errors
    /// A temporary file cannot be written.
    pub(in crate::audit) fn push(
        &mut self,
        event: ReplayEvent,
        hash: Option<String>,
    ) -> io::Result<Option<String>> {
        match &event.body {
            EventBody::JobLoaded { .. } | EventBody::ChainBegun { .. } => {
                return Ok(self.begin(&event));
            }
            EventBody::RunStarted { .. } => self.start(&event),
            EventBody::RunEnded {
                ending,
                requests,
                throttled,
                why,
                ..
            } => {
                if let Some(run) = self.run_of(&event) {
                    run.ended_at = Some(event.at.clone());
                    run.ending = Some(ending.to_string());
                    run.requests = *requests;
                    run.throttled = *throttled;
                    run.why = why.as_ref().map(ToString::to_string);
                }
            }
            EventBody::VerificationEnded(counts) => {
                if let Some(run) = self.run_of(&event) {
                    run.result = Some(counts.clone());
                }
            }
            EventBody::PlanDiscarded { .. } => self.discards += 1,
            _ => {}
        }
        let Some(line) = event.line else {
            return Ok(None);
        };
        if let Some(end) = event.body.request_end() {
            let id = end.request_id.as_deref().map(str::to_owned);
            self.last_answer = Some((line, end.status, id));
        }
        // The answer right before an outcome may be one of another line.
        let is_outcome = matches!(event.body, EventBody::Settled { .. });
        let last = self.last_answer.as_ref().filter(|_| is_outcome);
        let last = last.filter(|(of, ..)| *of == line);
        let answer = last.map(|(_, status, id)| {
            let status = status.map(|status| status.to_string());
            (status.unwrap_or_default(), id.clone().unwrap_or_default())
        });
        let event = LineEvent {
            discards: self.discards,
            change: LineChange::of(event, hash, answer),
        };
        self.line_events.push(line, &event)?;
        Ok(None)
    }

    /// Replays the events of the lines, once all events were taken.
    ///
    /// # Errors
    /// A temporary file cannot be written or read.
    pub(in crate::audit) fn line_states(&mut self) -> io::Result<LineStates> {
        let events = std::mem::replace(&mut self.line_events, LineSorter::new());
        LineStates::replay(events, self.discards, self.ids())
    }

    fn begin(&mut self, event: &ReplayEvent) -> Option<String> {
        let header = Header::of(&event.body)?;
        // A job from before there were chains is named twice: when it was loaded, and when its chain
        // began.
        self.has_past |= event.seq.is_none();
        match &self.header {
            Some(known) if *known != header => Some(format!(
                "it names job {}, and job {} was named before",
                header.job, known.job
            )),
            Some(_) if matches!(event.body, EventBody::JobLoaded { .. }) => {
                Some("the job is loaded twice".to_owned())
            }
            _ => {
                self.header = Some(header);
                None
            }
        }
    }

    fn start(&mut self, event: &ReplayEvent) {
        // A run that has not ended by now has died: the ledger has noted it at this moment.
        for run in self.runs.iter_mut().filter(|run| run.ending.is_none()) {
            run.ended_at = Some(event.at.clone());
            run.ending = Some("died".to_owned());
        }
        let id = event.run.clone().unwrap_or_default();
        let place = self.run_places.entry(id.clone());
        place.or_insert(self.runs.len());
        self.runs.push(RunState {
            id,
            started_at: event.at.clone(),
            ended_at: None,
            ending: None,
            began: event.body.clone(),
            result: None,
            requests: None,
            throttled: None,
            why: None,
        });
    }

    /// The run in which an event happened.
    fn run_of(&mut self, event: &ReplayEvent) -> Option<&mut RunState> {
        let place = self.run_places.get(event.run.as_ref()?)?;
        self.runs.get_mut(*place)
    }

    /// The run of this id.
    pub(in crate::audit) fn run(&self, id: &str) -> Option<&RunState> {
        self.runs.get(*self.run_places.get(id)?)
    }

    /// How many lines have each outcome: those that no event names are pending. `None` if events from
    /// before there were chains leave it open.
    pub(in crate::audit) fn outcomes(
        &self,
        states: &LineStates,
    ) -> Option<BTreeMap<&'static str, u64>> {
        let lines = self.header.as_ref().filter(|_| !self.has_past)?.lines;
        let mut counts: BTreeMap<_, _> = Status::ALL
            .iter()
            .map(|status| (status.reported().as_str(), 0))
            .collect();
        for (outcome, count) in &states.outcomes {
            *counts.entry(outcome).or_default() += count;
        }
        let unnamed = lines.saturating_sub(states.count);
        *counts.entry(Status::Pending.as_str()).or_default() += unnamed;
        Some(counts)
    }
}

impl Header {
    /// What an event says that names the job; `None` of any other event.
    fn of(body: &EventBody<'_>) -> Option<Self> {
        let (EventBody::JobLoaded {
            change,
            ids,
            job,
            lines,
            roster_digest,
            target,
            users,
            ..
        }
        | EventBody::ChainBegun {
            change,
            ids,
            job,
            lines,
            roster_digest,
            target,
            users,
            ..
        }) = body
        else {
            return None;
        };
        Some(Self {
            job: job.to_string(),
            target: target.to_string(),
            change: change.to_string(),
            roster_digest: roster_digest.to_string(),
            lines: *lines,
            users: *users,
            // Jobs from before the rule was kept ignored the case of ids.
            ids: ids.unwrap_or(IdRule::IgnoreCase),
        })
    }
}
