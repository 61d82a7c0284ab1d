//! How a statement finds the rows of `users` that it is given: by line, or by another key of an index.
//!
//! SQLite goes through the tables of a statement in the order in which they stand. PostgreSQL chooses an order. Of a job
//! that was just loaded it may know nothing yet, and it would then go through all users of the job for each statement.
//! So these parts of statements leave it no choice: each row is looked up by itself.

/// The part behind the rows that a statement is given (see `RowsSql`): the row of `users` whose line the first column
/// names, with a further condition. The place for a value is the job.
macro_rules! of_line {
    () => {
        $crate::ledger::sql::Sql::twin(
            "WHERE job = ? AND line = column1",
            "WHERE users.number = (SELECT one.number FROM users AS one
                                   WHERE one.job = ? AND one.line = column1)",
        )
    };
    ($condition:literal) => {
        $crate::ledger::sql::Sql::twin(
            concat!("WHERE job = ? AND line = column1 AND ", $condition),
            concat!(
                "WHERE users.number = (SELECT one.number FROM users AS one
                                       WHERE one.job = ? AND one.line = column1) AND ",
                $condition
            ),
        )
    };
}

/// The table `given` of the elements of a JSON array that is bound as a value (see `given!`), each with the `users` that
/// the condition finds for it by an index. A further condition may follow behind `AND`.
macro_rules! users_of_given {
    (sqlite, $place:literal, $type:literal, $condition:literal) => {
        concat!(
            $crate::ledger::sql::given!(sqlite, $place, $type),
            " CROSS JOIN users WHERE ",
            $condition
        )
    };
    (postgres, $place:literal, $type:literal, $condition:literal) => {
        concat!(
            $crate::ledger::sql::given!(postgres, $place, $type),
            " CROSS JOIN LATERAL (SELECT * FROM users WHERE ",
            $condition,
            " OFFSET 0) AS users WHERE TRUE"
        )
    };
}

pub(in crate::ledger::store) use {of_line, users_of_given};
