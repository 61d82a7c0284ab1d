//! The page on paper: all lines, with the header of the table on each sheet.

use std::process::Command;

use serde_json::json;

use super::chromium::{Browser, find};
use super::story::{column, story};

/// The text of each sheet of a printed page; `None`, with a word about it, where no program reads it.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn sheets(pdf: &std::path::Path) -> Option<Vec<String>> {
    let Some(program) = find("pdftotext") else {
        eprintln!("SKIPPED: no pdftotext is installed; what was printed was not read");
        return None;
    };
    let read = Command::new(program)
        .arg("-layout")
        .arg(pdf)
        .arg("-")
        .output();
    let text = String::from_utf8(read.unwrap().stdout).unwrap();
    let mut sheets: Vec<_> = text.split('\u{c}').map(str::to_owned).collect();
    // Each sheet ends with a form feed.
    sheets.pop();
    Some(sheets)
}

#[apply(end_to_end!)]
async fn paper_has_all_lines_and_a_header_on_each_sheet() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let bed = story().await;
    browser.open(&bed.path("evidence/report.html")).await;
    browser.click("#people tbody .more").await;
    let shown = column(&browser, "Line").await;
    let pdf = bed.path("page.pdf");
    browser.print(&pdf).await;
    // The screen is afterwards what it was, with the details that were open.
    assert_eq!(column(&browser, "Line").await, shown);
    let open = "return document.querySelectorAll('#people .detail').length";
    assert_eq!(browser.run(open, json!([])).await, 1);
    let Some(sheets) = sheets(&pdf) else {
        return;
    };
    let all = sheets.concat();
    for person in &bed.people {
        for part in [&person.id, &person.user_name] {
            assert!(all.contains(part.as_str()), "{part}");
        }
    }
    let first = sheets
        .iter()
        .position(|sheet| sheet.contains("Printed: all "));
    let table = &sheets[first.unwrap()..];
    // Such as a heading at the foot of a sheet, with its table on the next one.
    assert!(
        table[0].contains("All lines") && table[0].contains("Failed"),
        "{}",
        table[0]
    );
    assert!(table.len() > 3, "{}", table.len());
    for sheet in table {
        assert!(
            sheet.contains("Attempts") && sheet.contains("Outcome"),
            "{sheet}"
        );
    }

    // With a filter, paper has the selected lines and says so.
    browser.type_into("#search", "ghost2").await;
    browser.print(&pdf).await;
    let filtered = self::sheets(&pdf).unwrap().concat();
    let words: Vec<_> = filtered.split_whitespace().collect();
    let said = "Printed: 1 line that the search finds.";
    assert!(words.join(" ").contains(said), "{filtered}");
    let removed = bed.people.iter().find(|person| bed.is_gone(&person.id));
    assert!(!filtered.contains(&removed.unwrap().id), "{filtered}");
    browser.stop().await;
}
