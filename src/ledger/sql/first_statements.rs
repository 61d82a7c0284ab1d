//! The statements with which a transaction of PostgreSQL begins, in one message: a trip to it takes longer than most
//! statements.

use std::fmt::Write;

use crate::ledger::sql::statement::numbered;

/// The first statements of a transaction, which are carried out one after the other. Each one sees what was stored before
/// it began: one that reads behind one that locks sees what the lock has waited for.
///
/// Values cannot be bound to one of several statements. So each statement is prepared under a name the first time that
/// a connection carries it out, and its values, which are numbers, stand in the text that calls it.
#[derive(Debug)]
#[must_use]
pub(in crate::ledger) struct FirstStatements {
    calls: Vec<Call>,
    /// The number of statements that must find a row.
    reads: usize,
    /// Whether the statements of the transaction are planned once, and not each time.
    is_planned_once: bool,
}

#[derive(Debug)]
struct Call {
    sql: &'static str,
    numbers: Vec<i64>,
}

/// What a connection has prepared as first statements. The place of a statement is a part of its name.
#[derive(Debug, Default)]
pub(super) struct PreparedCalls(Vec<&'static str>);

impl FirstStatements {
    /// A statement that must find a row, with these values.
    pub(in crate::ledger) fn reading(sql: &'static str, numbers: &[i64]) -> Self {
        let none = Self {
            calls: Vec::new(),
            reads: 0,
            is_planned_once: false,
        };
        none.then_reading(sql, numbers)
    }

    /// Adds a statement that must find a row.
    pub(in crate::ledger) fn then_reading(mut self, sql: &'static str, numbers: &[i64]) -> Self {
        self.reads += 1;
        self.then_writing(sql, numbers)
    }

    /// Adds a statement that gives no row.
    pub(in crate::ledger) fn then_writing(mut self, sql: &'static str, numbers: &[i64]) -> Self {
        let numbers = numbers.to_vec();
        self.calls.push(Call { sql, numbers });
        self
    }

    /// The statements of the transaction are planned once, and not for the values of each time. They must leave the
    /// database no choice (see `of_line!`): the plan may be of a moment when the tables were empty.
    pub(in crate::ledger) fn planned_once(mut self) -> Self {
        self.is_planned_once = true;
        self
    }

    /// The number of statements that must find a row.
    pub(super) fn reads(&self) -> usize {
        self.reads
    }

    /// The text that begins a transaction with the statements.
    pub(super) fn text(&self, prepared: &mut PreparedCalls) -> String {
        let mut preparing = String::new();
        let mut text = "BEGIN;".to_owned();
        if self.is_planned_once {
            text.push_str("SET LOCAL plan_cache_mode = force_generic_plan;");
        }
        // Writing to a `String` cannot fail.
        for Call { sql, numbers } in &self.calls {
            let known = prepared.0.iter().position(|one| one == sql);
            let place = known.unwrap_or_else(|| {
                let place = prepared.0.len();
                let types = vec!["bigint"; numbers.len()].join(",");
                let sql_text = numbered(sql);
                let _ = write!(
                    preparing,
                    "PREPARE offboard_{place} ({types}) AS {sql_text};"
                );
                prepared.0.push(sql);
                place
            });
            let values: Vec<_> = numbers.iter().map(i64::to_string).collect();
            let _ = write!(text, "EXECUTE offboard_{place} ({});", values.join(","));
        }
        // What is prepared stays so if a statement behind it fails.
        preparing + &text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Clock;
    use crate::ledger::Ledger;
    use crate::ledger::sql::query;
    use crate::ledger::testing::TestStore;

    const DIVIDED: &str = "SELECT 6 / ?1, 7 / ?2";
    const IF_SMALL: &str = "SELECT 1 WHERE ?1 < 10";

    #[tokio::test]
    async fn a_transaction_begins_only_if_each_statement_finds_what_it_must() {
        let Some(store) = TestStore::postgres() else {
            return;
        };
        let opened = Ledger::open(store.address(), Clock::System).await;
        let mut connection = opened.unwrap().connection;
        let first = |small: i64, by: i64| {
            FirstStatements::reading(IF_SMALL, &[small])
                .then_writing("DELETE FROM events WHERE job = ?1", &[-1])
                .then_reading(DIVIDED, &[-2, by])
        };
        for (small, by, expected) in [
            // A statement that fails, the first time and later, and one that finds nothing.
            (1, 0, None),
            (1, 7, Some((-3, 1))),
            (99, 7, None),
            (1, 0, None),
            (1, 1, Some((-3, 7))),
        ] {
            let begun = connection.begin_with::<(i64, i64)>(first(small, by)).await;
            assert_eq!(begun.is_err(), by == 0);
            let found = match begun.ok().flatten() {
                Some((transaction, found)) => {
                    transaction.commit().await.unwrap();
                    Some(found)
                }
                None => None,
            };
            assert_eq!(found, expected);
            // It is refused in a transaction.
            query("VACUUM pruned")
                .execute(&mut connection)
                .await
                .unwrap();
        }
    }
}
