//! A journal in memory. It keeps the state of each user by simple rules of its own, so that it can serve as the
//! oracle, and notes each fact that breaks them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::domain::{
    Access, Change, Effect, Entry, Fact, Goal, IdRule, KnownNames, Line, Outcome, Reason,
    RequestKind, Seen, Status, Timestamp, UserId, UserState, Verdict,
};
use crate::engine::scripted::fuse::{Cut, Fuse};
use crate::port::{Journal, JournalError, Subject};

/// One user as the journal knows it.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the oracle keeps independent facts"
)]
pub(crate) struct JournalRow {
    pub(crate) user: UserId,
    pub(crate) status: Status,
    pub(crate) attempts: u32,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) facts: Vec<Fact>,
    /// Attempts that were given back.
    pub(crate) given_back: u32,
    /// The state of the user before the first write, as far as a run has read it.
    pub(crate) before: Option<UserState>,
    /// When that was, in milliseconds.
    pub(crate) before_at: i64,
    /// The other names of the user.
    pub(crate) known: KnownNames,
    /// What the writes so far may have done.
    pub(crate) effect: Effect,
    /// A write left, or may have: the state before it must not change any more.
    is_fixed: bool,
    /// The intent of a write that may leave now.
    intent: Option<String>,
    /// A write may have taken effect, and the user was not read since.
    must_read: bool,
    /// A write did its part: the next one costs no attempt.
    advanced: bool,
    /// A write was turned away or never left: another one may replace it.
    held: bool,
}

#[derive(Debug, Default)]
struct JournalState {
    rows: BTreeMap<u64, JournalRow>,
    claims: Vec<u64>,
    broken: Vec<String>,
    failed: bool,
    /// The goal of all users; `None` stands for no access at all.
    goal: Option<Goal>,
}

/// The user that a line names.
pub(crate) fn user_of(line: u64) -> String {
    format!("u{line}")
}

fn line_of(user: &str) -> u64 {
    user[1..].parse().unwrap()
}

/// The journal of one job, over all its runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeJournal {
    state: Arc<Mutex<JournalState>>,
}

/// The journal as one run sees it.
#[derive(Debug, Clone)]
pub(crate) struct RunJournal {
    pub(super) journal: FakeJournal,
    pub(super) fuse: Arc<Fuse>,
    pub(super) latency: Duration,
    /// From this call on, counted from 1, everything fails.
    pub(super) fail_at: Option<u64>,
}

impl FakeJournal {
    pub(super) fn new(lines: impl Iterator<Item = u64>) -> Self {
        let journal = Self::default();
        let row = |line| JournalRow {
            user: UserId::new(user_of(line)),
            status: Status::Pending,
            attempts: 0,
            given_back: 0,
            outcome: None,
            facts: Vec::new(),
            before: Some(UserState {
                active: Some(true),
                workspaces: Some(vec!["w1".to_owned(), "w2".to_owned()]),
                ..UserState::of(user_of(line))
            }),
            before_at: 0,
            is_fixed: false,
            known: KnownNames::default(),
            effect: Effect::None,
            intent: None,
            must_read: false,
            advanced: false,
            held: false,
        };
        journal.lock().rows = lines.map(|line| (line, row(line))).collect();
        journal
    }

    pub(super) fn set_goal(&self, goal: Goal) {
        self.lock().goal = Some(goal);
    }

    /// What a new run does first: each user that a killed run has claimed becomes in doubt.
    pub(super) fn recover(&self) {
        let mut state = self.lock();
        state.failed = false;
        for row in state.rows.values_mut() {
            if row.status == Status::Claimed {
                row.status = Status::InDoubt;
                row.must_read = true;
                row.is_fixed = true;
            }
            row.intent = None;
        }
    }

    /// All users, in the order of their lines.
    pub(crate) fn rows(&self) -> Vec<JournalRow> {
        self.lock().rows.values().cloned().collect()
    }

    /// Changes one user's row by hand.
    pub(crate) fn edit(&self, user: &str, change: impl FnOnce(&mut JournalRow)) {
        let mut state = self.lock();
        change(state.row(user));
    }

    /// Lines in the order in which they were first claimed in a run.
    pub(crate) fn claims(&self) -> Vec<u64> {
        self.lock().claims.clone()
    }

    pub(crate) fn broken(&self) -> Vec<String> {
        self.lock().broken.clone()
    }

    /// P1, P3, P4, P11: checks what must hold at the moment when a write arrives at the server.
    pub(super) fn check_write(&self, user: &str, request: &str) {
        let mut state = self.lock();
        let failed = state.failed;
        let row = state.row(user);
        let mut broken = Vec::new();
        if row.intent.as_deref() != Some(request) {
            broken.push(format!("{user} is written without an intent"));
        }
        if row.status != Status::Claimed {
            broken.push(format!("{user} is written while {}", row.status));
        }
        if row.before.is_none() {
            broken.push(format!("{user} is written unseen"));
        }
        if row.must_read {
            broken.push(format!("{user} is written while in doubt"));
        }
        if failed {
            broken.push(format!("{user} is written after the journal failed"));
        }
        state.broken.extend(broken);
    }

    pub(super) fn check_read(&self, user: &str) {
        let mut state = self.lock();
        if state.failed {
            let broken = format!("{user} is read after the journal failed");
            state.broken.push(broken);
        }
    }

    fn lock(&self) -> MutexGuard<'_, JournalState> {
        self.state.lock().unwrap()
    }
}

impl JournalState {
    fn row(&mut self, user: &str) -> &mut JournalRow {
        self.rows.get_mut(&line_of(user)).unwrap()
    }

    fn store(&mut self, entry: Entry) {
        let line = entry.line.0;
        let row = self.rows.get_mut(&line).unwrap();
        let mut broken = None;
        if !row.status.is_open() {
            broken = Some(format!("line {line} is settled and gets {:?}", entry.fact));
        }
        match &entry.fact {
            Fact::LookedUp(state) => {
                if row.is_fixed || row.effect != Effect::None {
                    broken = Some(format!("line {line}: a new state before the job"));
                }
                row.before = Some(state.clone());
                row.before_at = entry.at.as_millis();
                row.known.update(state);
            }
            Fact::Renewed(state) => {
                let before = row.before.as_ref();
                if !before.is_some_and(|before| state.has_all_of(before, IdRule::Exact)) {
                    broken = Some(format!("line {line}: what was there before is lost"));
                }
                row.before = Some(state.clone());
                row.before_at = entry.at.as_millis();
            }
            Fact::Verified { .. } | Fact::Sampled(_) => broken = Some(format!("{line}: a look")),
            Fact::Begun { attempt, request } => {
                let free = row.status == Status::InDoubt || std::mem::take(&mut row.advanced);
                let instead = std::mem::take(&mut row.held);
                let repeats = (free || instead) && *attempt == row.attempts;
                row.given_back += u32::from(repeats);
                if !repeats && *attempt != row.attempts + 1 {
                    broken = Some(format!("line {line}: {attempt} after {}", row.attempts));
                }
                row.attempts = *attempt;
                row.status = Status::Claimed;
                row.effect = Effect::Maybe;
                row.intent = Some(request.clone());
                self.claims.push(line);
            }
            Fact::Ended {
                kind: RequestKind::Write,
                verdict,
                status,
                ..
            } => {
                let again = matches!(verdict, Verdict::Throttled(_) | Verdict::Unauthorized)
                    || (status.is_none() && matches!(verdict, Verdict::Transient(_)));
                row.held = again;
                row.is_fixed |= !again && *verdict != Verdict::Refused(Reason::Unsendable);
                if !again {
                    row.intent = None;
                }
                row.must_read = *verdict == Verdict::Uncertain;
                row.advanced = *verdict == Verdict::Advanced;
            }
            Fact::Ended { verdict, .. } => {
                if matches!(
                    verdict,
                    Verdict::Applied | Verdict::Advanced | Verdict::Partial | Verdict::Unshown
                ) {
                    row.must_read = false;
                }
                row.advanced |= *verdict == Verdict::Advanced;
            }
            Fact::Settled(settlement) => {
                row.status = settlement.outcome.status();
                row.outcome = Some(settlement.outcome);
                row.intent = None;
                row.must_read = row.status == Status::InDoubt;
                row.effect = match row.effect {
                    _ if row.must_read => Effect::Maybe,
                    Effect::None => Effect::None,
                    Effect::Maybe | Effect::Part => Effect::Part,
                };
            }
            Fact::Released {
                attempts,
                effect,
                unanswered,
                ..
            } => {
                row.is_fixed |= *unanswered;
                if row.is_fixed && *effect == Effect::None {
                    broken = Some(format!("line {line}: written, and goes back as if not"));
                }
                row.effect = *effect;
                row.held = false;
                let in_doubt = *effect == Effect::Maybe;
                row.given_back += row.attempts.saturating_sub(*attempts);
                row.attempts = *attempts;
                row.status = if in_doubt {
                    Status::InDoubt
                } else {
                    Status::Pending
                };
                row.intent = None;
                row.must_read = in_doubt;
            }
        }
        row.facts.push(entry.fact);
        self.broken.extend(broken);
    }
}

impl RunJournal {
    async fn call(&self) -> Result<u64, JournalError> {
        let call = self.fuse.record().await;
        tokio::time::sleep(self.latency).await;
        self.fuse.wait_if_dead().await;
        let mut state = self.journal.lock();
        state.failed |= self.fail_at.is_some_and(|first| call >= first);
        if state.failed {
            return Err(JournalError("the disk is full".to_owned()));
        }
        Ok(call)
    }
}

impl Journal for RunJournal {
    async fn page(&self, after: Line, limit: usize) -> Result<Vec<Subject>, JournalError> {
        self.call().await?;
        let state = self.journal.lock();
        let later = state.rows.range(after.0 + 1..);
        let open = later.filter(|(_, row)| matches!(row.status, Status::Pending | Status::InDoubt));
        let subjects = open.take(limit).map(|(line, row)| Subject {
            line: Line(*line),
            user: row.user.clone(),
            attempts: row.attempts,
            effect: row.effect,
            goal: state.goal.clone().unwrap_or_else(|| {
                let change = Change::new(true, Access::RemoveAll).unwrap();
                change.goal().unwrap()
            }),
            before: row.before.clone().map(|state| Seen {
                state,
                at: Timestamp::from_millis(row.before_at),
            }),
            known: row.known.clone(),
        });
        Ok(subjects.collect())
    }

    async fn record(&self, entries: Vec<Entry>) -> Result<(), JournalError> {
        let call = self.call().await?;
        for entry in entries {
            self.journal.lock().store(entry);
        }
        self.fuse.kill_at(Cut::AfterRecord(call)).await;
        // The entries are durable now; the caller learns that a little later.
        tokio::time::sleep(self.latency).await;
        self.fuse.wait_if_dead().await;
        Ok(())
    }
}
