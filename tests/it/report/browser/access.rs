//! The page for people who use it otherwise: with a keyboard alone, enlarged, or with a screen reader.

use std::path::Path;

use serde_json::{Value, json};

use super::chromium::Browser;
use super::story::{column, story, told};
use crate::servers::installed;
use crate::support::Bed;

/// Keys that have no character, as the standard codes them.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// The barriers that stop people, by axe-core: the rule, and where.
async fn barriers(browser: &Browser, axe: &str) -> Vec<String> {
    browser.run(axe, json!([])).await;
    let check = "return axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations
        .filter((one) => ['serious', 'critical'].includes(one.impact))
        .map((one) => one.id + ': ' + one.nodes.map((node) => node.target + ' ' + node.failureSummary).join('; ')))";
    let found = browser.run(check, json!([])).await;
    serde_json::from_value(found).unwrap()
}

/// Opens the page of the report with a row expanded, all columns that can be chosen, and the details.
async fn open_wide(browser: &Browser, bed: &Bed) {
    browser.open(&bed.path("evidence/report.html")).await;
    browser.click("#people tbody .more").await;
    for choice in ["before", "after", "verified"] {
        browser.click(&format!("input[data-choice={choice}]")).await;
    }
    browser
        .run("document.querySelector('details').open = true", json!([]))
        .await;
}

#[apply(end_to_end!)]
async fn axe_finds_no_serious_barrier_by_day_or_by_night() {
    let axe = Path::new("node_modules/axe-core/axe.min.js");
    let Some(folder) = installed(&[axe]) else {
        return;
    };
    let Some(browser) = Browser::start().await else {
        return;
    };
    let axe = std::fs::read_to_string(folder.join(axe)).unwrap();
    let bed = story().await;
    browser.open(&bed.path("evidence/report.html")).await;
    // The checker finds what is wrong: a picture without words, and grey text on grey.
    let spoil = "const box = document.createElement('p'); box.id = 'spoilt'; box.textContent = 'hard to read';
        box.style.color = '#999'; box.style.background = '#aaa';
        box.append(document.createElement('img')); document.querySelector('main').append(box)";
    browser.run(spoil, json!([])).await;
    let found = barriers(&browser, &axe).await.join("\n");
    assert!(
        found.contains("image-alt") && found.contains("color-contrast"),
        "{found}"
    );

    open_wide(&browser, &bed).await;
    for scheme in ["light", "dark"] {
        browser.show_by(scheme).await;
        for width in [1280, 390] {
            browser.resize(width, 900).await;
            let found = barriers(&browser, &axe).await;
            assert_eq!(found, Vec::<String>::new(), "{scheme} {width}");
        }
    }
    browser.stop().await;
}

/// A fact about the element that has the focus.
async fn focused(browser: &Browser, of: &str) -> Value {
    let script = format!("const it = document.activeElement; return {of}");
    browser.run(&script, json!([])).await
}

/// Presses the tab key until the focus is on an element that fits the selector, and is seen there.
async fn tab_to(browser: &Browser, selector: &str) {
    for _ in 0..80 {
        browser.press(TAB).await;
        let fits = format!("it.matches({})", json!(selector));
        if focused(browser, &fits).await == true {
            let outline = focused(browser, "getComputedStyle(it).outlineStyle").await;
            assert_ne!(outline, "none", "{selector}: the focus is not seen");
            return;
        }
    }
    panic!("the tab key does not lead to `{selector}`");
}

#[apply(end_to_end!)]
async fn the_keyboard_alone_is_enough() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let bed = story().await;
    browser.open(&bed.path("evidence/report.html")).await;
    // The first stop leads past everything to the table.
    browser.press(TAB).await;
    assert_eq!(focused(&browser, "it.className").await, "skip");
    browser.press(ENTER).await;
    assert_eq!(
        browser.run("return location.hash", json!([])).await,
        "#all-lines"
    );

    tab_to(&browser, "#search").await;
    for key in "ghost2".chars() {
        browser.press(&key.to_string()).await;
    }
    assert_eq!(column(&browser, "User").await.len(), 1);
    browser.type_into("#search", "").await;
    tab_to(&browser, "#outcome").await;
    browser.press("F").await;
    let outcomes = column(&browser, "Outcome").await;
    assert!(!outcomes.is_empty(), "{}", told(&browser).await);
    assert!(
        outcomes.iter().all(|name| name.trim() == "Failed"),
        "{outcomes:?}"
    );

    tab_to(&browser, "input[data-choice=before]").await;
    browser.press(" ").await;
    assert_eq!(column(&browser, "Before").await.len(), outcomes.len());
    tab_to(&browser, "th[data-sort=line] button").await;
    browser.press(ENTER).await;
    let sorted = "return document.querySelector('th[data-sort=line]').getAttribute('aria-sort')";
    assert_eq!(browser.run(sorted, json!([])).await, "ascending");

    tab_to(&browser, "#people tbody .more").await;
    let is_open = "return document.querySelectorAll('#people .detail').length";
    for (key, open) in [(ENTER, 1), (" ", 0), (" ", 1)] {
        browser.press(key).await;
        assert_eq!(browser.run(is_open, json!([])).await, open);
        let expanded = focused(&browser, "it.getAttribute('aria-expanded')").await;
        assert_eq!(expanded, (open == 1).to_string());
    }
    // The name of the part that the button opens is that of the part.
    let opened = focused(
        &browser,
        "document.getElementById(it.getAttribute('aria-controls')).className",
    );
    assert_eq!(opened.await, "detail");
    browser.stop().await;
}

/// A window of 1280 pixels, enlarged four times, is 320 CSS pixels wide (WCAG 2.2, 1.4.10).
#[apply(end_to_end!)]
async fn enlarged_four_times_the_page_scrolls_in_one_direction() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let bed = story().await;
    open_wide(&browser, &bed).await;
    browser.resize(320, 256).await;
    let width = browser.page_width().await;
    assert!(width <= 320, "{width}");
    // The table of lines, too, has no scrolling of its own.
    let table = "const part = document.getElementById('people').parentElement;
        return part.scrollWidth - part.clientWidth";
    assert_eq!(browser.run(table, json!([])).await, 0);
    browser.stop().await;
}
