//! What is printed after a job was stopped or killed can be relied on.

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Bed, all_done, finish, half_done, program};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[apply(end_to_end!)]
async fn p2_after_a_kill_status_lists_the_users_in_doubt_and_its_command_continues() {
    let bed = half_done(Signal::KILL).await;
    let ran = finish(bed.offboard(&["status", "--json"])).await;
    let status = json(&ran.stdout);
    let in_doubt = status["outcomes"]["in_doubt"].as_u64().unwrap();
    assert!(in_doubt > 0, "{status}");
    assert_eq!(status["failures_in_all"], in_doubt, "{status}");
    let failures = status["failures"].as_array().unwrap();
    assert_eq!(failures.len() as u64, in_doubt);
    assert!(failures.iter().all(|user| user["outcome"] == "in_doubt"));
    let ran = finish(bed.offboard(&["status"])).await;
    let heading = format!("need a look: {in_doubt}\n");
    assert!(ran.stdout.contains(&heading), "{ran:?}");

    // Pasted as it is, without a terminal: the number was confirmed before.
    let next = shlex::split(status["next"].as_str().unwrap()).unwrap();
    let mut command = bed.offboard(&["run"]);
    command.args(&next[2..]).args(["--rate", "unlimited"]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("removed            20"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn resume_warns_of_grounds_that_the_last_run_had() {
    let bed = Bed::with_users(2).await;
    bed.write_roster(&[]);
    let grounds = "--ticket CHG-1 --approver boss@example.com --rate unlimited";
    let ran = finish(bed.run_with(2, &format!("{grounds} --max-duration 0s"))).await;
    assert_eq!(ran.code, Some(11), "{ran:?}");
    let lost = "is recorded without it: give `--ticket CHG-1`";
    let resumed = |flags: String| finish(bed.verb("resume", &format!("--max-duration 0s {flags}")));
    let ran = resumed(format!("--confirm 2 {grounds}")).await;
    assert!(!ran.stderr.contains("is recorded without it"), "{ran:?}");
    let ran = resumed("--confirm 2".to_owned()).await;
    assert!(ran.stderr.contains(lost), "{ran:?}");
    assert!(
        ran.stderr.contains("`--approver boss@example.com`"),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains("had a reason"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn each_report_is_offered_a_folder_of_its_own() {
    let bed = all_done().await;
    for folder in ["evidence", "evidence-2"] {
        let ran = finish(bed.run_all(3)).await;
        let line = ran
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix("for the report: "));
        let words = shlex::split(line.unwrap()).unwrap();
        assert_eq!(words.last().unwrap(), folder, "{ran:?}");
        let mut command = program(bed.dir.path());
        command
            .args(&words[1..])
            .env("OFFBOARD_LEDGER", bed.address().to_string());
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

#[apply(end_to_end!)]
async fn p10_a_command_with_a_hidden_word_says_that_it_cannot_be_pasted() {
    let bed = Bed::with_users(2).await;
    bed.write_roster(&[]);
    for (program, is_hidden) in [("true", false), ("true planted", true)] {
        let mut command = bed.run_with(2, "--rate unlimited --max-duration 0s --notify-command");
        command.arg(program);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(11), "{ran:?}");
        assert!(!ran.stderr.contains("planted"), "{ran:?}");
        let is_said = ran
            .stderr
            .contains("put what was typed in the place of [redacted]");
        assert_eq!(is_said, is_hidden, "{ran:?}");
    }
}

#[apply(end_to_end!)]
async fn a_roster_that_differs_in_no_user_is_not_said_to_have_changed_users() {
    let bed = Bed::with_users(2).await;
    bed.write_roster(&[]);
    finish(bed.run_with(2, "--rate unlimited --max-duration 0s")).await;
    bed.write_roster(&["1.2E+30,bad@example.com"]);
    let ran = finish(bed.run_with(2, "--rate unlimited")).await;
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains("it names the same users"), "{ran:?}");
    assert!(!ran.stderr.contains("no users added"), "{ran:?}");
}
