//! Help texts and the version.

use clap::Command;
use offboard::cli::command;

use crate::support::{Bed, check_text, finish, program};

#[tokio::test]
async fn help_of_the_program_and_of_each_verb() {
    let dir = tempfile::tempdir().unwrap();
    let verbs: Vec<_> = command()
        .get_subcommands()
        .map(|verb| verb.get_name().to_owned())
        .collect();
    assert!(verbs.len() >= 5, "{verbs:?}");
    for verb in std::iter::once("").chain(verbs.iter().map(String::as_str)) {
        let mut command = program(dir.path());
        command
            .args((!verb.is_empty()).then_some(verb))
            .arg("--help");
        let ran = finish(command).await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{verb}");
        let longest = ran.stdout.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(100), "{verb}: a line of {longest:?}");
        let name = if verb.is_empty() { "program" } else { verb };
        check_text(&format!("help_{name}"), &ran.stdout, dir.path());
    }
}

#[tokio::test]
async fn the_version_is_that_of_the_package() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = program(dir.path());
    command.arg("--version");
    let ran = finish(command).await;
    let build = env!("OFFBOARD_BUILD");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(ran.stdout, format!("offboard {version} ({build})\n"));
    // The machine that it is built for; a release names the commit before it.
    assert!(build.contains(std::env::consts::ARCH), "{build}");
    assert_eq!(ran.code, Some(0));
}

#[tokio::test]
async fn nothing_typed_shows_the_help_and_is_misuse() {
    let dir = tempfile::tempdir().unwrap();
    let ran = finish(program(dir.path())).await;
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("offboard demo"), "{ran:?}");
}

#[test]
fn each_verb_and_each_option_has_a_help_that_begins_like_a_sentence() {
    let mut program = command();
    program.build();
    assert_helpful(&program, "offboard");
}

fn assert_helpful(command: &Command, path: &str) {
    let about = command.get_about().map(ToString::to_string);
    assert_sentence(path, about.as_deref());
    for argument in command.get_arguments() {
        let help = argument.get_help().map(ToString::to_string);
        assert_sentence(&format!("{path} {}", argument.get_id()), help.as_deref());
    }
    for verb in command.get_subcommands() {
        assert_helpful(verb, &format!("{path} {}", verb.get_name()));
    }
}

fn assert_sentence(what: &str, help: Option<&str>) {
    let help = help.unwrap_or_else(|| panic!("{what} has no help"));
    let first = help.chars().next().unwrap();
    assert!(first.is_uppercase() && help.len() > 4, "{what}: {help}");
    let commands = help.contains("TODO") || help.contains('\t');
    assert!(!commands, "{what}: {help}");
}

#[test]
fn each_setting_has_a_variable_of_its_own_name() {
    let mut program = command();
    program.build();
    for verb in program.get_subcommands() {
        for argument in verb.get_arguments() {
            let (Some(long), Some(variable)) = (argument.get_long(), argument.get_env()) else {
                continue;
            };
            // A variable that adds to a flag, where others give way to theirs, is read by an argument of
            // its own.
            if argument.is_hide_set() {
                continue;
            }
            let expected = format!("OFFBOARD_{}", long.to_uppercase().replace('-', "_"));
            assert_eq!(variable.to_string_lossy(), expected, "--{long}");
        }
    }
}

#[tokio::test]
async fn short_help_fits_on_a_screen_and_help_of_a_verb_has_everything() {
    let bed = Bed::with_users(1).await;
    let ran = finish(bed.offboard(&["run", "-h"])).await;
    check_text("help_run_short", &ran.stdout, bed.dir.path());
    let all = finish(bed.offboard(&["run", "--help"])).await;
    let same = finish(bed.offboard(&["help", "run"])).await;
    assert_eq!((all.code, same.code), (Some(0), Some(0)));
    assert_eq!(all.stdout, same.stdout);
}

#[tokio::test]
async fn a_word_of_other_programs_is_answered_with_the_one_to_use() {
    let dir = tempfile::tempdir().unwrap();
    for (words, instead) in [
        (&["remove", "leavers.csv"][..], "`offboard run leavers.csv`"),
        (
            &["run", "leavers.csv", "--disable", "--yes"],
            "`--confirm N`",
        ),
        (
            &["run", "leavers.csv", "--password", "x"],
            "no flag takes a secret",
        ),
    ] {
        let mut command = program(dir.path());
        command.args(words);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(instead), "{ran:?}");
    }
}
