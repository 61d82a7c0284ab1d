//! Addresses that lead nowhere, or where the names of leavers must not go.

use crate::fleet::in_postgres::in_postgres;
use crate::support::{Bed, finish};

#[apply(end_to_end!)]
async fn p10_a_settings_file_that_was_found_by_chance_names_no_database() {
    let bed = Bed::with_users(3).await;
    let roster = bed.write_roster(&[]);
    let roster = roster.to_str().unwrap();
    let settings = bed.path("offboard.toml");
    // Nobody listens there.
    std::fs::write(
        &settings,
        "ledger = \"postgres://eve@127.0.0.1:1/ledger\"\n",
    )
    .unwrap();
    for args in [
        &["status"][..],
        &["jobs", "list"],
        &["jobs", "copy", "latest", "--to", "copy.db"],
        &["report", "-o", "evidence"],
        &["audit", "verify", "latest"],
        &["explain", "x"],
        &["plan", roster, "--disable"],
        &["run", roster, "--disable"],
    ] {
        let mut found = bed.offboard(args);
        found.env_remove("OFFBOARD_LEDGER");
        let ran = finish(found).await;
        assert_eq!(ran.code, Some(3), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains("ledger"), "{args:?}: {ran:?}");
        let mut named = bed.offboard(args);
        named.env_remove("OFFBOARD_LEDGER");
        named.env("OFFBOARD_CONFIG", &settings);
        let ran = finish(named).await;
        assert_eq!(ran.code, Some(7), "{args:?}: {ran:?}");
        assert!(
            ran.stderr.contains("cannot open ledger `postgres://eve@"),
            "{args:?}: {ran:?}"
        );
        // A flag or a variable says where the ledger is, and the file is not asked.
    }
    assert_eq!(bed.books.totals().requests, 0);
    let ran = finish(bed.offboard(&["status"])).await;
    assert!(ran.stderr.contains("there is no ledger at"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn an_address_that_leads_to_no_ledger_says_what_is_missing() {
    in_postgres(async {
        let bed = Bed::with_users(3).await;
        let address = bed.address().to_string();
        let (server, _) = address.rsplit_once('/').unwrap();
        for (ledger, part, hint) in [
            (address.clone(), "there is no ledger in", "make it"),
            (
                format!("{server}/nosuch"),
                "does not exist",
                "check the user, the database",
            ),
            (
                address.replace("tests@", "nosuch@"),
                "does not exist",
                "check the user, the database",
            ),
            (
                format!("{address}?sslmode=verify-full"),
                "TLS",
                "check the address and `sslmode`",
            ),
        ] {
            let status = bed.offboard(&["status", "--ledger", &ledger]);
            let ran = finish(status).await;
            assert_eq!(ran.code, Some(7), "{ledger}: {ran:?}");
            assert!(
                ran.stderr.contains(part) && ran.stderr.contains(hint),
                "{ledger}: {ran:?}"
            );
        }
    })
    .await;
}
