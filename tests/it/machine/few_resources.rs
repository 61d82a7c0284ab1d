//! Descriptors and memory run short.

use crate::support::{Bed, after, ended_with, finish};

const MANY: &str = "--rate unlimited --concurrency 64";

#[apply(end_to_end!)]
async fn fewer_descriptors_than_connections_fail_no_user() {
    for (descriptors, latency) in [(20, "5ms"), (32, "50ms"), (32, "400ms")] {
        let bed = Bed::faulty(200, &format!("latency={latency}")).await;
        let line = format!("ulimit -n {descriptors}");
        let ran = finish(after(&line, &bed.command(MANY))).await;
        ended_with(&ran, 0, &[]);
        bed.all_are_removed().await;
        for user in bed.books.users() {
            assert_eq!(user.writes_received, 1, "{user:?}");
        }
    }
}

#[apply(end_to_end!)]
async fn p3_too_little_memory_loses_nothing() {
    let bed = Bed::faulty(300, "").await;
    for mebibytes in [32, 38, 44, 64] {
        // The test does not wait for a process that could start only half of its threads.
        let kibibytes = mebibytes * 1024;
        let line = format!("ulimit -v {kibibytes}; set -- timeout -s KILL 20 \"$@\"");
        let ran = finish(after(&line, &bed.command(MANY))).await;
        // It may be too little to start at all; once there is a job, nothing panics over it.
        let (begun, panicked) = ["job ", "panicked"]
            .map(|words| ran.stderr.contains(words))
            .into();
        assert!(!(begun && panicked), "{mebibytes} MiB: {ran:?}");
    }
    bed.is_finished_by_the_same_command().await;
}
