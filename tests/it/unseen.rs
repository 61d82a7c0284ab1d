//! What was not shown is unknown (P2): attributes that lists leave out, searches that miss, lists that
//! end early, names that are not unique, looks that have grown old.

mod ages;
mod attributes;
mod doubles;
mod left_out;
mod lists;
mod searches;
mod spoken;
mod without;

use crate::odd::{Desk, OPEN};

/// Runs a job over these users, who are all there: they are removed, or the exit code says that they
/// were not; and nobody is called not found.
async fn no_false_not_found(desk: &Desk, change: &str, who: &[String], told: &str) {
    let ran = desk.agree(&format!("run r.csv {change} {OPEN}")).await;
    let active = desk.books().active();
    let left: Vec<_> = who.iter().filter(|id| active.contains(*id)).collect();
    let rows = desk.rows().await;
    let wrong = rows.iter().filter(|row| row["outcome"] == "not_found");
    let wrong: Vec<_> = wrong.map(|row| row["line"].clone()).collect();
    assert!(
        wrong.is_empty(),
        "{told}: called not found: lines {wrong:?}: {ran:?}"
    );
    assert!(
        left.is_empty() || ran.code != Some(0),
        "{told}: exit 0, and still active: {left:?}"
    );
    // Nobody else was written.
    let written = desk.books().written();
    let strangers: Vec<_> = written.iter().filter(|id| !who.contains(id)).collect();
    assert!(strangers.is_empty(), "{told}: {strangers:?}");
}
