//! Whole rows of the table `users`, each of which the database gives as one JSON text: from SQLite the library copies
//! each value of a row by itself from one thread to another, which costs more than to write and read the text.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::domain::{KnownNames, Line, Seen, Timestamp, UserState};
use crate::ledger::record::word::Word;
use crate::ledger::{LedgerError, UserRow};

/// The columns of [`UserColumns`], in their order.
macro_rules! user_columns {
    () => {
        "line, user_id, user_name, display_name, shown_name, addresses, roster_name, cells,
             before_at_ms, active_before, workspaces_before, goal, status, reason, detail, active_after,
             workspaces_after, effect, attempts, sent, http_status, request_id, first_attempt_at_ms,
             done_at_ms, confirmed_at_ms, confirmed_by, verified_at_ms, verified, verified_detail,
             event_hash, (SELECT id FROM runs WHERE number = run)"
    };
}

pub(in crate::ledger::store) use user_columns;

/// The columns that `user_columns!` selects. Words, and what is stored as JSON, are read afterwards, so that an error
/// names the column.
#[derive(Deserialize)]
struct UserColumns<'a> {
    line: u64,
    user_id: Option<String>,
    user_name: Option<String>,
    display_name: Option<String>,
    shown_name: Option<String>,
    #[serde(borrow)]
    addresses: Option<Cow<'a, str>>,
    roster_name: Option<String>,
    #[serde(borrow)]
    cells: Cow<'a, str>,
    before_at_ms: Option<i64>,
    active_before: Option<i64>,
    #[serde(borrow)]
    workspaces_before: Option<Cow<'a, str>>,
    #[serde(borrow)]
    goal: Option<Cow<'a, str>>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    reason: Option<String>,
    detail: Option<String>,
    active_after: Option<i64>,
    #[serde(borrow)]
    workspaces_after: Option<Cow<'a, str>>,
    #[serde(borrow)]
    effect: Cow<'a, str>,
    attempts: u32,
    sent: u64,
    http_status: Option<u16>,
    request_id: Option<String>,
    first_attempt_at_ms: Option<i64>,
    done_at_ms: Option<i64>,
    confirmed_at_ms: Option<i64>,
    confirmed_by: Option<String>,
    verified_at_ms: Option<i64>,
    verified: Option<String>,
    verified_detail: Option<String>,
    event_hash: Option<String>,
    run_id: Option<String>,
}

impl TryFrom<UserColumns<'_>> for UserRow {
    type Error = LedgerError;

    fn try_from(row: UserColumns<'_>) -> Result<Self, LedgerError> {
        let is_yes = |stored: Option<i64>| stored.map(|stored| stored != 0);
        let time = |stored: Option<i64>| stored.map(Timestamp::from_millis);
        let state = UserState {
            active: is_yes(row.active_before),
            workspaces: optional("workspaces_before", row.workspaces_before)?,
            ..UserState::of(row.user_id.clone().unwrap_or_default())
        };
        Ok(Self {
            line: Line(row.line),
            user_id: row.user_id,
            user_name: row.user_name,
            display_name: row.display_name,
            known: KnownNames {
                user_name: row.shown_name,
                addresses: optional("addresses", row.addresses)?,
                roster_name: row.roster_name,
                cells: json("cells", &row.cells)?,
            },
            before: time(row.before_at_ms).map(|at| Seen { state, at }),
            goal: optional("goal", row.goal)?,
            status: word("status", &row.status)?,
            reason: row.reason,
            detail: row.detail,
            active_after: is_yes(row.active_after),
            workspaces_after: optional("workspaces_after", row.workspaces_after)?,
            effect: word("effect", &row.effect)?,
            counted_attempts: row.attempts,
            attempts: row.sent,
            http_status: row.http_status,
            request_id: row.request_id,
            first_attempt_at: time(row.first_attempt_at_ms),
            done_at: time(row.done_at_ms),
            confirmed_at: time(row.confirmed_at_ms),
            confirmed_by: row.confirmed_by,
            verified: time(row.verified_at_ms).zip(row.verified),
            verified_detail: row.verified_detail,
            event_hash: row.event_hash,
            run_id: row.run_id,
        })
    }
}

/// The row that a text of `user_columns!` holds.
///
/// # Errors
/// It is not what this version writes; the error names the column where it can.
pub(in crate::ledger::store) fn user_row(text: &str) -> Result<UserRow, LedgerError> {
    parsed::<UserColumns<'_>>("users", text)?.try_into()
}

/// The rows that the database has gathered into one JSON array, whose order it does not promise.
///
/// # Errors
/// As for [`user_row`].
pub(in crate::ledger::store) fn user_rows(text: &str) -> Result<Vec<UserRow>, LedgerError> {
    let rows: Vec<UserColumns<'_>> = parsed("users", text)?;
    rows.into_iter().map(UserRow::try_from).collect()
}

/// What a JSON text of many columns holds. An error has no text of it: that is long.
pub(super) fn parsed<'a, T: Deserialize<'a>>(
    what: &'static str,
    text: &'a str,
) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|error| LedgerError::value(what, error.to_string()))
}

/// The value that a stored word stands for.
pub(super) fn word<T: Word>(column: &'static str, stored: &str) -> Result<T, LedgerError> {
    T::from_word(stored).ok_or_else(|| LedgerError::value(column, stored))
}

/// The value of a column that is stored as JSON.
pub(super) fn json<'a, T: Deserialize<'a>>(
    column: &'static str,
    stored: &'a str,
) -> Result<T, LedgerError> {
    serde_json::from_str(stored).map_err(|_| LedgerError::value(column, stored))
}

/// The value of a column that is stored as JSON, if there is any.
pub(super) fn optional<T: DeserializeOwned>(
    column: &'static str,
    stored: Option<Cow<'_, str>>,
) -> Result<Option<T>, LedgerError> {
    stored.map(|stored| json(column, &stored)).transpose()
}

#[cfg(test)]
mod tests {
    use macro_rules_attribute::apply;

    use super::*;
    use crate::domain::IdRule;
    use crate::ledger::RunKind;
    use crate::ledger::sql::query;
    use crate::ledger::testing::{LedgerBed, TestStore, id, on_each_store};

    #[test]
    fn a_value_that_cannot_be_read_is_named_with_its_column() {
        let row = |cells: &str, status: &str, sent: i64| {
            let row = serde_json::json!([
                2, "u1", null, null, null, null, null, cells, 7, 1, "[\"w\"]", null, status, null,
                null, 0, null, "none", 0, sent, 200, null, null, null, null, null, null, null,
                null, null, "r1"
            ]);
            user_row(&row.to_string())
        };
        let whole = row("[\"a\"]", "removed", 1).unwrap();
        assert_eq!((whole.line, whole.attempts), (Line(2), 1));
        assert_eq!(whole.before.unwrap().state.workspaces.unwrap(), ["w"]);
        assert_eq!(whole.active_after, Some(false));
        for (cells, status, sent, expected) in [
            ("[\"a\"", "removed", 1, "cannot read stored cells `[\"a\"`"),
            ("[]", "gone", 1, "cannot read stored status `gone`"),
            (
                "[]",
                "removed",
                -1,
                "cannot read stored users `invalid value",
            ),
        ] {
            let error = row(cells, status, sent).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[apply(on_each_store)]
    async fn an_edited_cell_is_named_by_whatever_reads_its_row(store: TestStore) {
        let mut bed = LedgerBed::within(store, IdRule::Exact, RunKind::Run, vec![id("u1")]).await;
        let edited = query("UPDATE users SET cells = '[x'");
        edited.execute(&mut bed.ledger.connection).await.unwrap();
        let expected = "ledger: cannot read stored cells `[x`";
        let page = bed.ledger.lines(&bed.job, Line(0), 9).await;
        assert_eq!(page.unwrap_err().to_string(), expected);
        let canary = query("UPDATE users SET first_attempt_at_ms = 1, sent = 1, attempts = 1");
        canary.execute(&mut bed.ledger.connection).await.unwrap();
        query("UPDATE jobs SET claimed_to = 9")
            .execute(&mut bed.ledger.connection)
            .await
            .unwrap();
        let alone = bed.ledger.canary(&bed.job, 9).await;
        assert_eq!(alone.unwrap_err().to_string(), expected);
    }
}
