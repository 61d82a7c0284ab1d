//! The new states of users that follow from facts, and the statements that store them.
//!
//! Each statement has a place for the run before its rows, and one for the job after them. That of [`NAME`], which
//! leaves the run as it is, has the latter only.

use std::collections::BTreeMap;

use crate::domain::{Confirmation, Effect, Entry, Fact, Reason, Settlement, UserState};
use crate::ledger::record::{EventBody, RequestEnd};
use crate::ledger::sql::{BoundValues, Count, Json, RowsSql};
use crate::ledger::store::events::ShownUser;
use crate::ledger::store::events::chain_end::AppendedEvent;
use crate::ledger::store::of_line;

/// How far the claims of the job have come.
pub(super) const CLAIMED_TO: &str =
    "UPDATE jobs SET claimed_to = ?1 WHERE number = ?2 AND claimed_to < ?1";

pub(super) const CLAIM: RowsSql = RowsSql {
    before: "
    UPDATE users SET run = ?, status = 'claimed', effect = 'maybe', attempts = column2,
        first_attempt_at_ms = coalesce(first_attempt_at_ms, column3), event_hash = column4
    FROM",
    columns: 4,
    after: of_line!(),
};

/// Names alone: what the user had before the job stays as the plan has it.
pub(super) const NAME: RowsSql = RowsSql {
    before: "
    UPDATE users SET user_name = coalesce(column2, user_name),
        shown_name = coalesce(column2, shown_name),
        display_name = coalesce(column3, display_name),
        addresses = coalesce(column4, addresses)
    FROM",
    columns: 4,
    after: of_line!(),
};

pub(super) const SEND: RowsSql = RowsSql {
    before: "UPDATE users SET run = ?, sent = sent + column2 FROM",
    columns: 2,
    after: of_line!(),
};

pub(super) const VERIFY: RowsSql = RowsSql {
    before: "
    UPDATE users SET verified_run = ?, verified_at_ms = column2, verified = column3,
        verified_detail = column4
    FROM",
    columns: 4,
    after: of_line!(),
};

pub(super) const RELEASE: RowsSql = RowsSql {
    before: "
    UPDATE users SET run = ?, attempts = column2, status = column3, detail = column4, is_open = 1,
        reason = NULL, event_hash = column5, effect = column6, sent = sent + column7
    FROM",
    columns: 7,
    after: of_line!(),
};

pub(super) const SETTLE: RowsSql = RowsSql {
    before: "
    UPDATE users SET run = ?, status = column2, reason = column3, detail = column4,
        is_open = CASE WHEN column2 = 'in_doubt' THEN 1 END, done_at_ms = column5,
        confirmed_at_ms = column6, confirmed_by = column7,
        active_after = column8, workspaces_after = column9,
        user_name = coalesce(column10, user_name),
        shown_name = coalesce(column10, shown_name),
        display_name = coalesce(column11, display_name),
        http_status = column12, request_id = column13, event_hash = column14,
        sent = sent + column15,
        effect = CASE WHEN column2 = 'in_doubt' THEN 'maybe'
                      WHEN effect = 'maybe' THEN 'part' ELSE effect END
    FROM",
    columns: 15,
    after: of_line!(),
};

/// A row of a statement.
pub(super) trait Update {
    /// Binds the columns, in the order of the statement.
    fn bind(&self, values: &mut BoundValues);
}

/// Line, attempts, time, hash of the event.
#[derive(Debug)]
pub(super) struct ClaimUpdate<'a>(u64, u32, i64, &'a str);

impl Update for ClaimUpdate<'_> {
    fn bind(&self, values: &mut BoundValues) {
        let Self(line, attempts, at, hash) = self;
        values.push(Count(*line));
        values.push(*attempts);
        values.push(*at);
        values.text(hash);
    }
}

/// Line, state with the names.
#[derive(Debug)]
pub(super) struct NameUpdate<'a>(u64, &'a UserState);

impl Update for NameUpdate<'_> {
    fn bind(&self, values: &mut BoundValues) {
        let Self(line, state) = self;
        values.push(Count(*line));
        values.optional(state.user_name.as_deref());
        values.optional(state.display_name.as_deref());
        values.push(state.addresses.as_ref().map(Json));
    }
}

/// Line, writes that left.
#[derive(Debug)]
pub(super) struct SendUpdate(u64, u32);

impl Update for SendUpdate {
    fn bind(&self, values: &mut BoundValues) {
        let Self(line, sent) = self;
        values.push(Count(*line));
        values.push(*sent);
    }
}

/// Line, time, finding, what differs.
#[derive(Debug)]
pub(super) struct VerifyUpdate<'a>(u64, i64, &'static str, Option<&'a str>);

impl Update for VerifyUpdate<'_> {
    fn bind(&self, values: &mut BoundValues) {
        let Self(line, at, finding, detail) = self;
        values.push(Count(*line));
        values.push(*at);
        values.push(*finding);
        values.optional(*detail);
    }
}

/// Line, attempts, status, why, hash of the event, effect, writes that left.
#[derive(Debug)]
pub(super) struct ReleaseUpdate<'a>(u64, u32, &'static str, &'a str, &'a str, &'static str, u32);

impl Update for ReleaseUpdate<'_> {
    fn bind(&self, values: &mut BoundValues) {
        let Self(line, attempts, status, why, hash, effect, sent) = self;
        values.push(Count(*line));
        values.push(*attempts);
        values.push(*status);
        values.text(why);
        values.text(hash);
        values.push(*effect);
        values.push(*sent);
    }
}

/// The outcome of a user.
#[derive(Debug)]
pub(super) struct SettleUpdate<'a> {
    line: u64,
    at: i64,
    settlement: &'a Settlement,
    http_status: Option<u16>,
    request_id: Option<&'a str>,
    /// The hash of the event.
    hash: &'a str,
    /// Writes that left.
    sent: u32,
}

impl Update for SettleUpdate<'_> {
    fn bind(&self, values: &mut BoundValues) {
        let Settlement {
            outcome,
            after,
            detail,
            ..
        } = self.settlement;
        let confirmed_by = outcome.confirmation();
        let after = after.as_ref();
        values.push(Count(self.line));
        values.push(outcome.status().as_str());
        values.push(outcome.reason().map(Reason::as_str));
        values.optional(detail.as_deref());
        values.push(self.at);
        values.push(confirmed_by.map(|_| self.at));
        values.push(confirmed_by.map(Confirmation::as_str));
        values.push(after.and_then(|state| state.active));
        values.push(after.and_then(|state| state.workspaces.as_ref()).map(Json));
        values.optional(after.and_then(|state| state.user_name.as_deref()));
        values.optional(after.and_then(|state| state.display_name.as_deref()));
        values.push(self.http_status);
        values.optional(self.request_id);
        values.text(self.hash);
        values.push(self.sent);
    }
}

/// The new states of users, one list for each statement.
#[derive(Debug, Default)]
pub(super) struct UserStates<'a> {
    pub(super) looked_up: Vec<ShownUser<'a>>,
    pub(super) renewed: Vec<ShownUser<'a>>,
    pub(super) named: Vec<NameUpdate<'a>>,
    pub(super) claimed: Vec<ClaimUpdate<'a>>,
    pub(super) released: Vec<ReleaseUpdate<'a>>,
    pub(super) settled: Vec<SettleUpdate<'a>>,
    pub(super) verified: Vec<VerifyUpdate<'a>>,
    pub(super) sent: Vec<SendUpdate>,
}

impl<'a> UserStates<'a> {
    /// The states that follow from facts, each of which is given with its event.
    ///
    /// Writes that left are counted with the new state that follows from them in the same batch; those
    /// from which no state follows yet have a statement of their own.
    pub(super) fn of(facts: impl Iterator<Item = (&'a Entry, &'a AppendedEvent<'a>)>) -> Self {
        let mut states = Self::default();
        let mut last_answer = None;
        let mut sent: BTreeMap<u64, u32> = BTreeMap::new();
        for (entry, event) in facts {
            let (line, hash) = (entry.line.0, event.hash());
            match &entry.fact {
                Fact::LookedUp(state) => states.looked_up.push(shown(entry, state)),
                Fact::Renewed(state) => states.renewed.push(shown(entry, state)),
                Fact::Sampled(state) => states.named.push(NameUpdate(line, state)),
                Fact::Begun { attempt, .. } => {
                    let at = entry.at.as_millis();
                    states.claimed.push(ClaimUpdate(line, *attempt, at, hash));
                }
                Fact::Ended {
                    status, request_id, ..
                } => {
                    let event = EventBody::of(&entry.fact);
                    let end = event.request_end();
                    if end.is_some_and(RequestEnd::is_sent_write) {
                        *sent.entry(line).or_default() += 1;
                    }
                    last_answer = Some((line, *status, request_id.as_deref()));
                }
                Fact::Settled(settlement) => {
                    // The answer that settles a user comes right before, unless another one decided.
                    let (_, http_status, id) = last_answer
                        .filter(|(of, ..)| *of == line)
                        .unwrap_or_default();
                    let (http_status, request_id) = match &settlement.decided_by {
                        Some(by) => (Some(by.status), by.request_id.as_deref()),
                        None => (http_status, id),
                    };
                    states.settled.push(SettleUpdate {
                        line,
                        at: entry.at.as_millis(),
                        settlement,
                        http_status,
                        request_id,
                        hash,
                        sent: sent.remove(&line).unwrap_or_default(),
                    });
                }
                Fact::Verified {
                    finding, detail, ..
                } => {
                    let (at, detail) = (entry.at.as_millis(), detail.as_deref());
                    let verified = VerifyUpdate(line, at, finding.as_str(), detail);
                    states.verified.push(verified);
                }
                Fact::Released {
                    attempts,
                    effect,
                    unanswered,
                    why,
                } => {
                    let becomes = match effect {
                        Effect::Maybe => "in_doubt",
                        Effect::None | Effect::Part => "pending",
                    };
                    let sent = sent.remove(&line).unwrap_or_default() + u32::from(*unanswered);
                    let effect = effect.as_str();
                    let released = ReleaseUpdate(line, *attempts, becomes, why, hash, effect, sent);
                    states.released.push(released);
                }
            }
        }
        states.sent = sent
            .into_iter()
            .map(|(line, sent)| SendUpdate(line, sent))
            .collect();
        states
    }
}

fn shown<'a>(entry: &Entry, state: &'a UserState) -> ShownUser<'a> {
    ShownUser {
        line: entry.line,
        at: entry.at,
        state,
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row};

    use crate::domain::Clock;
    use crate::ledger::Ledger;

    #[tokio::test]
    async fn the_cost_of_a_new_state_does_not_grow_with_the_job() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db");
        let mut ledger = Ledger::open(&path, Clock::System).await.unwrap();
        for sql in [
            super::CLAIM,
            super::RELEASE,
            super::SETTLE,
            super::VERIFY,
            super::SEND,
            super::NAME,
        ] {
            for rows in [1, 2, 64] {
                let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", sql.text(rows)));
                let rows = sqlx::query(explain)
                    .fetch_all(ledger.connection.sqlite().unwrap())
                    .await
                    .unwrap();
                let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
                let users = plan.iter().filter(|step| step.contains("users"));
                let users: Vec<_> = users.collect();
                assert_eq!(users.len(), 1, "{plan:?}");
                assert!(users[0].contains("SEARCH users USING"), "{plan:?}");
                assert!(users[0].contains("(job=? AND line=?)"), "{plan:?}");
            }
        }
    }
}
