//! The outputs are closed, broken or full, or the terminal is gone.

use std::process::Stdio;

use offboard::domain::Status;
use offboard::ledger::JobSelector;

use crate::support::{Bed, Running, after, finish, in_a_terminal, skipped, tally, until_async};

#[apply(end_to_end!)]
async fn closed_outputs_do_not_disturb_a_run() {
    let bed = Bed::faulty(40, "error500=0.2").await;
    for (number, line) in [
        "exec >&- 2>&-",
        "exec <&- >&- 2>&-",
        "exec 2> >(true)",
        "exec > >(true) 2>&1",
        "exec 2>/dev/full",
    ]
    .into_iter()
    .enumerate()
    {
        let flags = ["-vv", "--progress bar", "--json -v"][number % 3];
        let flags = format!("--new --rate unlimited --concurrency 8 {flags}");
        let ran = finish(after(line, &bed.command(&flags))).await;
        assert_eq!(ran.code, Some(0), "{line}: {ran:?}");
    }
}

#[apply(end_to_end!)]
async fn p3_a_terminal_that_is_closed_stops_the_run_gently() {
    let bed = Bed::faulty(300, "latency=20ms").await;
    let command = bed.command("--rate unlimited --concurrency 8");
    let Some(script) = in_a_terminal(&command, Stdio::piped()) else {
        return skipped();
    };
    let mut terminal = Running::start(script);
    let books = bed.books.clone();
    assert!(terminal.reaches(|| books.totals().requests > 50).await);
    // With its master gone the terminal is gone, and the system sends SIGHUP to the processes on it.
    terminal.kill().await;
    let mut reader = bed.reader().await;
    let job = reader.select_job(&JobSelector::Latest).await.unwrap();
    let is_left = async || reader.holder(&job).await.unwrap().is_none();
    until_async("the run has left the ledger", is_left).await;
    let runs = reader.runs(&job).await.unwrap();
    let last = runs.last().unwrap();
    assert_eq!(last.ending.as_deref(), Some("SIGHUP"), "{runs:?}");
    let rows = bed.rows().await;
    let tally = tally(&rows);
    assert_eq!(
        tally[&Status::Removed] + tally[&Status::Pending],
        300,
        "{tally:?}"
    );
    bed.is_finished_by_the_same_command().await;
}
