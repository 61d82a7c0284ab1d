//! A whole job, from the command line to the records of the provider.

use offboard::sandbox::SandboxSettings;
use rustix::process::Signal;

use crate::support::{Bed, ended, finish, half_done, send, start, until};

#[apply(end_to_end!)]
async fn all_users_are_disabled_and_without_workspaces_by_the_providers_records() {
    let bed = Bed::new(SandboxSettings {
        users: 200,
        refused: 2,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&["ffffffffffffffffffffffffffffffff,nobody@example.com"]);
    let ran = finish(bed.run_all(200)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let gone = bed.people.iter().filter(|person| bed.is_gone(&person.id));
    assert_eq!(gone.count(), 198);
    assert!(
        ran.stderr.contains("user is protected by policy"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("not found"), "{ran:?}");
}

#[tokio::test]
async fn p3_resume_continues_the_latest_job_that_is_not_finished() {
    let bed = half_done(Signal::INT).await;
    // A job that was only planned is not begun by this.
    let planned = bed.verb("plan", "leavers.csv --disable");
    assert_eq!(finish(planned).await.code, Some(0));
    let ran = finish(bed.verb("resume", "--confirm 20")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("continuing job "), "{ran:?}");
    assert!(ran.stderr.contains("leavers.csv"), "{ran:?}");
    assert!(bed.people.iter().all(|person| bed.is_gone(&person.id)));
    assert!(
        bed.books
            .users()
            .iter()
            .all(|user| user.writes_received == 1)
    );

    let ran = finish(bed.verb("resume", "")).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
    assert!(
        ran.stderr.contains("no run has begun an unfinished job"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn resume_of_an_undo_names_the_command_that_continues_it() {
    let bed = Bed::with_users(20).await;
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(20)).await.code, Some(0));
    let child = start(bed.verb("undo", "--confirm 20 --rate 10/s --concurrency 1"));
    let given_back = || bed.books.users().iter().filter(|user| user.active).count();
    until("two users are active again", || given_back() >= 2).await;
    send(&child, Signal::INT);
    assert_eq!(ended(child).await.code, Some(130));
    let before = given_back();
    let ran = finish(bed.verb("resume", "--confirm 20")).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
    assert_eq!(given_back(), before, "it begins nothing by itself");
    let (_, next) = ran.stderr.split_once("`offboard undo ").unwrap();
    let (job, _) = next.split_once('`').unwrap();
    let ran = finish(bed.verb("undo", &format!("{job} --confirm 20"))).await;
    assert_eq!((ran.code, given_back()), (Some(0), 20), "{ran:?}");
}

#[tokio::test]
async fn p7_a_dry_run_writes_nothing_and_says_how_to_go_on() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let asked = "leavers.csv --disable --remove-access --dry-run";
    let mut command = bed.verb("run", asked);
    // The number that another command confirms is no reason to write.
    command.env("OFFBOARD_CONFIRM", "3");
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("to be changed"), "{ran:?}");
    assert!(
        ran.stderr.contains("nothing was written; to go on: "),
        "{ran:?}"
    );
    let next = "offboard run leavers.csv --disable --remove-access --confirm 3";
    assert!(ran.stderr.contains(next), "{ran:?}");
    assert!(
        bed.books
            .users()
            .iter()
            .all(|user| user.writes_received == 0)
    );
}
