//! Connects a look-up with the ledger: which users of a plan it has to find, and where it stores what it
//! finds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::{
    Access, ActiveUsers, Clock, Door, Entry, Fact, Line, Outcome, RequestKind, Settlement,
    Timestamp, UserId, UserState, Verdict,
};
use crate::ledger::{Job, Ledger, LedgerError, NewRun};
use crate::lookup::{Absence, LookUpResult, Outstanding, Position, Register, Sought, Wants};
use crate::plan::planning::LookUpSummary;
use crate::port::JournalError;

/// The users of a job that were not looked up yet, as the ledger has them.
pub(super) struct SoughtInLedger<'a> {
    ledger: &'a mut Ledger,
    job: &'a Job,
    run: &'a NewRun,
    /// The check before a write. It decides which names of a user must be known.
    door: &'a Door,
    memo: Memo,
}

/// What is stored about a look-up in progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memo {
    /// When it began, in milliseconds since the epoch.
    at: i64,
    /// Other attributes in which users of the job have access.
    kept: BTreeSet<String>,
    /// How far the list has been read.
    position: Option<Position>,
}

impl<'a> SoughtInLedger<'a> {
    pub(super) fn new(
        ledger: &'a mut Ledger,
        job: &'a Job,
        run: &'a NewRun,
        door: &'a Door,
        since: Timestamp,
    ) -> Self {
        let memo = Memo {
            at: since.as_millis(),
            kept: BTreeSet::new(),
            position: None,
        };
        Self {
            ledger,
            job,
            run,
            door,
            memo,
        }
    }

    /// Turns the result of a look-up into the record that the plan stores.
    pub(super) async fn looked_up(self, found: LookUpResult) -> Result<LookUpSummary, LedgerError> {
        // Users that an earlier process looked up may be members of these workspaces.
        let mut unseen = found.unseen_workspaces;
        if !unseen.is_empty() {
            let seen = self.ledger.workspaces_seen(self.job, &unseen).await?;
            unseen.retain(|id| !seen.contains(id));
        }
        let (active, active_is_at_least) = match found.active {
            ActiveUsers::Unknown => (None, false),
            ActiveUsers::Exactly(active) => (Some(active), false),
            ActiveUsers::AtLeast(active) => (Some(active), true),
        };
        Ok(LookUpSummary {
            method: found.strategy.as_str().to_owned(),
            requests: found.requests,
            total: found.total,
            active,
            active_is_at_least,
            active_to_write: 0,
            access_shown: found.access_shown,
            kept_access: self.memo.kept.into_iter().collect(),
            unseen_workspaces: unseen,
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` wants it")]
pub(super) fn journal(error: LedgerError) -> JournalError {
    JournalError(error.to_string())
}

impl Register for SoughtInLedger<'_> {
    fn wants(&self) -> Wants {
        let workspaces = match self.job.change.access() {
            Access::RemoveFrom(ids) => ids.clone(),
            Access::Keep | Access::RemoveAll => Vec::new(),
        };
        let goal = self.job.change.goal();
        Wants {
            // If each line has a goal of its own, some of the goals are about access.
            access: goal.is_none_or(|goal| goal.workspaces.is_some()),
            workspaces,
            names: true,
        }
    }

    async fn lacking(&mut self, users: &[UserState]) -> Result<Vec<usize>, JournalError> {
        let lacking = self.ledger.lacking(self.job, self.door, users).await;
        lacking.map_err(journal)
    }

    async fn outstanding(&mut self) -> Result<Outstanding, JournalError> {
        let (by_id, by_name) = self.ledger.unseen_count(self.job).await.map_err(journal)?;
        Ok(Outstanding { by_id, by_name })
    }

    async fn next(&mut self, after: Line, limit: usize) -> Result<Vec<Sought>, JournalError> {
        let unseen = self.ledger.unseen(self.job, after, limit).await;
        let unseen = unseen.map_err(journal)?.into_iter();
        let sought = unseen.map(|user| match user.user_id {
            Some(id) => Sought::Id(user.line, UserId::new(id)),
            None => Sought::UserName {
                line: user.line,
                name: user.user_name.unwrap_or_default(),
                is_hit: user.is_hit,
            },
        });
        Ok(sought.collect())
    }

    async fn position(&mut self) -> Result<Option<Position>, JournalError> {
        let stored = self.ledger.list_position(self.job).await.map_err(journal)?;
        // If the stored text cannot be read, the list is read from its beginning.
        let stored = stored.and_then(|text| serde_json::from_str::<Memo>(&text).ok());
        if let Some(memo) = stored {
            self.memo = memo;
        }
        Ok(self.memo.position.clone())
    }

    async fn found(
        &mut self,
        users: Vec<UserState>,
        position: Option<Position>,
    ) -> Result<(), JournalError> {
        let is_to_keep = position.is_some();
        self.memo.position = position.or_else(|| self.memo.position.take());
        let memo = is_to_keep.then(|| serde_json::json!(self.memo).to_string());
        let found = self
            .ledger
            .found(self.job, self.run, self.door, &users, memo.as_deref())
            .await
            .map_err(journal)?;
        for nth in found {
            self.memo
                .kept
                .extend(users[nth].other_access.iter().cloned());
        }
        Ok(())
    }

    async fn seen(&mut self, users: Vec<(Sought, UserState)>) -> Result<Vec<Sought>, JournalError> {
        let mut by_line = BTreeMap::new();
        let mut states = Vec::with_capacity(users.len());
        for (sought, state) in users {
            self.memo.kept.extend(state.other_access.iter().cloned());
            states.push((sought.line(), state));
            by_line.insert(sought.line(), sought);
        }
        let unshown = self.ledger.seen(self.job, self.run, states).await;
        let unshown = unshown.map_err(journal)?.into_iter();
        Ok(unshown.filter_map(|line| by_line.remove(&line)).collect())
    }

    async fn resolve(&mut self) -> Result<(), JournalError> {
        self.ledger
            .resolve(self.job, self.run, self.door)
            .await
            .map_err(journal)
    }

    async fn missing(&mut self, absent: Vec<(Sought, Absence)>) -> Result<(), JournalError> {
        let at = Clock::System.now();
        let entries = absent
            .into_iter()
            .flat_map(|(sought, absence)| settle_absent(&sought, absence, at));
        let entries: Vec<_> = entries.collect();
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)
    }
}

/// The facts about a user that was not found: the answer that says so, if there was one, and the outcome.
fn settle_absent(
    sought: &Sought,
    absence: Absence,
    at: Timestamp,
) -> impl Iterator<Item = Entry> + use<> {
    let line = sought.line();
    let outcome = if absence.is_not_found() {
        Outcome::NotFound
    } else {
        Outcome::Failed(absence.reason)
    };
    let entry = move |fact| Entry { line, at, fact };
    let read = absence.answer.map(|answer| {
        entry(Fact::Ended {
            kind: RequestKind::Read,
            attempt: 0,
            verdict: Verdict::Refused(absence.reason),
            status: Some(answer.status),
            request_id: answer.request_id,
            detail: absence.words.clone(),
            elapsed: answer.elapsed,
        })
    });
    let settled = entry(Fact::Settled(Settlement {
        outcome,
        after: None,
        detail: absence.words,
        decided_by: None,
    }));
    read.into_iter().chain([settled])
}
