//! Where an event says how a request ended, as SQL.

/// How a request ended, as JSON, in an event: one of its own, or the one with the outcome that the answer led
/// to. `NULL` for events without any.
macro_rules! answer_in {
    (sqlite) => {
        "CASE kind WHEN 'ended' THEN body WHEN 'settled' THEN body -> 'answer' END"
    };
    (postgres) => {
        "CASE kind WHEN 'ended' THEN CAST(body AS json)
                   WHEN 'settled' THEN CAST(body AS json) -> 'answer' END"
    };
}

pub(super) use answer_in;
