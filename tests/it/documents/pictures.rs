//! The pictures of README, which `docs/recording/make` makes from real runs: small enough for a page, and
//! about commands that exist.

use offboard::cli::command;
use regex::Regex;

use super::book::{pages, root};

fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_recording_is_small_and_loads_nothing() {
    let text = String::from_utf8(bytes("docs/pictures/terminal.svg")).unwrap();
    assert!(text.len() < 150_000, "{} bytes", text.len());
    assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"));
    for word in ["<script", "href=\"http", "url(http", "@import"] {
        assert!(!text.contains(word), "{word}");
    }
}

/// The commands of the recording are in its description, as they were typed.
#[test]
fn the_recording_shows_commands_that_exist() {
    let text = String::from_utf8(bytes("docs/pictures/terminal.svg")).unwrap();
    let (_, rest) = text.split_once("<desc>").unwrap();
    let (commands, _) = rest.split_once("</desc>").unwrap();
    let mut program = command();
    program.build();
    let verb = Regex::new(r"(?m)^offboard ([a-z]+)").unwrap();
    let verbs: Vec<_> = verb
        .captures_iter(commands)
        .map(|found| found[1].to_owned())
        .collect();
    assert!(verbs.len() >= 3, "{commands}");
    for verb in verbs {
        assert!(program.find_subcommand(&verb).is_some(), "{verb}");
    }
}

#[test]
fn the_picture_of_the_report_is_a_small_png() {
    let picture = bytes("docs/pictures/report.png");
    assert!(picture.len() < 200_000, "{} bytes", picture.len());
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
    let width = u32::from_be_bytes(picture[16..20].try_into().unwrap());
    assert!(width >= 1000, "{width} pixels wide");
}

#[test]
fn each_picture_is_shown_somewhere() {
    let targets: Vec<_> = pages()
        .iter()
        .flat_map(|page| page.contents().targets)
        .collect();
    for entry in std::fs::read_dir(root().join("docs/pictures")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            targets.iter().any(|target| target.ends_with(&name)),
            "{name}"
        );
    }
}
