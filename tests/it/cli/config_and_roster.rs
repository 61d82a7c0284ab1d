//! Verbs that need no job: `roster`, `config`, `completions` and `man`.

use std::process::Command;

use serde_json::Value;

use crate::support::{Ran, Transcript, check_text, finish, program};

const ID: &str = "8a8b00000000000000000000000000a";

async fn run(dir: &tempfile::TempDir, args: &[&str]) -> Ran {
    finish(command(dir, args)).await
}

fn command(dir: &tempfile::TempDir, args: &[&str]) -> Command {
    let mut command = program(dir.path());
    command.args(args);
    command
}

#[tokio::test]
async fn roster_check_needs_no_job() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| std::fs::write(dir.path().join(name), text).unwrap();
    let template = run(&dir, &["roster", "template"]).await;
    write("template.csv", template.stdout.as_bytes());
    write(
        "mixed.csv",
        format!(
            "Name;User ID;Email\r\nAda;{ID}1;ada@example.com\r\n\r\nB;;\r\nAda;{}1;\r\nx\r\n",
            ID.to_uppercase()
        )
        .as_bytes(),
    );
    let wide: Vec<u8> = "Email\tTeam\nada@example.com\tx\nADA@example.com\ty\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    write("wide.txt", &wide);
    write("useless.csv", b"User ID\n\"\"\n , \n");
    write("picture.csv", b"\x89PNG\x00\x01");
    let mut transcript = Transcript::default();
    for (name, code) in [
        ("template.csv", 0),
        ("mixed.csv", 10),
        ("wide.txt", 0),
        ("useless.csv", 4),
        ("picture.csv", 4),
        ("missing.csv", 4),
    ] {
        let ran = run(&dir, &["roster", "check", name]).await;
        assert_eq!(ran.code, Some(code), "{name}: {ran:?}");
        transcript.add(name, &ran);
    }
    transcript.add(
        "mixed.csv --json",
        &run(&dir, &["roster", "check", "mixed.csv", "--json"]).await,
    );
    transcript.add(
        "another column",
        &run(&dir, &["roster", "check", "mixed.csv", "--id-column", "#9"]).await,
    );
    transcript.check("prepare_roster", dir.path());
}

#[tokio::test]
async fn an_annotated_file_is_written_and_never_over_another() {
    let dir = tempfile::tempdir().unwrap();
    let ran = run(&dir, &["config", "init"]).await;
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(0), "offboard.toml\n"),
        "{ran:?}"
    );
    let text = std::fs::read_to_string(dir.path().join("offboard.toml")).unwrap();
    let longest = text.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(104), "a line of {longest:?}");
    std::fs::write(dir.path().join("offboard.toml"), "burst = 3\n").unwrap();
    let ran = run(&dir, &["config", "init"]).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let text = std::fs::read_to_string(dir.path().join("offboard.toml")).unwrap();
    assert_eq!(text, "burst = 3\n");
}

/// Flag, variable, file, region, profile, default.
fn show(dir: &tempfile::TempDir, args: &[&str]) -> Command {
    let text = "burst = 3\nregion = \"us9\"\nprotect = [\"@board.example.com\"]\n\
                auth-url = \"https://planted:planted@auth.example.com\"\n";
    std::fs::write(dir.path().join("offboard.toml"), text).unwrap();
    let mut command = command(dir, &["config", "show", "--canary", "5", "--self", "me"]);
    command
        .args(args)
        .env("OFFBOARD_USERNAME", "ada@example.com")
        .env("OFFBOARD_CANARY", "7")
        .env("OFFBOARD_PROTECT", "ceo@example.com")
        .env("OFFBOARD_STRICT", "yes")
        .env("OFFBOARD_PASSWORD", "planted");
    command
}

#[tokio::test]
async fn p10_settings_are_shown_with_their_sources_and_without_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let ran = finish(show(&dir, &[])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!format!("{ran:?}").contains("planted"), "{ran:?}");
    let mut transcript = Transcript::default();
    transcript.add("config show", &ran);
    transcript.check("prepare_config", dir.path());

    let ran = finish(show(&dir, &["--json"])).await;
    assert!(!format!("{ran:?}").contains("planted"), "{ran:?}");
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    for (name, value, source) in [
        ("canary", Value::from(5), "--canary"),
        ("self", "me".into(), "--self"),
        ("username", "ada@example.com".into(), "OFFBOARD_USERNAME"),
        ("burst", 3.into(), "file"),
        ("region", "us9".into(), "file"),
        (
            "scim-url",
            "https://us9.api.anaplan.com/scim/1/0/v2".into(),
            "region",
        ),
        ("rate", "8/s".into(), "profile"),
        ("grace", "30s".into(), "default"),
        ("password", "[redacted]".into(), "OFFBOARD_PASSWORD"),
        ("until", Value::Null, "not set"),
        ("strict", "yes".into(), "OFFBOARD_STRICT"),
        (
            "protect",
            serde_json::json!(["ceo@example.com", "@board.example.com"]),
            "OFFBOARD_PROTECT",
        ),
        ("profile", "anaplan".into(), "default"),
    ] {
        let setting = &shown["settings"][name];
        assert_eq!(
            (&setting["value"], &setting["source"]),
            (&value, &source.into()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_region_sets_all_hosts_and_each_host_can_be_set_alone() {
    let dir = tempfile::tempdir().unwrap();
    let hosts = async |args: &[&str], variable: Option<(&str, &str)>| {
        let mut command = command(&dir, &["config", "show", "--json"]);
        command.args(args).envs(variable);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
        ["scim-url", "auth-url", "oauth-url"].map(|name| {
            let value = shown["settings"][name]["value"].as_str().unwrap();
            value.to_owned()
        })
    };
    let eu5 = [
        "https://eu5.api.anaplan.com/scim/1/0/v2",
        "https://eu5.auth.anaplan.com",
        "https://eu5.app.anaplan.com",
    ];
    let standard = [
        "https://api.anaplan.com/scim/1/0/v2",
        "https://auth.anaplan.com",
        "https://us1a.app.anaplan.com",
    ];
    assert_eq!(hosts(&[], None).await, standard);
    assert_eq!(hosts(&["--region", "EU5"], None).await, eu5);
    assert_eq!(hosts(&[], Some(("OFFBOARD_REGION", "eu5"))).await, eu5);
    let own = "https://own.example.com";
    assert_eq!(
        hosts(&["--region", "eu5", "--auth-url", own], None).await,
        [eu5[0], own, eu5[2]]
    );
    let variable = Some(("OFFBOARD_OAUTH_URL", own));
    assert_eq!(
        hosts(&["--region", "eu5"], variable).await,
        [eu5[0], eu5[1], own]
    );
    std::fs::write(
        dir.path().join("offboard.toml"),
        format!("scim-url = \"{own}\"\n"),
    )
    .unwrap();
    assert_eq!(hosts(&[], None).await, [own, standard[1], standard[2]]);
    assert_eq!(hosts(&["--region", "eu5"], None).await, eu5);

    let ran = run(&dir, &["config", "show", "--region", "mars"]).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.stderr.contains("`mars`") && ran.stderr.contains("us7, us9"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn shells_and_manuals_know_the_verbs() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&dir, &["completions", shell]).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{shell}");
        for word in ["export", "remove-access", "offboard"] {
            assert!(ran.stdout.contains(word), "{shell}: no {word}");
        }
    }
    assert_eq!(run(&dir, &["completions", "dos"]).await.code, Some(2));
    let ran = run(&dir, &["man", "pages"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let page = std::fs::read_to_string(dir.path().join("pages/offboard-users-export.1")).unwrap();
    assert!(
        page.contains("can") && page.contains("\\-\\-filter"),
        "{page}"
    );
    assert!(dir.path().join("pages/offboard.1").exists());
    for page in std::fs::read_dir(dir.path().join("pages")).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        assert!(!name.contains("help"), "{name}: no verb of this name works");
    }
}

#[tokio::test]
async fn each_verb_below_a_verb_has_help_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    for (name, verb) in [
        ("help_users_export", ["users", "export"]),
        ("help_roster_check", ["roster", "check"]),
        ("help_config_show", ["config", "show"]),
    ] {
        let ran = run(&dir, &[verb[0], verb[1], "--help"]).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{verb:?}");
        check_text(name, &ran.stdout, dir.path());
    }
}
