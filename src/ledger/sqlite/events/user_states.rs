//! The new states of users that follow from facts, and the statements that store them.
//!
//! Each statement has three places: the run, the rows, and the job, in this order. That of [`NAME`], which leaves
//! the run as it is, has the last two. No place has a number, since all statements of a batch are sent as one
//! text (see `fact_rows`): the library would count the places of later statements wrongly.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{Confirmation, Effect, Entry, Fact, IdRule, Reason, Settlement, UserState};
use crate::ledger::record::{EventBody, RequestEnd};
use crate::ledger::sqlite::events::chain_end::AppendedEvent;

pub(super) const CLAIM: &str = "
    UPDATE users SET run = ?, status = 'claimed', effect = 'maybe', attempts = value ->> 1,
        first_attempt_at_ms = coalesce(first_attempt_at_ms, value ->> 2), event_hash = value ->> 3
    FROM json_each(?) WHERE job = ? AND line = value ->> 0";

/// What a user had before the job.
macro_rules! look_up {
    () => {
        "UPDATE users SET before_at_ms = value ->> 1, active_before = value ->> 2,
             workspaces_before = value ->> 3, user_name = coalesce(value ->> 4, user_name),
             shown_name = coalesce(value ->> 4, shown_name),
             display_name = coalesce(value ->> 5, display_name),
             user_id = iif(name_key IS NULL, coalesce(user_id, value ->> 6), value ->> 6),
             user_key = iif(name_key IS NULL, coalesce(user_key, value ->> 7), value ->> 7),
             addresses = coalesce(value ->> 8, addresses), run = ?
         FROM json_each(?) WHERE job = ? AND line = value ->> 0"
    };
}

/// Once a write may have changed a user, a look-up does not say any more what the user had before.
pub(super) const LOOK_UP: &str = concat!(look_up!(), " AND effect = 'none'");

pub(super) const RENEW: &str = look_up!();

/// Names alone: what the user had before the job stays as the plan has it.
pub(super) const NAME: &str = "
    UPDATE users SET user_name = coalesce(value ->> 1, user_name),
        shown_name = coalesce(value ->> 1, shown_name),
        display_name = coalesce(value ->> 2, display_name),
        addresses = coalesce(value ->> 3, addresses)
    FROM json_each(?) WHERE job = ? AND line = value ->> 0";

pub(super) const SEND: &str = "
    UPDATE users SET run = ?, sent = sent + (value ->> 1)
    FROM json_each(?) WHERE job = ? AND line = value ->> 0";

pub(super) const VERIFY: &str = "
    UPDATE users SET verified_at_ms = value ->> 1, verified = value ->> 2,
        verified_detail = value ->> 3, verified_run = ?
    FROM json_each(?) WHERE job = ? AND line = value ->> 0";

pub(super) const RELEASE: &str = "
    UPDATE users SET run = ?, attempts = value ->> 1, status = value ->> 2, detail = value ->> 3,
        reason = NULL, event_hash = value ->> 4, effect = value ->> 5, sent = sent + (value ->> 6)
    FROM json_each(?) WHERE job = ? AND line = value ->> 0";

pub(super) const SETTLE: &str = "
    UPDATE users SET run = ?, status = value ->> 1, reason = value ->> 2, detail = value ->> 3,
        done_at_ms = value ->> 4, confirmed_at_ms = value ->> 5, confirmed_by = value ->> 6,
        active_after = value ->> 7, workspaces_after = value ->> 8,
        user_name = coalesce(value ->> 9, user_name),
        shown_name = coalesce(value ->> 9, shown_name),
        display_name = coalesce(value ->> 10, display_name),
        http_status = value ->> 11, request_id = value ->> 12, event_hash = value ->> 13,
        sent = sent + (value ->> 14),
        effect = CASE WHEN value ->> 1 = 'in_doubt' THEN 'maybe'
                      WHEN effect = 'maybe' THEN 'part' ELSE effect END
    FROM json_each(?) WHERE job = ? AND line = value ->> 0";

/// Line, attempts, time, hash of the event.
#[derive(Debug, Serialize)]
pub(super) struct ClaimUpdate<'a>(u64, u32, i64, &'a str);

/// Line and columns, in the order of the statement.
#[derive(Debug, Serialize)]
pub(super) struct LookUpUpdate<'a>(
    u64,
    i64,
    Option<bool>,
    Option<&'a [String]>,
    Option<&'a str>,
    Option<&'a str>,
    &'a str,
    String,
    Option<&'a [String]>,
);

/// Line, name, display name, addresses.
#[derive(Debug, Serialize)]
pub(super) struct NameUpdate<'a>(u64, Option<&'a str>, Option<&'a str>, Option<&'a [String]>);

/// Line, writes that left.
#[derive(Debug, Serialize)]
pub(super) struct SendUpdate(u64, u32);

/// Line, time, finding, what differs.
#[derive(Debug, Serialize)]
pub(super) struct VerifyUpdate<'a>(u64, i64, &'static str, Option<&'a str>);

/// Line, attempts, status, why, hash of the event, effect, writes that left.
#[derive(Debug, Serialize)]
pub(super) struct ReleaseUpdate<'a>(u64, u32, &'static str, &'a str, &'a str, &'static str, u32);

/// Line and columns, in the order of the statement.
#[derive(Debug, Serialize)]
pub(super) struct SettleUpdate<'a>(
    u64,
    &'static str,
    Option<&'static str>,
    Option<&'a str>,
    i64,
    Option<i64>,
    Option<&'static str>,
    Option<bool>,
    Option<&'a [String]>,
    Option<&'a str>,
    Option<&'a str>,
    Option<u16>,
    Option<&'a str>,
    &'a str,
    u32,
);

/// The new states of users, one list for each statement.
#[derive(Debug, Default)]
pub(super) struct UserStates<'a> {
    pub(super) looked_up: Vec<LookUpUpdate<'a>>,
    pub(super) renewed: Vec<LookUpUpdate<'a>>,
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
    pub(super) fn of(
        facts: impl Iterator<Item = (&'a Entry, &'a AppendedEvent<'a>)>,
        ids: IdRule,
    ) -> Self {
        let mut states = Self::default();
        let mut last_answer = None;
        let mut sent: BTreeMap<u64, u32> = BTreeMap::new();
        for (entry, event) in facts {
            let (line, hash) = (entry.line.0, event.hash());
            match &entry.fact {
                Fact::LookedUp(state) => states.looked_up.push(look_up(entry, state, ids)),
                Fact::Renewed(state) => states.renewed.push(look_up(entry, state, ids)),
                Fact::Sampled(state) => states.named.push(NameUpdate(
                    line,
                    state.user_name.as_deref(),
                    state.display_name.as_deref(),
                    state.addresses.as_deref(),
                )),
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
                    let answer = match &settlement.decided_by {
                        Some(by) => (Some(by.status), by.request_id.as_deref()),
                        None => (http_status, id),
                    };
                    let sent = sent.remove(&line).unwrap_or_default();
                    let settled = settle(entry, settlement, answer, hash, sent);
                    states.settled.push(settled);
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

fn look_up<'a>(entry: &Entry, state: &'a UserState, ids: IdRule) -> LookUpUpdate<'a> {
    LookUpUpdate(
        entry.line.0,
        entry.at.as_millis(),
        state.active,
        state.workspaces.as_deref(),
        state.user_name.as_deref(),
        state.display_name.as_deref(),
        &state.id,
        ids.key(&state.id).into_owned(),
        state.addresses.as_deref(),
    )
}

fn settle<'a>(
    entry: &Entry,
    settlement: &'a Settlement,
    (http_status, request_id): (Option<u16>, Option<&'a str>),
    hash: &'a str,
    sent: u32,
) -> SettleUpdate<'a> {
    let at = entry.at.as_millis();
    let outcome = settlement.outcome;
    let confirmed_by = outcome.confirmation();
    let after = settlement.after.as_ref();
    SettleUpdate(
        entry.line.0,
        outcome.status().as_str(),
        outcome.reason().map(Reason::as_str),
        settlement.detail.as_deref(),
        at,
        confirmed_by.map(|_| at),
        confirmed_by.map(Confirmation::as_str),
        after.and_then(|state| state.active),
        after.and_then(|state| state.workspaces.as_deref()),
        after.and_then(|state| state.user_name.as_deref()),
        after.and_then(|state| state.display_name.as_deref()),
        http_status,
        request_id,
        hash,
        sent,
    )
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
            super::LOOK_UP,
            super::CLAIM,
            super::RELEASE,
            super::SETTLE,
            super::VERIFY,
            super::SEND,
            super::NAME,
        ] {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let rows = sqlx::query(explain)
                .bind(1)
                .bind("[]")
                .bind(1)
                .fetch_all(&mut ledger.connection)
                .await
                .unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
            assert!(plan[0].starts_with("SCAN json_each"), "{plan:?}");
            assert!(plan[1].contains("(job=? AND line=?)"), "{plan:?}");
        }
    }
}
