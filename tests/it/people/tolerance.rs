//! `--tolerate`: expected outcomes do not make a nightly job red.

use crate::support::{Bed, finish};

#[apply(end_to_end!)]
async fn a_tolerated_outcome_ends_well_and_no_other_does() {
    let bed = Bed::faulty(3, "none").await;
    bed.write_roster(&[
        "8a8b00000000000000000000000000ff,gone@example.com",
        "1.2E+30,bad@example.com",
    ]);
    for (flags, code) in [
        ("", 10),
        ("--tolerate not_found", 10),
        ("--tolerate invalid", 10),
        ("--tolerate not_found,invalid", 0),
        ("--tolerate forbidden", 10),
    ] {
        let ran = finish(bed.run_with(3, &format!("--rate unlimited {flags}"))).await;
        assert_eq!(ran.code, Some(code), "{flags}: {ran:?}");
        assert!(ran.stdout.contains("not found           1"), "{ran:?}");
    }
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let ran = finish(bed.verb("verify", "--tolerate not_found")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[apply(end_to_end!)]
async fn p2_what_is_open_or_in_doubt_is_never_tolerated() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    for word in ["in_doubt", "pending", "failed", "everything"] {
        let ran = finish(bed.run_with(1, &format!("--tolerate {word}"))).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(&format!("`{word}`")), "{ran:?}");
    }
    assert!(bed.books.users().iter().all(|user| user.active));
}

#[apply(end_to_end!)]
async fn a_code_of_a_failure_is_tolerated_for_the_users_that_have_it() {
    let bed = Bed::new(offboard::sandbox::SandboxSettings {
        users: 3,
        refused: 1,
        ..offboard::sandbox::SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    let ran = finish(bed.run_with(3, "--rate unlimited --tolerate forbidden")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stderr
            .contains("1 of these are tolerated (`--tolerate`)"),
        "{ran:?}"
    );
    std::fs::write(bed.path("offboard.toml"), "tolerate = \"not_found\"\n").unwrap();
    let ran = finish(bed.run_with(3, "--rate unlimited")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    std::fs::write(bed.path("offboard.toml"), "tolerate = \"forbidden\"\n").unwrap();
    let ran = finish(bed.run_with(3, "--rate unlimited")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}
