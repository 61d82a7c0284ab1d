//! `retry` tries the users again that failed.

use offboard::domain::Status;
use offboard::sandbox::{FaultKind, SandboxSettings};

use crate::support::{Bed, finish, tally};

#[tokio::test]
async fn users_that_failed_are_tried_once_more() {
    let bed = Bed::new(SandboxSettings {
        users: 20,
        refused: 2,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    for (person, book) in bed.people.iter().zip(bed.books.users()).step_by(4) {
        if !book.refused {
            bed.sandbox.plan_faults(&person.id, [FaultKind::Error500]);
        }
    }
    let ran = finish(bed.run_with(20, "--rate unlimited --max-attempts 1")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let failed = tally(&bed.rows().await)[&Status::Failed];
    assert!(failed > 4, "{failed}");
    // One reason alone; an unknown one is misuse.
    let ran = finish(bed.verb("retry", "--confirm 20 --only sometimes")).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    // The number of the job is not that of the retry.
    let of_one_reason = failed - 2;
    let retry = |users| format!("--confirm {users} --only server_error --max-attempts 9");
    let ran = finish(bed.verb("retry", &retry(20))).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    let ran = finish(bed.verb("retry", &retry(of_one_reason))).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let said = format!("{of_one_reason} users are tried again");
    assert!(ran.stderr.contains(&said), "{ran:?}");
    let rows = bed.rows().await;
    let still: Vec<_> = rows
        .iter()
        .filter(|row| row.status == Status::Failed)
        .collect();
    assert_eq!(still.len(), 2, "{still:?}");
    assert!(
        still
            .iter()
            .all(|row| row.reason.as_deref() == Some("forbidden"))
    );
    for person in 0..20 {
        assert!(bed.book(person).writes_changed <= 1);
    }
}
