//! The job whose page is looked at, and how its table is read.

use offboard::sandbox::{FaultSettings, SandboxSettings};
use rustix::process::Signal;
use serde_json::json;

use super::chromium::Browser;
use crate::support::{Bed, Running, finish};

/// Users that the provider refuses to change.
pub(super) const REFUSED: usize = 3;

/// Names that a careless page would run, hide or garble.
const ODD: [&str; 4] = [
    "ghost1,</script><script>document.title='owned'</script>",
    "ghost2,<img src=x onerror=\"document.title='owned'\"><!--",
    "ghost3,Łukasz Ωμέγα 山田 \u{202e}txt",
    "ghost4,\"a & b, 'c' \\u003c {{ d }}\"",
];

/// A job that was interrupted twice, once by SIGKILL, with failures, strangers and bad lines.
pub(super) async fn story() -> Bed {
    let bed = Bed::new(SandboxSettings {
        users: 120,
        refused: REFUSED,
        faults: FaultSettings::mild(),
        ..SandboxSettings::default()
    })
    .await;
    let again = format!("{},again", bed.people[0].id.to_uppercase());
    let mut lines = ODD.to_vec();
    lines.extend([again.as_str(), ",nobody"]);
    bed.write_roster(&lines);
    let confirm = bed.people.len() as u64;
    let flags = "--rate 80/s --concurrency 8 --timeout 2s --no-lookup";
    let confirm = confirm + ODD.len() as u64;
    for (signal, share) in [(Signal::KILL, 4), (Signal::INT, 2)] {
        let mut run = Running::start(bed.run_with(confirm, flags));
        let enough = bed.people.len() / share;
        let gone = || bed.people.iter().filter(|person| bed.is_gone(&person.id));
        assert!(run.reaches(|| gone().count() >= enough).await);
        run.signal(signal);
        run.end().await;
    }
    let ran = finish(bed.run_with(confirm, flags)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let ran = finish(bed.offboard(&["report", "-o", "evidence"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed
}

/// What is said of the rows that are shown, as the page says it.
pub(super) async fn told(browser: &Browser) -> String {
    let script = "return document.getElementById('count').textContent";
    let said = browser.run(script, json!([])).await;
    said.as_str().unwrap().to_owned()
}

/// The text of one column of the rows that are shown.
pub(super) async fn column(browser: &Browser, name: &str) -> Vec<String> {
    let script =
        "return [...document.querySelectorAll(`#people tbody [data-label=${arguments[0]}]`)]
        .map((cell) => cell.textContent)";
    let cells = browser.run(script, json!([name])).await;
    serde_json::from_value(cells).unwrap()
}
