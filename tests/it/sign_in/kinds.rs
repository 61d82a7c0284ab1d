//! Every kind of sign-in, end to end: the real program signs in at the sandbox, does a small job, and
//! renews its token in the middle of it where there is something to renew.

use super::setup::{API_KEY, CLIENT_SECRET, LONG, SHORT, all, bed, done, refused, slowly};
use crate::support::{Bed, finish};

#[apply(end_to_end!)]
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

#[apply(end_to_end!)]
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

#[apply(end_to_end!)]
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

#[apply(end_to_end!)]
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

#[apply(end_to_end!)]
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

#[apply(end_to_end!)]
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

#[apply(end_to_end!)]
async fn a_command_that_fails_is_reported_in_its_own_words() {
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

#[apply(end_to_end!)]
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

#[apply(end_to_end!)]
async fn an_unknown_kind_is_refused_with_the_list_of_kinds() {
    let bed = bed(1, LONG).await;
    refused(
        all(&bed, "kerberos"),
        2,
        &["`kerberos`", "anaplan-certificate", "oauth-device"],
    )
    .await;
}
