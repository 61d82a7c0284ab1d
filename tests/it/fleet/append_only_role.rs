//! The role that README makes: it can do all the work, and can change no event.

use std::process::Command;

use crate::fleet::in_postgres::{in_postgres, psql};
use crate::support::{Bed, finish};

/// The statements of a document, as they stand there.
fn statements(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (_, rest) = text.split_once("```sql\n").unwrap();
    let (block, _) = rest.split_once("```").unwrap();
    block.lines().map(str::to_owned).collect()
}

#[test]
fn the_chapter_and_the_readme_have_the_same_statements() {
    assert_eq!(statements("README.md"), statements("docs/fleet.md"));
    assert_eq!(statements("README.md").len(), 3);
}

#[apply(end_to_end!)]
async fn p9_a_role_that_may_only_append_does_the_work_and_changes_no_event() {
    in_postgres(async {
        let bed = Bed::with_users(20).await;
        bed.write_roster(&[]);
        let owner = bed.address().to_string();
        let roster = bed.path("leavers.csv");
        let plan = ["plan", roster.to_str().unwrap(), "--disable", "--remove-access"];
        let planned = finish(bed.offboard(&plan)).await;
        assert_eq!(planned.code, Some(0), "{planned:?}");
        // Roles belong to the server, which tests share: each has one of its own.
        let role = format!("runner_{}", std::process::id());
        psql(&owner, &format!("CREATE ROLE {role} LOGIN")).unwrap();
        for statement in statements("README.md") {
            psql(&owner, &statement.replace("offboard_runner", &role)).unwrap();
        }
        let runner = owner.replace("tests@", &format!("{role}@"));
        let as_runner = |mut command: Command| {
            command.env("OFFBOARD_LEDGER", &runner);
            command
        };
        for command in [
            bed.run_all(20),
            bed.offboard(&["verify", "--rate", "unlimited"]),
            bed.offboard(&["report", "-o", "evidence"]),
            bed.offboard(&["audit", "verify"]),
            bed.offboard(&["undo", "--confirm", "20", "--rate", "unlimited"]),
        ] {
            let ran = finish(as_runner(command)).await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
        for statement in [
            "UPDATE offboard.events SET body = '{}'",
            "DELETE FROM offboard.events",
            "TRUNCATE offboard.events",
            "DROP TRIGGER events_are_never_changed ON offboard.events",
            "INSERT INTO offboard.pruned SELECT 1, 'x', 'x', 1, NULL, 1; DELETE FROM offboard.events",
        ] {
            let refused = psql(&runner, statement).unwrap_err();
            let is_refused = ["permission denied", "must be owner"].iter();
            assert!(is_refused.clone().any(|part| refused.contains(part)), "{refused}");
        }
        // Nor can the owner do it by mistake.
        let refused = psql(&owner, "DELETE FROM offboard.events").unwrap_err();
        assert!(refused.contains("append-only"), "{refused}");
        let prune = bed.offboard(&["jobs", "prune", "--older-than", "0s", "--confirm", "2"]);
        let ran = finish(as_runner(prune)).await;
        assert_eq!(ran.code, Some(7), "{ran:?}");
        assert!(ran.stderr.contains("the role lacks a right"), "{ran:?}");
    })
    .await;
}
