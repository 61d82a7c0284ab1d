//! Rosters that cannot be used, and lines that cannot.

use std::process::Command;

use crate::support::{Bed, Transcript, all_done, finish, half_done, run_one_by_one};

/// Files that are no rosters: what is wrong, and the bytes.
fn unusable() -> Vec<(&'static str, Vec<u8>)> {
    let png = [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(),
        &[0, 159, 146, 150],
    ]
    .concat();
    vec![
        ("an empty file", Vec::new()),
        ("blank lines only", b"\n\r\n\n".to_vec()),
        ("a header only", b"User ID,Email\n".to_vec()),
        ("no column of ids", b"Name,Team\nuser00001,A\n".to_vec()),
        ("binary junk", png),
        (
            "a header in another encoding",
            b"Kennung,Pr\xe9nom\na1,x\n".to_vec(),
        ),
        (
            "a quote that is never closed",
            b"User ID,Name\na1,x\na2,\"y\na3,z\n".to_vec(),
        ),
        (
            "an id of 10 kB alone",
            [b"User ID\n", "a".repeat(10_000).as_bytes()].concat(),
        ),
        (
            "two columns of ids",
            b"User ID,Name,User ID\na1,x,a2\n".to_vec(),
        ),
        ("no usable line", b"User ID,Name\n,x\n1.2E+31,y\n".to_vec()),
    ]
}

fn run_on(bed: &Bed, roster: &str, more: &[&str]) -> Command {
    let mut command = bed.offboard(&["run", roster, "--disable", "--confirm", "1"]);
    command.args(more);
    command
}

#[apply(end_to_end!)]
async fn a_roster_that_cannot_be_used_says_why_and_touches_no_ledger() {
    let bed = Bed::with_users(1).await;
    let told = refuse_all(&bed).await;
    bed.assert_no_ledger("a bad roster");
    told.check("input_rosters", bed.dir.path());

    let bed = all_done().await;
    let before = bed.committed_bytes().await;
    refuse_all(&bed).await;
    assert!(
        bed.committed_bytes().await == before,
        "the ledger was touched"
    );
}

async fn refuse_all(bed: &Bed) -> Transcript {
    let mut told = Transcript::default();
    std::fs::create_dir_all(bed.path("folder.csv")).unwrap();
    for (what, roster) in [("no such file", "nobody.csv"), ("a folder", "folder.csv")] {
        let ran = finish(run_on(bed, roster, &[])).await;
        assert_eq!(ran.code, Some(4), "{what}: {ran:?}");
        told.add(what, &ran);
    }
    for (what, bytes) in unusable() {
        std::fs::write(bed.path("bad.csv"), bytes).unwrap();
        let ran = finish(run_on(bed, "bad.csv", &[])).await;
        assert_eq!(ran.code, Some(4), "{what}: {ran:?}");
        assert!(ran.stderr.len() < 600, "{what}: {ran:?}");
        told.add(what, &ran);
    }
    std::fs::write(bed.path("bad.csv"), "User ID,Name\na1,x\na 2\n").unwrap();
    for (what, more) in [
        ("a bad line under --strict", ["--strict"].as_slice()),
        ("a column that is not there", &["--id-column", "Login"]),
        ("a column number that is not there", &["--id-column", "#3"]),
    ] {
        let ran = finish(run_on(bed, "bad.csv", more)).await;
        assert_eq!(ran.code, Some(4), "{what}: {ran:?}");
        told.add(what, &ran);
    }
    told
}

#[apply(end_to_end!)]
async fn a_bad_line_is_listed_and_the_others_continue() {
    let bed = Bed::with_users(2).await;
    let (first, last) = (&bed.people[0].id, &bed.people[1].id);
    let long = "a".repeat(10_000);
    let text = format!(
        "User ID,Email\n{first},user00000@example.com\nabc\nabc,x,y\n\n,x\n{long},x\nu\0u,x\na b,x\n\
         1.23E+31,x\nu\u{200b}1,x\n..,x\n\"two\nlines\",x\n{last},user00001@example.com\n"
    );
    std::fs::write(bed.path("leavers.csv"), text).unwrap();
    let ran = finish(run_one_by_one(&bed, "unlimited", 2)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(bed.is_gone(first) && bed.is_gone(last));
    assert!(ran.stderr.len() < 4000, "{ran:?}");
    let mut told = Transcript::default();
    told.add("bad lines among good ones", &ran);
    told.check("input_bad_lines", bed.dir.path());
}

#[apply(end_to_end!)]
async fn a_roster_that_changed_under_an_unfinished_job_is_refused_with_the_difference() {
    let bed = half_done(rustix::process::Signal::TERM).await;
    let before = bed.committed_bytes().await;
    let roster = bed.path("leavers.csv");
    let text = std::fs::read_to_string(&roster).unwrap();
    let without = format!("{},", bed.people[4].id);
    let mut changed: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with(&without))
        .collect();
    changed.push("ffffffffffffffffffffffffffffffff,nobody@example.com");
    std::fs::write(&roster, changed.join("\n")).unwrap();
    let ran = finish(run_one_by_one(&bed, "20/s", 20)).await;
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains(&bed.people[4].id), "{ran:?}");
    assert!(
        bed.committed_bytes().await == before,
        "the ledger was touched"
    );
    let mut told = Transcript::default();
    told.add("one user fewer, one more", &ran);
    told.check("input_changed_roster", bed.dir.path());

    // It is the same file by another name, and still is once a job for its new bytes is loaded.
    std::fs::create_dir(bed.path("sub")).unwrap();
    std::os::unix::fs::symlink(&roster, bed.path("link.csv")).unwrap();
    for name in ["sub/../leavers.csv", "link.csv"] {
        let ran = finish(run_on(&bed, name, &["--remove-access"])).await;
        assert_eq!(ran.code, Some(4), "{name}: {ran:?}");
    }
    let mut unconfirmed = bed.offboard(&["run", "leavers.csv", "--disable", "--remove-access"]);
    unconfirmed.arg("--new");
    let ran = finish(unconfirmed).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    let ran = finish(run_one_by_one(&bed, "20/s", 20)).await;
    assert_eq!(ran.code, Some(4), "{ran:?}");

    // The file as it was continues.
    std::fs::write(&roster, text).unwrap();
    let ran = finish(bed.run_all(20)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}
