//! A job that begins in a file, is cut off, and is finished in a database; and the way back.

use crate::fleet::in_postgres::in_postgres;
use crate::support::{Bed, Running, finish, until};

#[apply(end_to_end!)]
async fn p3_a_killed_job_is_copied_into_a_database_and_finished_there() {
    let file = Bed::with_users(80).await;
    file.write_roster(&[]);
    let run = Running::start(file.run_with(80, "--rate 40/s --concurrency 4"));
    let books = file.books.clone();
    until("users are removed", || {
        let users = books.users();
        users.iter().filter(|user| user.writes_changed > 0).count() > 5
    })
    .await;
    run.kill().await;
    in_postgres(async {
        let bed = file.in_a_database();
        let to = bed.address().to_string();
        let path = bed.ledger();
        let path = path.to_str().unwrap();
        let copied =
            finish(bed.offboard(&["jobs", "copy", "latest", "--ledger", path, "--to", &to])).await;
        assert_eq!(copied.code, Some(0), "{copied:?}");
        assert!(copied.stdout.contains("chain intact"), "{copied:?}");
        // Once more is refused.
        let again =
            finish(bed.offboard(&["jobs", "copy", "latest", "--ledger", path, "--to", &to])).await;
        assert_eq!(again.code, Some(7), "{again:?}");
        bed.is_finished_by_the_same_command().await;
        let (rows, summary) = bed.report("evidence").await;
        assert_eq!((rows.len(), &summary["balanced"]), (80, &true.into()));
        let audit = finish(bed.offboard(&["audit", "verify", "evidence"])).await;
        assert_eq!(audit.code, Some(0), "{audit:?}");
        // And back, with an undo, into another file.
        let undone =
            finish(bed.offboard(&["undo", "--confirm", "80", "--rate", "unlimited"])).await;
        assert_eq!(undone.code, Some(0), "{undone:?}");
        let back = finish(bed.offboard(&["jobs", "copy", "latest", "--to", "back.db"])).await;
        assert_eq!(back.code, Some(0), "{back:?}");
        assert!(back.stdout.contains("with 1 undo"), "{back:?}");
        let audits = [("back.db", "latest"), (to.as_str(), "latest")];
        let mut said = Vec::new();
        for (ledger, job) in audits {
            let audit = finish(bed.offboard(&["audit", "verify", job, "--ledger", ledger])).await;
            assert_eq!(audit.code, Some(0), "{audit:?}");
            said.push(audit.stdout);
        }
        assert_eq!(said[0], said[1]);
    })
    .await;
}

#[apply(end_to_end!)]
async fn a_copy_that_cannot_be_meant_is_refused() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let ran = finish(bed.run_all(3)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let undone = finish(bed.offboard(&["undo", "--confirm", "3"])).await;
    assert_eq!(undone.code, Some(0), "{undone:?}");
    let jobs = finish(bed.offboard(&["jobs", "list"])).await;
    let undo = jobs.stdout.lines().next().unwrap();
    let (undo, _) = undo.split_once(' ').unwrap();
    let ledger = bed.address().to_string();
    for (args, code, part) in [
        (
            ["latest", "--to", &ledger],
            2,
            "the ledger that the job is in",
        ),
        ([undo, "--to", "copy.db"], 2, "its undos come with it"),
        (["0000", "--to", "copy.db"], 7, "no job's id begins"),
        (
            ["latest", "--to", "postgres://a:b@h/d"],
            2,
            "holds a password",
        ),
        (["latest", "--to", "postgres://h"], 2, "names no database"),
        (
            ["latest", "--to", "no/folder/copy.db"],
            7,
            "cannot open ledger",
        ),
    ] {
        let args = [&["jobs", "copy"][..], &args].concat();
        let ran = finish(bed.offboard(&args)).await;
        assert_eq!(ran.code, Some(code), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(part), "{args:?}: {ran:?}");
        assert!(!bed.path("copy.db").exists(), "{args:?}");
    }
}
