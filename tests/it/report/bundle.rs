//! The bundle that `report` writes, and `status`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Stdio;

use offboard::sandbox::SandboxSettings;

use crate::fleet::in_postgres::on_each_ledger;
use crate::support::{
    Bed, Transcript, all_done, check_text, finish, half_done, run_one_by_one, start, until,
};

/// Names and ids that a spreadsheet, a terminal or a careless parser would take for something else.
const ODD: [&str; 7] = [
    "=1+1,\"=HYPERLINK(\"\"https://example.com\"\")\",x",
    "@user,+49 30,y",
    "+user,\"Anführung \"\"oben\"\"\",z",
    "odd1,\"two\nlines\",\"a,b\"",
    "odd2,Łukasz Ωμέγα 山田,\u{202e}x",
    "odd3",
    "odd4,'x,-5",
];

/// A job with every outcome that a healthy provider leads to.
async fn mixed() -> Bed {
    let bed = Bed::new(SandboxSettings {
        users: 4,
        refused: 1,
        ..SandboxSettings::default()
    })
    .await;
    let mut text = String::from("User ID,Full Name,=Note\n");
    for person in &bed.people {
        writeln!(text, "{},{},n", person.id, person.display_name).unwrap();
    }
    for line in ODD {
        text.push_str(line);
        text.push('\n');
    }
    writeln!(text, "{},again,n", bed.people[0].id.to_uppercase()).unwrap();
    std::fs::write(bed.path("leavers.csv"), text).unwrap();
    let ran = finish(run_one_by_one(&bed, "unlimited", 4)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    bed
}

fn read_csv(bed: &Bed, name: &str) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_path(bed.path(name))
        .unwrap()
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[apply(on_each_ledger)]
async fn p8_every_line_of_the_roster_is_a_row_in_its_order_with_its_own_columns() {
    let bed = mixed().await;
    let ran = finish(bed.offboard(&["report", "-o", "evidence"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(
        ran.stdout.lines().collect::<Vec<_>>(),
        offboard::report::FILES.map(|name| format!("evidence/{name}")),
        "{ran:?}"
    );

    let roster = read_csv(&bed, "leavers.csv");
    let report = read_csv(&bed, "evidence/report.csv");
    assert_eq!(report.len(), roster.len());
    let own = report[0].len() - roster[0].len();
    let plain = |cell: &String| cell.strip_prefix('\'').unwrap_or(cell).to_owned();
    for (ours, theirs) in report.iter().zip(&roster) {
        let kept: Vec<_> = ours[own..].iter().map(plain).collect();
        let given: Vec<_> = theirs.iter().map(plain).collect();
        assert_eq!(kept, given);
    }
    for cell in report.iter().flatten() {
        assert!(
            !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
            "{cell}"
        );
    }
    let lines: Vec<u64> = report[1..]
        .iter()
        .map(|row| row[0].parse().unwrap())
        .collect();
    assert!(lines.is_sorted() && lines[0] == 2, "{lines:?}");
    let text = std::fs::read_to_string(bed.path("evidence/report.csv")).unwrap();
    check_text("report_table", &text, bed.dir.path());

    // What the report says of people is what the provider's own books say.
    for row in &report[1..=bed.people.len()] {
        assert_eq!(row[4] == "removed", bed.is_gone(&row[1]), "{row:?}");
    }
    assert!(!files(&bed).iter().any(|name| name.contains("draft")));
}

#[apply(on_each_ledger)]
async fn p8_the_totals_are_the_lines_of_the_roster() {
    let bed = mixed().await;
    let ran = finish(bed.offboard(&["report", "--json", "-o", "evidence"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let text = std::fs::read_to_string(bed.path("evidence/summary.json")).unwrap();
    check_text("report_summary", &text, bed.dir.path());

    let stored: serde_json::Value = serde_json::from_str(&text).unwrap();
    let printed: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(stored, printed);
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for row in &read_csv(&bed, "evidence/report.csv")[1..] {
        *counted.entry(row[4].clone()).or_default() += 1;
    }
    let lines = read_csv(&bed, "leavers.csv").len() as u64 - 1;
    assert_eq!(stored["lines"], lines);
    assert_eq!(stored["balanced"], true);
    for (outcome, count) in stored["outcomes"].as_object().unwrap() {
        let rows = counted.get(outcome).copied().unwrap_or(0);
        assert_eq!(count, rows, "{outcome}");
    }
    assert_eq!(counted.values().sum::<u64>(), lines);
}

fn files(bed: &Bed) -> Vec<String> {
    std::fs::read_dir(bed.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

#[apply(end_to_end!)]
async fn an_occupied_folder_is_refused_and_left_alone() {
    let bed = all_done().await;
    std::fs::create_dir(bed.path("kept")).unwrap();
    std::fs::write(bed.path("kept/mine.txt"), "mine").unwrap();
    std::fs::write(bed.path("file"), "mine").unwrap();
    std::fs::create_dir(bed.path("empty")).unwrap();
    let mut told = Transcript::default();
    for dir in ["kept", "file"] {
        let ran = finish(bed.offboard(&["report", "-o", dir])).await;
        assert_eq!(ran.code, Some(3), "{ran:?}");
        told.add(dir, &ran);
    }
    let ran = finish(bed.offboard(&["report", "-o", "empty"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // A second one would have to overwrite the first.
    let ran = finish(bed.offboard(&["report", "-o", "empty"])).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    told.check("report_occupied", bed.dir.path());
    assert_eq!(
        std::fs::read_to_string(bed.path("kept/mine.txt")).unwrap(),
        "mine"
    );
    assert_eq!(std::fs::read_to_string(bed.path("file")).unwrap(), "mine");
    assert!(!files(&bed).iter().any(|name| name.contains("draft")));
}

#[apply(end_to_end!)]
async fn an_unfinished_job_has_a_report_that_claims_no_more_than_was_seen() {
    let bed = half_done(rustix::process::Signal::KILL).await;
    let ran = finish(bed.offboard(&["report", "-o", "evidence"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let rows = read_csv(&bed, "evidence/report.csv");
    assert_eq!(rows.len(), 21);
    let with = |outcome: &str| rows.iter().filter(|row| row[4] == outcome).count();
    assert!(with("removed") >= 1 && with("pending") >= 1, "{rows:?}");
    let claimed = rows.iter().filter(|row| row[4] == "removed");
    assert!(claimed.clone().all(|row| bed.is_gone(&row[1])));
    let text = std::fs::read_to_string(bed.path("evidence/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(summary["finished"], false);
    assert_eq!(summary["balanced"], true);

    let ran = finish(bed.offboard(&["status"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let died = ran.stdout.lines().find(|line| line.ends_with(", died"));
    assert!(died.is_some(), "{ran:?}");
    assert!(!ran.stdout.contains("in use by"), "{ran:?}");
    assert!(!ran.stdout.contains("in flight"), "{ran:?}");
    let next = ran.stdout.lines().last().unwrap();
    let (_, command) = next.split_once(": offboard run ").unwrap();
    let words = shlex::split(command).unwrap();
    let mut command = bed.offboard(&["run"]);
    command.args(words).args(["--confirm", "20"]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = finish(bed.offboard(&["status"])).await;
    assert!(!ran.stdout.contains("to continue"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn status_shows_a_finished_job_and_one_under_way() {
    let bed = mixed().await;
    let mut told = Transcript::default();
    told.add("status", &finish(bed.offboard(&["status"])).await);
    let ran = finish(bed.offboard(&["status", "--json"])).await;
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["held_by"], serde_json::Value::Null);
    told.add("status --json", &ran);
    told.add(
        "run again",
        &finish(run_one_by_one(&bed, "unlimited", 10)).await,
    );
    told.check("report_status", bed.dir.path());

    let bed = Bed::with_users(40).await;
    bed.write_roster(&[]);
    let mut child = start(run_one_by_one(&bed, "10/s", 40));
    until("somebody is gone", || {
        bed.people.iter().any(|person| bed.is_gone(&person.id))
    })
    .await;
    // Once in flight, it is said so: no look of a healthy run shows a doubt.
    until("a request is in flight", || {
        let ran = bed.offboard(&["status"]).output().unwrap();
        let text = String::from_utf8(ran.stdout).unwrap();
        assert!(!text.contains("in doubt"), "{text}");
        text.contains("in flight")
    })
    .await;
    let json = finish(bed.offboard(&["status", "--json"])).await;
    let ran = finish(bed.offboard(&["status"])).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["activity"], "writing", "{json}");
    assert!(ran.stdout.contains("/s, "), "{ran:?}");
    assert!(ran.stdout.contains(" left\n"), "{ran:?}");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains(", under way"), "{ran:?}");
    let holder = format!("in use by process {} on ", child.id());
    assert!(ran.stdout.contains(&holder), "{ran:?}");
}

#[apply(end_to_end!)]
async fn a_closed_pipe_is_no_failure() {
    let bed = all_done().await;
    for args in [
        ["status"].as_slice(),
        &["report", "-q", "-o", "evidence"],
        &["--help"],
    ] {
        let mut command = bed.offboard(args);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(writer).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        let ran = crate::support::ended(child).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{args:?}");
    }
    assert!(bed.path("evidence/report.csv").exists());
}

#[apply(end_to_end!)]
async fn a_folder_that_is_there_and_empty_is_filled() {
    let bed = all_done().await;
    for name in ["here", "kept", "behind"] {
        std::fs::create_dir(bed.path(name)).unwrap();
    }
    std::os::unix::fs::symlink("behind", bed.path("link")).unwrap();
    for (folder, args) in [
        ("here", ["report", "-o", "."]),
        ("", ["report", "-o", "new/"]),
        ("", ["report", "-o", "kept/"]),
        ("", ["report", "-o", "link"]),
    ] {
        let mut command = bed.offboard(&args);
        command.current_dir(bed.path(folder));
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(0), "{args:?}: {ran:?}");
    }
    assert!(bed.path("link").is_symlink());
    for folder in ["here", "new", "kept", "behind"] {
        let there = std::fs::read_dir(bed.path(folder)).unwrap();
        let mut names: Vec<_> = there.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        let mut all = offboard::report::FILES;
        all.sort_unstable();
        assert_eq!(names, all, "{folder}");
    }
    assert!(!files(&bed).iter().any(|name| name.contains("draft")));
}

#[apply(on_each_ledger)]
async fn p8_a_report_of_a_run_under_way_is_of_one_moment() {
    let bed = Bed::with_users(60).await;
    bed.write_roster(&[]);
    let mut child = start(run_one_by_one(&bed, "unlimited", 60));
    until("the first is gone", || {
        bed.people.iter().any(|person| bed.is_gone(&person.id))
    })
    .await;
    let mut reader = offboard::ledger::Reader::open(bed.address()).await.unwrap();
    let latest = offboard::ledger::JobSelector::Latest;
    reader.begin_snapshot().await.unwrap();
    let job = reader.select_job(&latest).await.unwrap();
    let before = reader.counts(&job).await.unwrap();
    child.wait().unwrap();
    assert_eq!(reader.counts(&job).await.unwrap(), before);
    reader.end_snapshot().await.unwrap();
    assert_eq!(reader.counts(&job).await.unwrap().open(), 0);
}

#[apply(end_to_end!)]
async fn a_ledger_that_lost_a_line_is_called_damaged() {
    use sqlx::{ConnectOptions, Connection};
    let bed = all_done().await;
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(bed.ledger())
        .connect()
        .await
        .unwrap();
    sqlx::raw_sql("DELETE FROM users WHERE line = 3")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let ran = finish(bed.offboard(&["report", "-o", "evidence"])).await;
    assert_eq!(ran.code, Some(12), "{ran:?}");
    assert!(ran.stderr.contains("the ledger is damaged"), "{ran:?}");
}

/// A file that takes nothing, as a full disk does.
fn full() -> std::fs::File {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).open("/dev/full").unwrap()
}

#[apply(end_to_end!)]
async fn a_log_that_cannot_be_written_ends_no_run() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let mut command = bed.run_with(3, "-vv --rate unlimited");
    command.stdout(Stdio::piped()).stderr(full());
    let child = command.spawn().unwrap();
    let ran = crate::support::ended(child).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[apply(end_to_end!)]
async fn totals_that_cannot_be_printed_hide_neither_the_exit_code_nor_how_to_continue() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    for (flags, code, told) in [
        ("--rate unlimited --max-duration 0s", 11, "to continue: "),
        ("--rate unlimited --json", 0, "for the report: "),
    ] {
        let mut command = bed.run_with(3, flags);
        command.stdout(full()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        let ran = crate::support::ended(child).await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.stderr.contains(told), "{ran:?}");
        let complaint = "cannot write to standard output";
        assert!(ran.stderr.contains(complaint), "{ran:?}");
    }
}
