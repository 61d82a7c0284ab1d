//! A provider that knows each kind of sign-in, and runs that sign in by one of them.

use std::process::Command;
use std::time::Duration;

use offboard::sandbox::{OAuthRules, SandboxSettings};

use crate::support::{Bed, Ran, finish};

/// The secrets of the provider's made client and key.
pub(crate) const CLIENT_SECRET: &str = "Planted-cl1ent/secret+of this=test";
pub(crate) const API_KEY: &str = "auk_us1_Planted-k3y/of+this=test";

/// Settings of a provider that knows every kind.
pub(crate) fn provider(users: usize, token_life: Duration) -> SandboxSettings {
    SandboxSettings {
        users,
        token_life,
        api_key: Some(API_KEY.to_owned()),
        oauth: OAuthRules {
            client_secret: Some(CLIENT_SECRET.to_owned()),
            interval: Duration::from_millis(50),
            ..OAuthRules::default()
        },
        ..SandboxSettings::default()
    }
}

/// A bed with such a provider, and a roster of all its users.
pub(crate) async fn bed(users: usize, token_life: Duration) -> Bed {
    let bed = Bed::new(provider(users, token_life)).await;
    bed.write_roster(&[]);
    bed
}

/// A long life for a token.
pub(crate) const LONG: Duration = Duration::from_mins(35);

/// A life that ends several times in a job of two seconds.
pub(crate) const SHORT: Duration = Duration::from_millis(400);

/// Turns a command into one that signs in by this kind, and knows no account and no password.
pub(crate) fn by(bed: &Bed, kind: &str, mut command: Command) -> Command {
    let root = bed.sandbox.auth_url();
    command
        .env_remove("OFFBOARD_USERNAME")
        .env_remove("OFFBOARD_PASSWORD")
        .env("OFFBOARD_SIGN_IN", kind)
        .env("OFFBOARD_CLIENT_ID", OAuthRules::default().client_id)
        .env("OFFBOARD_TOKEN_URL", format!("{root}/oauth/token"))
        .env("OFFBOARD_DEVICE_URL", format!("{root}/oauth/device/code"))
        .env("OFFBOARD_TOKEN_CACHE", bed.path("tokens.json"));
    command
}

/// The whole roster, as fast as it goes.
pub(crate) fn all(bed: &Bed, kind: &str) -> Command {
    by(bed, kind, bed.run_all(bed.people.len() as u64))
}

/// The whole roster in about two seconds.
pub(crate) fn slowly(bed: &Bed, kind: &str) -> Command {
    let users = bed.people.len() as u64;
    by(
        bed,
        kind,
        bed.run_with(users, "--rate 30/s --burst 1 --concurrency 4"),
    )
}

pub(crate) async fn done(bed: &Bed, command: Command) -> Ran {
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(bed.people.iter().all(|person| bed.is_gone(&person.id)));
    ran
}

pub(crate) async fn refused(command: Command, code: i32, words: &[&str]) -> Ran {
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(code), "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "{word}: {ran:?}");
    }
    ran
}
