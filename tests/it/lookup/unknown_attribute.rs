//! A service that has no such attribute at all: access is by groups, which the profile does not know.

use crate::support::{BOTH, Desk, OPEN, ids};
use crate::test_provider::{AccessShown, Habits, Schemas, crowd};

async fn desk(schemas: Schemas, shown: Option<&'static [&'static str]>) -> Desk {
    let habits = Habits {
        access: AccessShown::Groups,
        schemas,
        shown,
        ..Habits::default()
    };
    let desk = Desk::new(crowd(30), habits).await;
    desk.roster(&ids(1..=3))
}

#[tokio::test]
async fn p2_access_that_no_answer_shows_is_not_said_to_be_removed() {
    for schemas in [Schemas::None, Schemas::Told] {
        for shown in [None, Some(["active"].as_slice())] {
            for change in ["--remove-access", BOTH, "--from-workspace w1"] {
                let desk = desk(schemas, shown).await;
                let ran = desk.agree(&format!("run r.csv {change} {OPEN}")).await;
                let told = format!("{schemas:?} {shown:?} {change}: {ran:?}");
                assert_ne!(ran.code, Some(0), "{told}");
                for outcome in desk.outcomes().await.values() {
                    assert!(outcome != "already" && outcome != "removed", "{told}");
                }
            }
        }
    }
}

#[tokio::test]
async fn p2_without_a_look_up_access_that_no_answer_shows_is_not_said_to_be_removed() {
    for change in ["--remove-access", BOTH] {
        let desk = desk(Schemas::None, None).await;
        let ran = desk
            .agree(&format!(
                "run r.csv {change} --no-lookup --max-attempts 2 {OPEN}"
            ))
            .await;
        assert_ne!(ran.code, Some(0), "{ran:?}");
        for outcome in desk.outcomes().await.values() {
            assert!(outcome != "already" && outcome != "removed", "{ran:?}");
        }
    }
}

#[tokio::test]
async fn a_user_without_the_attribute_can_be_disabled_and_the_rest_is_reported() {
    for schemas in [Schemas::None, Schemas::Told] {
        let desk = desk(schemas, None).await;
        let ran = desk.run("plan r.csv --disable").await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let said = ran.stdout + &ran.stderr;
        assert!(said.contains("groups"), "the plan: {said}");
        let ran = desk.agree(&format!("run r.csv --disable {OPEN}")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(desk.books().active().len(), 27);
        let report = desk.run("report --format csv").await.stdout
            + &desk.run("report --format html").await.stdout
            + &desk.run("report --format json").await.stdout;
        assert!(report.contains("groups"), "the report: {report}");
        let ran = desk.run("check").await;
        let said = ran.stdout + &ran.stderr;
        assert!(said.contains("groups"), "check: {said}");
    }
}
