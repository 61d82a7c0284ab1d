//! Rosters as spreadsheets and other products write them: each user is done, or the file is refused.

use crate::support::{Bed, finish};

/// The roster with `ID` and `MAIL` of the users of the bed, numbered from 0.
fn filled(bed: &Bed, text: &str) -> String {
    let mut filled = text.to_owned();
    for (number, person) in bed.people.iter().enumerate() {
        filled = filled.replace(&format!("ID{number}"), &person.id);
        filled = filled.replace(&format!("MAIL{number}"), &person.user_name);
    }
    filled
}

/// Writes the roster and removes the first two users by it.
async fn both_are_done(bytes: &[u8], more: &[&str], bed: &Bed) {
    std::fs::write(bed.path("leavers.csv"), bytes).unwrap();
    let words = "run leavers.csv --disable --remove-access --confirm 2 --cap-share 100%";
    let mut command = bed.offboard(&words.split(' ').collect::<Vec<_>>());
    command.args(more);
    let ran = finish(command).await;
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(ran.code, Some(0), "{text:?} {more:?}: {ran:?}");
    let gone: Vec<_> = bed.people.iter().map(|one| bed.is_gone(&one.id)).collect();
    assert_eq!(gone, [true, true, false], "{text:?}");
}

#[apply(end_to_end!)]
async fn each_user_in_a_roster_of_a_spreadsheet_is_done() {
    let rosters: [(&str, &[&str]); 8] = [
        ("sep=;\r\nUser ID;Name\r\nID0;Ann\r\nID1\r\n", &[]),
        (
            "Leavers of November,,\r\n,,\r\nUser ID,Email,Name\r\nID0,MAIL0,Ann,,\r\nID1\r\n",
            &[],
        ),
        (
            "version:v1.0\r\nUser name [userPrincipalName] Required\r\nMAIL0\r\nMAIL1\r\n",
            &[],
        ),
        ("Leavers\nUser ID\nID0\nID1\n", &["--header-line", "2"]),
        ("ID0,Ann\nID1,Bob\n", &["--no-header", "--id-column", "#1"]),
        ("Ann;MAIL0\nBob;MAIL1\n", &["--no-header"]),
        ("User\u{a0}ID\nID0\nID1\n", &[]),
        ("Name,Work email\nAnn,MAIL0\nBob,MAIL1\n", &[]),
    ];
    for (text, more) in rosters {
        let bed = Bed::with_users(3).await;
        both_are_done(filled(&bed, text).as_bytes(), more, &bed).await;
    }
}

#[apply(end_to_end!)]
async fn a_name_in_another_encoding_stops_no_line() {
    for more in [&[][..], &["--encoding", "windows-1252"]] {
        let bed = Bed::with_users(3).await;
        let text = filled(&bed, "User ID,Pr\u{fffd}nom\nID0,Jos\u{fffd}\nID1,Ann\n");
        let parts: Vec<_> = text.split('\u{fffd}').map(str::as_bytes).collect();
        both_are_done(&parts.join(&b'\xe9'), more, &bed).await;
    }
}

#[apply(end_to_end!)]
async fn p7_a_first_user_is_not_lost_as_a_header() {
    let bed = Bed::with_users(3).await;
    let text = filled(&bed, "MAIL0\nMAIL1\n");
    std::fs::write(bed.path("leavers.csv"), &text).unwrap();
    let words = "run leavers.csv --disable --confirm 1 --cap-share 100% --email-column #1";
    let ran = finish(bed.offboard(&words.split(' ').collect::<Vec<_>>())).await;
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains("`--no-header`"), "{ran:?}");
    assert_eq!(bed.books.totals().requests, 0);
    both_are_done(text.as_bytes(), &["--no-header"], &bed).await;
}
