//! Every kind of sign-in, end to end: the real program signs in at the sandbox, does a small job, and
//! has its token renewed in the middle of it where there is something to renew.

mod certificate;
mod command;
mod device;
mod given;
mod given_back;
pub(crate) mod openssl;

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
const SHORT: Duration = Duration::from_millis(400);

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
fn all(bed: &Bed, kind: &str) -> Command {
    by(bed, kind, bed.run_all(bed.people.len() as u64))
}

/// The whole roster in about two seconds.
fn slowly(bed: &Bed, kind: &str) -> Command {
    let users = bed.people.len() as u64;
    by(
        bed,
        kind,
        bed.run_with(users, "--rate 30/s --burst 1 --concurrency 4"),
    )
}

async fn done(bed: &Bed, command: Command) -> Ran {
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(bed.people.iter().all(|person| bed.is_gone(&person.id)));
    ran
}

async fn refused(command: Command, code: i32, words: &[&str]) -> Ran {
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(code), "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "{word}: {ran:?}");
    }
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anaplan_basic_is_renewed_in_the_middle_of_a_run() {
    let bed = bed(40, SHORT).await;
    let mut command = slowly(&bed, "anaplan-basic");
    command
        .env("OFFBOARD_USERNAME", "admin@example.com")
        .env("OFFBOARD_PASSWORD", "sandbox");
    done(&bed, command).await;
    let totals = bed.books.totals();
    // On a slow machine a token may end before its renewal has its turn: then it is a sign-in.
    assert!(totals.refreshes + totals.sign_ins >= 3, "{totals:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_basic_needs_no_sign_in_service() {
    let bed = bed(5, LONG).await;
    let mut command = all(&bed, "basic");
    command
        .env("OFFBOARD_AUTH_URL", "http://127.0.0.1:1")
        .env("OFFBOARD_USERNAME", "admin@example.com")
        .env("OFFBOARD_PASSWORD", "sandbox");
    done(&bed, command).await;
    assert_eq!(bed.books.totals().sign_ins, 0);

    let mut command = all(&bed, "basic");
    command
        .args(["--new"])
        .env("OFFBOARD_USERNAME", "admin@example.com")
        .env("OFFBOARD_PASSWORD", "wrong");
    refused(command, 5, &["FAILURE_BAD_CREDENTIAL"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_key_is_a_bearer_token_from_a_variable_a_file_or_standard_input() {
    let bed = bed(5, LONG).await;
    let mut command = all(&bed, "bearer");
    command.env("OFFBOARD_TOKEN", API_KEY);
    let ran = done(&bed, command).await;
    assert!(
        ran.stderr.contains("give its id with `--self ID`"),
        "{ran:?}"
    );

    std::fs::write(bed.path("key"), format!("{API_KEY}\n")).unwrap();
    for file in ["key", "-"] {
        let mut command = all(&bed, "bearer");
        command.args(["--new", "--token-file", file]);
        command.stdin(std::fs::File::open(bed.path("key")).unwrap());
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let mut command = all(&bed, "bearer");
    command.args(["--new"]).env("OFFBOARD_TOKEN", "auk_wrong");
    refused(command, 5, &["FAILURE_BAD_CREDENTIAL"]).await;
    let mut command = all(&bed, "bearer");
    command.args(["--new"]);
    refused(
        command,
        3,
        &["there is no token", "OFFBOARD_TOKEN", "--token-file"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_names_an_account_that_has_no_name() {
    let bed = bed(2, LONG).await;
    let mut command = all(&bed, "bearer");
    command.env("OFFBOARD_TOKEN", API_KEY).arg("--json");
    let ran = done(&bed, command).await;
    assert!(ran.stdout.contains("the owner of the token"), "{ran:?}");
    let mut command = all(&bed, "client-credentials");
    command
        .env("OFFBOARD_CLIENT_SECRET", CLIENT_SECRET)
        .args(["--new", "--json"]);
    let ran = finish(command).await;
    assert!(ran.stdout.contains("client 5ca1ab1e"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_credentials_work_in_the_form_and_by_basic_and_are_asked_again_in_time() {
    for auth in ["form", "basic"] {
        let bed = bed(40, SHORT).await;
        let mut command = slowly(&bed, "client-credentials");
        command
            .args(["--client-auth", auth, "--scope", "scim all"])
            .env("OFFBOARD_CLIENT_SECRET", CLIENT_SECRET);
        done(&bed, command).await;
        assert!(bed.books.totals().sign_ins >= 3, "{auth}");
    }
    let bed = bed(2, LONG).await;
    let mut command = all(&bed, "client-credentials");
    command.env("OFFBOARD_CLIENT_SECRET", "m1styped");
    refused(
        command,
        5,
        &[
            "invalid_client: the client or its secret is wrong",
            "--client-id",
        ],
    )
    .await;
}

/// A program that signs in as the administrator and prints the token alone.
fn token_program(bed: &Bed) -> String {
    let root = bed.sandbox.auth_url();
    let address = root.trim_start_matches("http://").replace(':', "/");
    // admin@example.com:sandbox; bash talks to the socket by itself.
    let script = format!(
        "#!/usr/bin/env bash\n\
         exec 3<>/dev/tcp/{address}\n\
         printf 'POST /token/authenticate HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\
         Content-Length: 0\\r\\nAuthorization: Basic YWRtaW5AZXhhbXBsZS5jb206c2FuZGJveA==\\r\\n\\r\\n' >&3\n\
         sed -n 's/.*\"tokenValue\":\"\\([^\"]*\\)\".*/\\1/p' <&3\n"
    );
    let path = bed.path("print token");
    std::fs::write(&path, script).unwrap();
    format!("bash '{}'", path.display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_prints_a_token_again_whenever_one_is_needed() {
    let bed = bed(40, SHORT).await;
    let mut command = slowly(&bed, "command");
    command.args(["--token-command", &token_program(&bed)]);
    done(&bed, command).await;
    let refused_then_new = bed.books.totals().sign_ins;
    assert!(refused_then_new >= 3, "{refused_then_new}");

    // With a life it is asked in time, and no request is refused.
    let mut command = slowly(&bed, "command");
    let program = token_program(&bed);
    command.args([
        "--new",
        "--token-life",
        "350ms",
        "--token-command",
        &program,
    ]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(bed.books.totals().sign_ins > refused_then_new);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_fails_is_told_in_its_own_words() {
    let bed = bed(2, LONG).await;
    for (line, code, words) in [
        (
            "sh -c 'echo locked out >&2; exit 7'",
            11,
            "`sh` ended with exit status: 7: locked out",
        ),
        ("/no/such/program", 5, "cannot start `/no/such/program`"),
        ("true", 5, "`true` printed nothing"),
    ] {
        let mut command = all(&bed, "command");
        command.args(["--token-command", line]);
        refused(command, code, &[words, "--token-command"]).await;
    }
    // Without a shell these are words of no meaning.
    let mut command = all(&bed, "command");
    command.args(["--token-command", "echo a; echo b"]);
    refused(command, 5, &["printed more than a token"]).await;
    let mut command = all(&bed, "command");
    command
        .args([
            "--token-command",
            "echo $KEY | tr -d ' '",
            "--token-command-shell",
        ])
        .env("KEY", API_KEY);
    done(&bed, command).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_can_choose_the_header_and_the_scheme() {
    let bed = bed(2, LONG).await;
    let profile = std::fs::read_to_string("config/profiles/anaplan.toml").unwrap();
    let profile = profile.replace("\"anaplan-basic\"", "\"bearer\"");
    std::fs::write(
        bed.path("own.toml"),
        format!("token-scheme = \"BEARER\"\n{profile}"),
    )
    .unwrap();
    let mut command = bed.run_all(2);
    command
        .args(["--profile", "own.toml"])
        .env_remove("OFFBOARD_USERNAME")
        .env("OFFBOARD_TOKEN", API_KEY);
    done(&bed, command).await;
    let mut command = all(&bed, "bearer");
    command
        .args(["--new", "--token-header", "X-Api-Key", "--token-scheme", ""])
        .env("OFFBOARD_TOKEN", API_KEY);
    // The sandbox knows no such header.
    refused(command, 5, &["FAILURE_BAD_CREDENTIAL"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_that_is_none_is_refused_with_the_kinds_there_are() {
    let bed = bed(1, LONG).await;
    refused(
        all(&bed, "kerberos"),
        2,
        &["`kerberos`", "anaplan-certificate", "oauth-device"],
    )
    .await;
}
