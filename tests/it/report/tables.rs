//! The tables of a report for spreadsheets: CSV files that open by a double click, and a workbook.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{Cursor, Read};
use std::process::Stdio;

use offboard::sandbox::SandboxSettings;

use crate::support::{Bed, finish, in_a_terminal, skipped};

/// The mark of UTF-8 at the beginning of a file.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A finished job of a few users, one of whom has a name that spreadsheets garble.
async fn done() -> Bed {
    let bed = Bed::new(SandboxSettings {
        users: 4,
        refused: 1,
        ..SandboxSettings::default()
    })
    .await;
    let mut text = String::from("User ID,Full Name,Code\n");
    for person in &bed.people {
        writeln!(text, "{},Łukasz Ωμέγα,0042", person.id).unwrap();
    }
    text.push_str("ghost1,\"=1+1\",7\n");
    std::fs::write(bed.path("leavers.csv"), text).unwrap();
    let ran = finish(bed.run_with(5, "--rate unlimited --no-lookup")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    bed
}

#[apply(end_to_end!)]
async fn csv_files_have_the_mark_of_utf_8_unless_it_is_left_out_and_audits_read_both() {
    let bed = done().await;
    for (folder, flags, has_mark) in [("marked", &[][..], true), ("plain", &["--no-bom"], false)] {
        let ran = finish(bed.offboard(&[&["report", "-o", folder], flags].concat())).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        for name in ["report.csv", "undo.csv"] {
            let bytes = std::fs::read(bed.path(&format!("{folder}/{name}"))).unwrap();
            assert_eq!(bytes.starts_with(BOM), has_mark, "{folder}/{name}");
            let text = String::from_utf8(bytes).unwrap();
            let text = text.trim_start_matches('\u{feff}');
            assert!(text.starts_with('"') && text.ends_with("\"\n"), "{text}");
        }
        for name in [
            "events.jsonl",
            "summary.json",
            "README.txt",
            "manifest.json",
        ] {
            let bytes = std::fs::read(bed.path(&format!("{folder}/{name}"))).unwrap();
            assert!(!bytes.starts_with(BOM), "{folder}/{name}");
        }
        let ran = finish(bed.offboard(&["audit", "verify", folder])).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        // The file that names the users of an undo is a roster, with and without the mark.
        let undo = format!("{folder}/undo.csv");
        let ran = finish(bed.offboard(&["roster", "check", &undo])).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    // A program that reads standard output gets no mark, unless it is asked for.
    for (flags, folder) in [(&[][..], "plain"), (&["--no-bom=false"], "marked")] {
        let args = [&["report", "--format", "csv"], flags].concat();
        let ran = finish(bed.offboard(&args)).await;
        let whole = std::fs::read_to_string(bed.path(&format!("{folder}/report.csv"))).unwrap();
        assert_eq!(ran.stdout, whole, "{flags:?}");
    }
}

/// The files inside a workbook.
fn parts(bytes: &[u8]) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

fn workbook(bed: &Bed, flags: &[&str]) -> Vec<u8> {
    let args = [&["report", "--format", "xlsx"], flags].concat();
    let ran = bed.offboard(&args).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    ran.stdout
}

#[apply(end_to_end!)]
async fn a_workbook_has_typed_cells_a_frozen_header_and_filters_on_two_sheets() {
    let bed = done().await;
    let bytes = workbook(&bed, &[]);
    assert_eq!(
        bytes,
        workbook(&bed, &[]),
        "the same ledger gives the same bytes"
    );
    let parts = parts(&bytes);
    let book = &parts["xl/workbook.xml"];
    for name in ["name=\"users\"", "name=\"summary\""] {
        assert!(book.contains(name), "{book}");
    }
    for sheet in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"] {
        let sheet = &parts[sheet];
        assert!(sheet.contains("state=\"frozen\""), "{sheet}");
        assert!(sheet.contains("<autoFilter ref=\"A1:"), "{sheet}");
    }
    let users = &parts["xl/worksheets/sheet1.xml"];
    let text = |text: &str| format!("t=\"inlineStr\"><is><t>{text}</t>");
    for person in &bed.people {
        assert!(users.contains(&text(&person.id)), "{users}");
    }
    // A cell of digits stays as it was written, and nothing becomes a formula.
    for cell in ["0042", "=1+1", "Łukasz Ωμέγα", "done_at (UTC)"] {
        assert!(users.contains(&text(cell)), "{cell}: {users}");
    }
    assert!(!users.contains("<f>"), "{users}");
    // A moment is a number of days with the format of a date.
    let ran = finish(bed.offboard(&["report", "--format", "json"])).await;
    let summary: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let began = summary["runs"][0]["started_at"].as_str().unwrap();
    let began: jiff::Timestamp = began.parse().unwrap();
    let days = began.as_millisecond().div_euclid(86_400_000) + 25_569;
    let sheet = &parts["xl/worksheets/sheet2.xml"];
    assert!(sheet.contains(&format!("<v>{days}.")), "{days}: {sheet}");
    assert!(
        parts["xl/styles.xml"].contains("yyyy\\-mm\\-dd")
            || parts["xl/styles.xml"].contains("yyyy-mm-dd")
    );
}

#[apply(end_to_end!)]
async fn a_masked_workbook_has_no_name_and_no_address() {
    let bed = done().await;
    let open: String = parts(&workbook(&bed, &[])).into_values().collect();
    let masked: String = parts(&workbook(&bed, &["--redact"]))
        .into_values()
        .collect();
    for person in &bed.people {
        for name in [&person.user_name, &person.display_name] {
            assert!(open.contains(name.as_str()), "{name}");
            assert!(!masked.contains(name.as_str()), "{name}");
        }
        assert!(masked.contains(&person.id));
    }
    assert!(open.contains("Łukasz") && !masked.contains("Łukasz"));
}

#[apply(end_to_end!)]
async fn a_time_zone_changes_what_people_read_and_not_the_evidence() {
    let bed = done().await;
    let zone = ["--time-zone", "Asia/Kolkata"];
    let of = |format: &'static str, more: &'static [&'static str]| {
        finish(bed.offboard(&[&["report", "--format", format], more].concat()))
    };
    for format in ["csv", "jsonl", "json"] {
        let zoned = of(format, &["--time-zone", "Asia/Kolkata"]).await;
        assert_eq!(zoned.stdout, of(format, &[]).await.stdout, "{format}");
    }
    let utc = of("html", &[]).await.stdout;
    let page = of("html", &["--time-zone", "Asia/Kolkata"]).await.stdout;
    assert!(utc.contains("All times are UTC.") && !utc.contains(" IST"));
    assert!(
        page.contains("All times are in the time zone Asia/Kolkata"),
        "{page}"
    );
    assert!(page.contains(" IST</time>"), "{page}");
    let users = &parts(&workbook(&bed, &zone))["xl/worksheets/sheet1.xml"];
    for column in ["done_at (UTC)", "done_at (Asia/Kolkata)"] {
        assert!(users.contains(column), "{column}: {users}");
    }
    let ran = finish(bed.offboard(&["report", "--format", "html", "--time-zone", "Mars"])).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("`Mars` is no time zone"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn a_workbook_is_not_written_to_a_terminal() {
    let bed = done().await;
    let command = bed.offboard(&["report", "--format", "xlsx"]);
    let Some(script) = in_a_terminal(&command, Stdio::null()) else {
        return skipped();
    };
    let ran = finish(script).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stdout.contains("a workbook is no text"), "{ran:?}");
    assert!(ran.stdout.contains("> report.xlsx"), "{ran:?}");
}
