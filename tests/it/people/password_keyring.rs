//! `--password-keyring`: asked for once, kept by the system, forgotten when it is refused.

use std::net::SocketAddr;
use std::process::Command;

use offboard::sandbox::SandboxSettings;

use crate::support::{Bed, Ran, finish, in_a_terminal, skipped};

/// A loopback address that no other test has: a port of it that was given up is not taken by another test.
const HOST: [u8; 4] = [127, 77, 83, 5];

/// A bed whose account no other test has: the keyring is that of the whole machine.
async fn bed(username: &str) -> Bed {
    let bed = Bed::new(SandboxSettings {
        users: 1,
        username: format!("{username}-{}@example.com", std::process::id()),
        bind: SocketAddr::from((HOST, 0)),
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    bed
}

/// `check` with the keyring, and no other source of the password.
fn check(bed: &Bed, username: &str) -> Command {
    let mut command = bed.offboard(&["check", "--password-keyring"]);
    command.env(
        "OFFBOARD_USERNAME",
        format!("{username}-{}@example.com", std::process::id()),
    );
    command.env_remove("OFFBOARD_PASSWORD");
    command
}

/// The same at a terminal, where this is typed.
async fn at_a_terminal(bed: &Bed, username: &str, typed: &str) -> Option<Ran> {
    std::fs::write(bed.path("typed"), typed).unwrap();
    let typed = std::fs::File::open(bed.path("typed")).unwrap();
    Some(finish(in_a_terminal(&check(bed, username), typed)?).await)
}

#[apply(end_to_end!)]
async fn p10_a_password_is_asked_for_once_and_forgotten_when_it_is_refused() {
    let name = "keyring";
    let bed = bed(name).await;
    // Nothing is kept, and no person can be asked.
    let ran = finish(check(&bed, name)).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("OFFBOARD_PASSWORD"), "{ran:?}");

    // A wrong one is not kept.
    let Some(ran) = at_a_terminal(&bed, name, "wrong\n").await else {
        return skipped();
    };
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert_eq!(finish(check(&bed, name)).await.code, Some(3));

    let ran = at_a_terminal(&bed, name, "sandbox\n").await.unwrap();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("Password of keyring-"), "{ran:?}");
    let ran = finish(check(&bed, name)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stdout
            .contains("the keyring, or asked for at the terminal"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains("Password of"), "{ran:?}");

    // Of another account nothing is kept.
    let mut other = check(&bed, name);
    other.env("OFFBOARD_USERNAME", "other@example.com");
    assert_eq!(finish(other).await.code, Some(3));

    // The password was changed at the provider: the old one is refused once, and forgotten.
    let changed = Bed::new(SandboxSettings {
        users: 1,
        username: format!("{name}-{}@example.com", std::process::id()),
        password: "changed".to_owned(),
        bind: bed.sandbox.addr(),
        ..SandboxSettings::default()
    });
    let Bed { sandbox, dir, .. } = bed;
    sandbox.stop().await;
    let changed = changed.await;
    let ran = finish(check(&changed, name)).await;
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert_eq!(finish(check(&changed, name)).await.code, Some(3));
    drop(dir);
}
