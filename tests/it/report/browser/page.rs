//! What a person sees, finds and presses on the page.

use std::path::Path;

use serde_json::{Value, json};

use super::chromium::Browser;
use super::story::{REFUSED, column, story, told};
use crate::support::{Bed, finish};

fn summary(bed: &Bed) -> Value {
    let text = std::fs::read_to_string(bed.path("evidence/summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn choose(browser: &Browser, select: &str, value: &str) {
    let script = "const list = document.getElementById(arguments[0]);
        list.value = arguments[1]; list.dispatchEvent(new Event('change'))";
    browser.run(script, json!([select, value])).await;
}

#[apply(end_to_end!)]
async fn the_page_is_searched_filtered_sorted_and_paged_and_agrees_with_the_summary() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let bed = story().await;
    let summary = summary(&bed);
    browser.open(&bed.path("evidence/report.html")).await;
    check_counts(&browser, &summary).await;
    check_search(&browser).await;
    check_pages(&browser, summary["lines"].as_u64().unwrap()).await;
    check_order(&browser).await;
    check_details(&browser).await;
    check_columns(&browser).await;
    check_names(&browser, &bed).await;
    check_story(&browser, &summary).await;
    if let Some(folder) = std::env::var_os("OFFBOARD_SCREENSHOTS") {
        browser.photograph(Path::new(&folder)).await;
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.stop().await;
}

/// A script: the parts of the page in which a table is wider than the part.
const CUT: &str = "return [...document.querySelectorAll('.scroll')]
    .filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.ariaLabel)";

/// Each count of the page is that of `summary.json`, in the table and behind the filter.
async fn check_counts(browser: &Browser, summary: &Value) {
    let lines = summary["lines"].as_u64().unwrap();
    let mut sum = 0;
    for (outcome, count) in summary["outcomes"].as_object().unwrap() {
        let count = count.as_u64().unwrap();
        sum += count;
        let cell = format!("[data-count={outcome}]");
        assert_eq!(browser.text(&cell).await, count.to_string(), "{outcome}");
        if count > 0 {
            choose(browser, "outcome", outcome).await;
            let said = told(browser).await;
            let expected = format!("of {count} of {lines} lines.");
            assert!(said.ends_with(&expected), "{outcome}: {said}");
        }
    }
    assert_eq!(sum, lines);
    choose(browser, "outcome", "").await;
    assert!(told(browser).await.ends_with(&format!("of {lines} lines.")));
    // The number beside the name of an outcome leads to its lines.
    browser.click("a[data-outcome=failed]").await;
    let outcomes = column(browser, "Outcome").await;
    assert_eq!(outcomes.len(), REFUSED);
    assert!(outcomes.iter().all(|name| name.trim() == "Failed"));
    choose(browser, "outcome", "").await;
}

async fn check_search(browser: &Browser) {
    for (words, found) in [
        ("ghost2", "ghost2"),
        ("ŁUKASZ 山田", "ghost3"),
        ("</script>", "ghost1"),
        ("{{ d }} ghost", "ghost4"),
        // What only the details of a line show.
        ("ghost2 resource", "ghost2"),
    ] {
        browser.type_into("#search", words).await;
        let users = column(browser, "User").await;
        assert_eq!(users.len(), 1, "{words}: {users:?}");
        assert!(users[0].contains(found), "{words}: {users:?}");
    }
    for words in [
        "disabled; no workspaces",
        "reading the user again",
        "the answer to the write itself",
    ] {
        browser.type_into("#search", words).await;
        let shown = column(browser, "Outcome").await;
        let shown: Vec<_> = shown.iter().map(|outcome| outcome.trim()).collect();
        assert!(shown.contains(&"Removed"), "{words}: {shown:?}");
        assert!(!shown.contains(&"Failed"), "{words}: {shown:?}");
    }
    browser.type_into("#search", "nobody has this name").await;
    assert_eq!(told(browser).await, "No line fits.");
    browser.type_into("#search", "").await;
    assert_ne!(browser.title().await, "owned");
}

async fn check_pages(browser: &Browser, lines: u64) {
    choose(browser, "size", "25").await;
    assert_eq!(
        told(browser).await,
        format!("Lines 1 to 25 of {lines} lines.")
    );
    let mut seen = column(browser, "Line").await;
    let pages = lines.div_ceil(25);
    for page in 2..=pages {
        browser.click("#next").await;
        assert_eq!(
            browser.text("#page").await,
            format!("Page {page} of {pages}")
        );
        seen.extend(column(browser, "Line").await);
    }
    assert_eq!(seen.len() as u64, lines);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len() as u64, lines, "every line is on one page");
    assert_eq!(
        browser
            .run("return document.getElementById('next').disabled", json!([]))
            .await,
        json!(true)
    );
    browser.click("#first").await;
    assert!(told(browser).await.starts_with("Lines 1 to 25 "));
}

async fn check_order(browser: &Browser) {
    // Before the table is sorted, failures come first.
    let outcomes = column(browser, "Outcome").await;
    let wrong = ["Failed", "In doubt", "Not found", "Invalid line"];
    let first_fine = outcomes
        .iter()
        .position(|name| !wrong.contains(&name.trim()));
    let first_fine = first_fine.unwrap_or(outcomes.len());
    assert!(first_fine > REFUSED);
    assert!(
        outcomes[first_fine..]
            .iter()
            .all(|name| !wrong.contains(&name.trim()))
    );

    let numbers = |cells: Vec<String>| -> Vec<u64> {
        cells.iter().map(|cell| cell.parse().unwrap()).collect()
    };
    browser.click("th[data-sort=line] button").await;
    let lines = numbers(column(browser, "Line").await);
    assert!(lines.is_sorted() && lines[0] == 2, "{lines:?}");
    let order = "return document.querySelector('th[data-sort=line]').getAttribute('aria-sort')";
    assert_eq!(browser.run(order, json!([])).await, "ascending");
    browser.click("th[data-sort=line] button").await;
    let lines = numbers(column(browser, "Line").await);
    assert!(lines.is_sorted_by(|a, b| a > b), "{lines:?}");
    browser.click("th[data-sort=line] button").await;
    assert_eq!(browser.run(order, json!([])).await, Value::Null);
}

async fn check_details(browser: &Browser) {
    choose(browser, "outcome", "removed").await;
    browser.click("#people tbody .more").await;
    let details = browser.text("#people .detail").await;
    for part in [
        "Afterwards",
        "disabled; no workspaces",
        "Confirmed by",
        "Roster: Email",
        "UTC",
    ] {
        assert!(details.contains(part), "{part}: {details}");
    }
    browser.click("#people tbody .more").await;
    let open = browser
        .run(
            "return document.querySelectorAll('.detail').length",
            json!([]),
        )
        .await;
    assert_eq!(open, 0);
    choose(browser, "outcome", "").await;
}

/// Columns that are not always shown can be chosen, and sorted by.
async fn check_columns(browser: &Browser) {
    choose(browser, "outcome", "removed").await;
    assert!(column(browser, "Before").await.is_empty());
    for name in ["before", "after"] {
        browser.click(&format!("input[data-choice={name}]")).await;
    }
    let (before, after) = (
        column(browser, "Before").await,
        column(browser, "After").await,
    );
    assert_eq!(before.len(), column(browser, "Line").await.len());
    assert!(
        before.iter().all(|cell| cell.contains("active; ")),
        "{before:?}"
    );
    assert!(
        after.iter().all(|cell| cell == "disabled; no workspaces"),
        "{after:?}"
    );
    browser.click("th[data-sort=before] button").await;
    assert!(column(browser, "Before").await.is_sorted());
    // With all of them, no column is cut on a desktop.
    browser.click("input[data-choice=verified]").await;
    assert_eq!(browser.run(CUT, json!([])).await, json!([]));
    for name in ["before", "after", "verified"] {
        browser.click(&format!("input[data-choice={name}]")).await;
    }
    assert!(column(browser, "Before").await.is_empty());
    choose(browser, "outcome", "").await;
}

/// A user is shown with name, address and id.
async fn check_names(browser: &Browser, bed: &Bed) {
    let person = &bed.people[5];
    browser.type_into("#search", &person.id).await;
    let users = column(browser, "User").await;
    let expected = format!("{}{}{}", person.display_name, person.user_name, person.id);
    assert_eq!(users, [expected]);
    browser.type_into("#search", "").await;
    let failed = browser.text("#trouble").await;
    let refused = bed.people.iter().filter(|person| !bed.is_gone(&person.id));
    for person in refused {
        for part in [&person.display_name, &person.user_name, &person.id] {
            assert!(failed.contains(part), "{part}: {failed}");
        }
    }
}

/// The runs of the page are those of the summary, with the interruptions.
async fn check_story(browser: &Browser, summary: &Value) {
    let course = browser.text("#course").await;
    assert!(course.contains("killed, or lost power"), "{course}");
    assert!(course.contains("interrupted (Ctrl-C)"), "{course}");
    let rows = "return document.querySelectorAll('[aria-label=Runs] tbody th').length";
    let runs = browser.run(rows, json!([])).await;
    assert_eq!(runs, summary["runs"].as_array().unwrap().len());
    // Nothing hangs over the edge, on a phone or on a desktop.
    for width in [390, 1280] {
        browser.resize(width, 800).await;
        assert!(browser.page_width().await <= width);
    }
    // On a desktop no column of a table is cut. On a phone, the wide tables scroll by themselves.
    assert_eq!(browser.run(CUT, json!([])).await, json!([]));
    browser.resize(390, 800).await;
    let scrolled = browser.run(CUT, json!([])).await;
    assert!(scrolled.to_string().contains("Runs"), "{scrolled}");
    browser.resize(1280, 900).await;
}

#[apply(end_to_end!)]
async fn without_scripts_the_page_shows_whatever_matters() {
    let Some(browser) = Browser::start_without_scripts().await else {
        return;
    };
    let bed = story().await;
    let summary = summary(&bed);
    browser.open(&bed.path("evidence/report.html")).await;
    let text = browser.text("body").await;
    let failed = bed.people.iter().filter(|person| !bed.is_gone(&person.id));
    for person in failed {
        assert!(text.contains(&person.id), "{}: {text}", person.id);
    }
    for part in [
        format!("The roster has {} lines.", summary["lines"]),
        "report.csv".to_owned(),
        "Łukasz Ωμέγα 山田".to_owned(),
        bed.people[5].id.clone(),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    browser.stop().await;
}

#[apply(end_to_end!)]
async fn times_of_a_zone_are_those_of_its_clocks_and_the_details_have_utc_too() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(3)).await.code, Some(0));
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let flags = ["report", "-o", "evidence", "--time-zone", "Asia/Kolkata"];
    assert_eq!(finish(bed.offboard(&flags)).await.code, Some(0));
    browser.open(&bed.path("evidence/report.html")).await;
    browser.click("#people tbody .more").await;
    let details = browser.text("#people .detail").await;
    let done = details.split("Done at").nth(1).unwrap();
    let mut times = done.trim_start().lines();
    let (local, utc) = (times.next().unwrap(), times.next().unwrap());
    let read = |text: &str, zone: &str| {
        let text = text.strip_suffix(zone).unwrap_or_else(|| panic!("{text}"));
        jiff::civil::DateTime::strptime("%d %b %Y, %H:%M:%S ", text).unwrap()
    };
    // India has been five and a half hours ahead since 1945.
    let ahead = read(local, "IST").since(read(utc, "UTC")).unwrap();
    assert_eq!(ahead.to_string(), "PT5H30M");
    browser.type_into("#search", local).await;
    assert!(!column(&browser, "Line").await.is_empty());
    // The same moment, as the program wrote it and as the script writes it.
    let top = browser.text(".mandate").await;
    assert!(top.contains(" IST"), "{top}");
    assert!(browser.text("footer").await.contains("Asia/Kolkata"));
    // A verification is a column, too.
    browser.type_into("#search", "").await;
    browser.click("input[data-choice=verified]").await;
    assert_eq!(column(&browser, "Verified").await, ["As it was left"; 3]);
    let title = browser.title().await;
    assert!(
        title.contains("All of 3 users are in the wanted state, verified on "),
        "{title}"
    );
    browser.stop().await;
}
