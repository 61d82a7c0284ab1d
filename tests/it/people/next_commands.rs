//! The command that is printed as the next one works when it is pasted.

use std::process::Command;

use crate::support::{Bed, Ran, finish, program};

/// The command that a line of standard error ends with, with the variables of the bed.
fn printed_after(bed: &Bed, ran: &Ran, words: &str) -> Command {
    let line = ran
        .stderr
        .lines()
        .find_map(|line| Some(line.split_once(words)?.1));
    let line = line.unwrap_or_else(|| panic!("{words}: {ran:?}"));
    let typed = shlex::split(
        line.trim_end_matches(" (or another change: offboard plan -h)")
            .trim(),
    );
    let typed = typed.unwrap();
    assert_eq!(typed[0], env!("CARGO_BIN_EXE_offboard"));
    let mut command = program(bed.dir.path());
    command.args(&typed[1..]);
    command.envs([
        ("OFFBOARD_SCIM_URL", bed.sandbox.scim_url()),
        ("OFFBOARD_AUTH_URL", bed.sandbox.auth_url()),
        ("OFFBOARD_USERNAME", "admin@example.com".to_owned()),
        ("OFFBOARD_PASSWORD", "sandbox".to_owned()),
        ("OFFBOARD_RATE", "unlimited".to_owned()),
    ]);
    command
}

#[apply(end_to_end!)]
async fn each_command_prints_the_one_that_comes_next_from_check_to_audit() {
    let bed = Bed::with_users(10).await;
    bed.write_roster(&[]);
    let mut check = bed.verb("check", "--ledger ledger.db");
    check.arg("leavers.csv");
    let ran = finish(check).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("verdict    ready\n"), "{ran:?}");

    let ran = finish(printed_after(&bed, &ran, "next: ")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // All active users of the tenant: the printed command allows it, and a warning says so.
    assert!(
        ran.stderr.contains("warning: a run would be refused: "),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("`--cap-share 100%`"), "{ran:?}");
    assert!(
        ran.stderr.contains("variables that are set now: "),
        "{ran:?}"
    );

    let ran = finish(printed_after(&bed, &ran, "to go on: ")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let verified = finish(printed_after(&bed, &ran, "to read all users again: ")).await;
    assert!(
        verified.stdout.contains("confirmed          10"),
        "{verified:?}"
    );
    let reported = finish(printed_after(&bed, &ran, "for the report: ")).await;
    assert_eq!(reported.code, Some(0), "{reported:?}");
    assert!(bed.path("evidence/report.html").exists());
}

#[apply(end_to_end!)]
async fn the_command_after_a_plan_raises_the_cap_instead_of_repeating_it() {
    let bed = Bed::with_users(6).await;
    bed.write_roster(&[]);
    let mut plan = bed.verb("plan", "leavers.csv --disable --cap 5 --ledger ledger.db");
    plan.env_remove("OFFBOARD_CAP");
    let ran = finish(plan).await;
    let next = printed_after(&bed, &ran, "to go on: ");
    let words: Vec<_> = next.get_args().map(|word| word.to_str().unwrap()).collect();
    let expected = "run leavers.csv --disable --ledger ledger.db --cap 6 --confirm 6";
    assert_eq!(words.join(" "), expected);
    let mut next = next;
    next.env("OFFBOARD_CAP_SHARE", "100%");
    let ran = finish(next).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[apply(end_to_end!)]
async fn failed_users_are_named_and_the_command_that_lists_all_of_them_does() {
    let bed = Bed::with_users(1).await;
    let gone: Vec<_> = (10..40)
        .map(|number| format!("8a8b0000000000000000000000000{number:03},gone{number}@example.com"))
        .collect();
    let lines: Vec<_> = gone.iter().map(String::as_str).collect();
    bed.write_roster(&lines);
    let ran = finish(bed.run_all(1)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let first = "line 3: gone10@example.com (8a8b0000000000000000000000000010): not found";
    assert!(ran.stderr.contains(first), "{ran:?}");
    let more = ran
        .stderr
        .lines()
        .find(|line| line.contains("… and 20 more: `"));
    let command = more.unwrap().split('`').nth(1).unwrap();
    let words = shlex::split(command).unwrap();
    let mut command = bed.offboard(&[]);
    command.args(&words[1..]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for number in 10..40 {
        assert!(
            ran.stdout
                .contains(&format!(": gone{number}@example.com (")),
            "{ran:?}"
        );
    }
    assert!(!ran.stdout.contains(" more: "), "{ran:?}");
    let ran = finish(bed.offboard(&["status"])).await;
    assert!(ran.stdout.contains("need a look: 30\n"), "{ran:?}");
    assert!(ran.stdout.contains("31 lines: 31 users\n"), "{ran:?}");
}
