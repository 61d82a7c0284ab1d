//! Nothing is sent without the right number of users to confirm.

use offboard::sandbox::UserBook;

use crate::support::{Bed, Transcript, finish};

#[apply(end_to_end!)]
async fn p7_without_the_right_number_nothing_is_sent() {
    let bed = Bed::with_users(3).await;
    let repeated = format!("{},again@example.com", bed.people[0].id);
    bed.write_roster(&[&repeated, ",nobody@example.com"]);
    let mut told = Transcript::default();
    for (what, change, confirm) in [
        (
            "nothing confirmed",
            ["--disable", "--remove-access"].as_slice(),
            None,
        ),
        (
            "all lines confirmed, not all users",
            &["--disable"],
            Some("5"),
        ),
        ("none confirmed", &["--remove-access"], Some("0")),
    ] {
        let mut command = bed.offboard(&["run", "leavers.csv"]);
        command.args(change);
        command.args(confirm.map(|number| format!("--confirm={number}")));
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(6), "{what}: {ran:?}");
        assert!(ran.stderr.contains("`--confirm 3`"), "{what}: {ran:?}");
        told.add(what, &ran);
    }
    let written = |user: &UserBook| user.writes_received > 0;
    assert!(!bed.books.users().iter().any(written));
    told.check("input_confirmation", bed.dir.path());
}
