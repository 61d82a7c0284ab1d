//! Addresses that lead nowhere, or where the names of leavers must not go.

use crate::fleet::in_postgres::{authority, in_postgres, psql};
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

#[apply(end_to_end!)]
async fn p10_the_certificate_of_the_database_is_checked_as_the_address_says() {
    in_postgres(async {
        let bed = Bed::with_users(3).await;
        bed.write_roster(&[]);
        let address = bed.address().to_string();
        let by_name = address.replace("127.0.0.1", "localhost");
        let root = format!("sslrootcert={}", authority().display());
        for (ledger, refused) in [
            (format!("{by_name}?sslmode=verify-full&{root}"), None),
            (format!("{address}?sslmode=verify-ca&{root}"), None),
            (format!("{by_name}?sslmode=require"), None),
            (format!("{by_name}?sslmode=disable"), None),
            // The certificate is of another name, or nobody vouches for it.
            (
                format!("{address}?sslmode=verify-full&{root}"),
                Some("not valid for name"),
            ),
            (
                format!("{by_name}?sslmode=verify-full"),
                Some("UnknownIssuer"),
            ),
        ] {
            let mut run = bed.run_all(3);
            run.env("OFFBOARD_LEDGER", &ledger);
            let ran = finish(run).await;
            match refused {
                None => assert_eq!(ran.code, Some(0), "{ledger}: {ran:?}"),
                Some(part) => {
                    assert_eq!(ran.code, Some(7), "{ledger}: {ran:?}");
                    assert!(ran.stderr.contains(part), "{ledger}: {ran:?}");
                }
            }
        }
        bed.all_are_removed().await;
    })
    .await;
}

#[apply(end_to_end!)]
async fn p10_the_password_of_the_database_is_taken_from_its_places_and_never_shown() {
    in_postgres(async {
        let bed = Bed::with_users(3).await;
        bed.write_roster(&[]);
        let owner = bed.address().to_string();
        let role = format!("secret_{}", std::process::id());
        let secret = "correct-horse-7781";
        let made = format!("CREATE ROLE {role} LOGIN PASSWORD '{secret}' IN ROLE with_password");
        psql(&owner, &made).unwrap();
        let (_, database) = owner.rsplit_once('/').unwrap();
        psql(
            &owner,
            &format!("GRANT CREATE ON DATABASE {database} TO {role}"),
        )
        .unwrap();
        let file = bed.path("pgpass");
        std::fs::write(&file, format!("*:*:*:{role}:{secret}\n")).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, private).unwrap();
        let home = bed.path("home");
        std::fs::create_dir(&home).unwrap();
        std::fs::copy(&file, home.join(".pgpass")).unwrap();
        let home = home.to_str().unwrap();
        let file = file.to_str().unwrap();
        let plain = bed.path("plain");
        std::fs::write(&plain, format!("{secret}\n")).unwrap();
        let address = owner.replace("tests@", &format!("{role}@"));
        let by_file = format!("{address}?password-file={}", plain.display());
        for (variable, value, code) in [
            ("OFFBOARD_LEDGER", by_file.as_str(), 0),
            ("PGPASSWORD", secret, 0),
            ("PGPASSFILE", file, 0),
            ("HOME", home, 0),
            ("PGPASSWORD", "wrong", 7),
            ("PGPASSFILE", "/dev/null", 7),
        ] {
            let mut run = bed.run_with(3, "--rate unlimited -v -v");
            run.env("OFFBOARD_LEDGER", &address).env(variable, value);
            let ran = finish(run).await;
            assert_eq!(ran.code, Some(code), "{variable}: {ran:?}");
            let hint = ran
                .stderr
                .contains("check the user, the database and the password");
            assert_eq!(hint, code == 7, "{variable}: {ran:?}");
            for said in [&ran.stdout, &ran.stderr] {
                assert!(!said.contains(secret), "{variable}: {ran:?}");
            }
        }
        bed.all_are_removed().await;
    })
    .await;
}
