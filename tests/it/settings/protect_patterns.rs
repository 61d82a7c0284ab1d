//! The protect list from every source: all of them add up, and patterns that cover no user are reported.

use crate::support::{Bed, finish};

#[apply(end_to_end!)]
async fn p7_every_protect_list_counts_and_the_own_account_is_named() {
    let bed = Bed::with_users(4).await;
    bed.write_roster(&[]);
    let name = |user: usize| bed.people[user].user_name.as_str();
    for (file, user) in [("flag", 0), ("variable", 1), ("file", 2)] {
        std::fs::write(bed.path(file), name(user)).unwrap();
    }
    std::fs::write(bed.path("own.toml"), "protect-file = [\"file\"]\n").unwrap();
    let mut command = bed.offboard(&["plan", "leavers.csv", "--disable", "--json"]);
    command.args(["--config", "own.toml", "--protect-file", "flag", "--self"]);
    command.arg(&bed.people[3].id);
    command.env("OFFBOARD_PROTECT_FILE", "variable");
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let plan: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(plan["to_write"], 0, "{ran:?}");
    let told = format!("`--self` says: {}, {}", bed.people[3].id, name(3));
    assert_eq!(ran.stderr.matches(&told).count(), 1, "{ran:?}");

    let mut command = bed.offboard(&["plan", "leavers.csv", "--disable", "--self", "nobody"]);
    command.arg("--new");
    let ran = finish(command).await;
    assert!(ran.stderr.contains("`--self nobody` may not be"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn p7_patterns_that_cover_no_user_are_listed_once_with_their_number() {
    let bed = Bed::with_users(2).await;
    bed.write_roster(&[]);
    let list = format!(
        "{}\nnobody@elsewhere.com  # left long ago\n",
        bed.people[0].user_name
    );
    std::fs::write(bed.path("keep"), list).unwrap();
    let mut command = bed.offboard(&["plan", "leavers.csv", "--disable"]);
    command.args(["--protect-file", "keep"]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let words =
        "1 of 2 patterns of the protect list cover no user of this job: nobody@elsewhere.com";
    assert_eq!(ran.stderr.matches(words).count(), 1, "{ran:?}");
    assert!(!ran.stderr.contains("left long ago"), "{ran:?}");
    // Without a look-up no name is known, and no pattern is reported.
    let mut command = bed.offboard(&["run", "ids.csv", "--disable", "--no-lookup"]);
    std::fs::write(bed.path("ids.csv"), format!("id\n{}\n", bed.people[0].id)).unwrap();
    command.args(["--protect-file", "keep"]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(
        ran.stderr.contains("whose name is known (of 1 it is not)"),
        "{ran:?}"
    );
}
