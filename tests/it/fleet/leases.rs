//! One process at a time works on a target, also when processes are killed, or stopped for longer than their lease.

use offboard::domain::Status;
use rustix::process::Signal;

use crate::fleet::cable::Cable;
use crate::fleet::in_postgres::{in_postgres, psql};
use crate::support::{Bed, Running, ended_with, finish, tally, until};

/// Leases of two seconds and a half: the program asks for no shorter ones by itself.
const SHORT: &str = "--heartbeat 500ms --timeout 1s --concurrency 4 --rate 40/s";

async fn bed(users: usize) -> Bed {
    let bed = Bed::with_users(users).await;
    bed.write_roster(&[]);
    bed
}

/// Waits until a run has settled its first users.
async fn at_work(bed: &Bed) {
    until("users are removed", || {
        bed.books
            .users()
            .iter()
            .filter(|user| user.writes_changed > 0)
            .count()
            > 5
    })
    .await;
}

#[apply(end_to_end!)]
async fn p6_a_second_process_is_told_who_works_on_the_target() {
    in_postgres(async {
        let bed = bed(200).await;
        let mut first = Running::start(bed.run_with(200, SHORT));
        at_work(&bed).await;
        let second = finish(bed.run_with(200, SHORT)).await;
        assert_eq!(second.code, Some(7), "{second:?}");
        for part in [
            "is being worked on by process ",
            "wait until it ends, or stop it",
        ] {
            assert!(second.stderr.contains(part), "{second:?}");
        }
        let status = finish(bed.offboard(&["status"])).await;
        let holder = format!("process {} on ", first.id());
        assert!(status.stdout.contains(&holder), "{status:?}");
        assert!(second.stderr.contains(&holder), "{second:?}");
        first.signal(Signal::TERM);
        let ran = first.end().await;
        assert_eq!(ran.code, Some(143), "{ran:?}");
        bed.is_finished_by_the_same_command().await;
    })
    .await;
}

#[apply(end_to_end!)]
async fn p7_a_process_that_wakes_up_after_its_lease_writes_no_user_and_no_record() {
    in_postgres(async {
        let bed = bed(120).await;
        let mut sleeper = Running::start(bed.run_with(120, SHORT));
        at_work(&bed).await;
        sleeper.signal(Signal::STOP);
        // It waits until the lease has ended, or the server has ended the transaction in which the other was stopped.
        // Then it reads whom the other had claimed.
        let second = finish(bed.run_with(120, "--rate unlimited --concurrency 8")).await;
        assert_eq!(second.code, Some(0), "{second:?}");
        bed.all_are_removed().await;
        let head = finish(bed.offboard(&["audit", "verify"])).await;
        let requests = bed.books.requests().len();
        sleeper.signal(Signal::CONT);
        let woken = sleeper.end().await;
        assert_eq!(woken.code, Some(7), "{woken:?}");
        // If it was stopped in the middle of a transaction, the server has ended its connection.
        let parts = ["taken this job over", "idle-in-transaction timeout"];
        assert!(
            parts.iter().any(|part| woken.stderr.contains(part)),
            "{woken:?}"
        );
        let mut later = bed.books.requests().split_off(requests);
        // It may give its token back.
        later.retain(|request| request.route.to_string().contains("/Users"));
        assert!(later.is_empty(), "{later:?}");
        for user in bed.books.users() {
            assert!(user.writes_changed <= 1, "{user:?}");
        }
        let again = finish(bed.offboard(&["audit", "verify"])).await;
        assert_eq!(
            (again.code, &again.stdout),
            (Some(0), &head.stdout),
            "{again:?}"
        );
        assert_eq!(tally(&bed.rows().await)[&Status::Removed], 120);
    })
    .await;
}

#[apply(end_to_end!)]
async fn p3_a_run_that_is_cut_off_from_the_database_without_a_word_ends_with_its_lease() {
    in_postgres(async {
        let bed = bed(200).await;
        let cable = Cable::to(&bed.address().to_string()).await;
        let mut command = bed.run_with(200, SHORT);
        command.env("OFFBOARD_LEDGER", &cable.database);
        let run = Running::start(command);
        at_work(&bed).await;
        cable.cut(true);
        let ran = run.end().await;
        ended_with(
            &ran,
            7,
            &["the database does not answer, and the lease of the target has ended"],
        );
        bed.is_finished_by_the_same_command().await;
    })
    .await;
}

/// Ends all connections to the database of a bed, as a restart of the server does.
fn cut_off(bed: &Bed) {
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    psql(&bed.address().to_string(), cut).unwrap();
}

#[apply(end_to_end!)]
async fn p3_a_run_that_loses_the_database_is_continued_by_the_same_command() {
    in_postgres(async {
        let bed = bed(150).await;
        for _ in 0..3 {
            let run = Running::start(bed.run_with(150, SHORT));
            let settled = tally(&bed.rows().await).get(&Status::Removed).copied();
            let settled = settled.unwrap_or(0);
            until("more users are removed", || {
                let users = bed.books.users();
                users.iter().filter(|user| user.writes_changed > 0).count() > settled + 10
            })
            .await;
            cut_off(&bed);
            let ran = run.end().await;
            assert_eq!(ran.code, Some(7), "{ran:?}");
            assert!(
                ran.stderr.contains("the same command then continues"),
                "{ran:?}"
            );
        }
        bed.is_finished_by_the_same_command().await;
        let audit = finish(bed.offboard(&["audit", "verify"])).await;
        assert_eq!(audit.code, Some(0), "{audit:?}");
    })
    .await;
}
