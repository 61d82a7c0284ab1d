//! Each command in the documents is run, or is listed here with the reason why it is not. What a document
//! shows below a command is what the program prints.
//!
//! A document is one session: its blocks are run from the first to the last in one folder. In a `console`
//! block a command follows `$ `, and its output follows the command; a `sh` block has commands only. With
//! `INSTA_UPDATE=always` an output that differs is written into the document.

use std::collections::BTreeSet;
use std::fmt::Write;

use regex::Regex;

use super::book::{pages, root};
use super::page::{Fate, Fence, Page};
use super::shell_session::ShellSession;

/// The blocks that are not run, by document and name, each with the reason.
const NOT_RUN: &[(&str, &str, &str)] = &[
    (
        "CONTRIBUTING.md",
        "checks",
        "these are the steps of CI themselves",
    ),
    (
        "CONTRIBUTING.md",
        "snapshots",
        "it would write the snapshots of this very run",
    ),
    ("README.md", "demo", "the step `demo` of .ci/run runs it"),
    ("README.md", "image", "needs a container engine"),
    (
        "README.md",
        "install",
        "compiles the program anew, which takes minutes",
    ),
    ("README.md", "test", "these are the tests themselves"),
    ("docs/automation.md", "kubectl", "needs a cluster"),
    (
        "docs/fleet.md",
        "copy",
        "names a database of an example; the tests of `fleet` run such commands",
    ),
    (
        "docs/fleet.md",
        "detach",
        "names a database of an example; the tests of `fleet` run such commands",
    ),
    (
        "docs/fleet.md",
        "run",
        "names a database of an example; the tests of `fleet` run such commands",
    ),
    (
        "docs/fleet.md",
        "worker",
        "names a database of an example; the tests of `fleet` run such commands",
    ),
    (
        "docs/install.md",
        "archive",
        "needs the archive of a release, and root",
    ),
    (
        "docs/install.md",
        "archive-removal",
        "needs the archive of a release, and root",
    ),
    (
        "docs/install.md",
        "digests",
        "deploy/release runs it on the files of a release",
    ),
    (
        "docs/install.md",
        "package",
        "tests/packages/deb does it in a clean Debian",
    ),
    (
        "docs/install.md",
        "package-removal",
        "tests/packages/deb does it in a clean Debian",
    ),
    (
        "docs/install.md",
        "source",
        "compiles the program anew, which takes minutes",
    ),
    (
        "docs/install.md",
        "source-removal",
        "needs an installed program",
    ),
    (
        "docs/container.md",
        "build",
        "needs a container engine; tests/image/build builds the image with buildah",
    ),
    (
        "docs/container.md",
        "demo",
        "needs the image; tests/image/build runs it with runc",
    ),
    (
        "docs/container.md",
        "chown",
        "needs the image and root; tests/image/build does it with runc",
    ),
    (
        "docs/container.md",
        "compose-files",
        "needs a container engine; tests/deploy/validate checks the files",
    ),
    (
        "docs/container.md",
        "compose-job",
        "needs a container engine and a tenant; tests/deploy/validate checks the files",
    ),
    (
        "docs/container.md",
        "kubernetes-job",
        "needs a cluster and a database; tests/deploy/validate checks the files",
    ),
    (
        "docs/container.md",
        "kubernetes-run",
        "needs a cluster and a database; tests/deploy/validate checks the files",
    ),
    (
        "docs/container.md",
        "kubernetes-secrets",
        "needs a cluster; tests/deploy/validate checks the files",
    ),
    (
        "docs/container.md",
        "run",
        "needs the image; tests/image/build runs it with runc",
    ),
    (
        "docs/container.md",
        "secrets",
        "needs the image; tests/image/build does it with runc",
    ),
    (
        "docs/container.md",
        "stop",
        "needs the image; tests/image/build sends the signal with runc",
    ),
];

/// One command of a block, with the output that the document shows.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    command: String,
    shown: String,
}

/// The commands of a block.
fn steps(fence: &Fence) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    if fence.language == "sh" {
        steps.push(Step {
            command: fence.code.clone(),
            shown: String::new(),
        });
        return steps;
    }
    for line in fence.code.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                shown: String::new(),
            });
        } else {
            let last = steps.last_mut();
            let last =
                last.unwrap_or_else(|| panic!("line {}: output before a command", fence.line));
            writeln!(last.shown, "{line}").unwrap();
        }
    }
    steps
}

/// The text without what differs from run to run.
fn comparable(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, name) in [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
        (r"after \d+ ms", "after [N] ms"),
        // Ids of jobs and runs: UUIDs of version 7, which begin with the time.
        (r"\b01[0-9a-f]{10}7[0-9a-f]{19}\b", "[ID]"),
        (r"\b[0-9a-f]{64}\b", "[DIGEST]"),
        (r"process \d+ on \S+", "process [PID] on [HOST]"),
        (r"\+\d+ s from ours", "+[N] s from ours"),
        // Where a kill has met a run.
        (r"chain of \d+ events", "chain of [N] events"),
        // Users are written side by side, so the order of their events differs.
        (r"event \d+", "event [N]"),
        (
            r"\d+ users? (was|were) being written",
            "[N] users were being written",
        ),
        // How many lines of progress there are depends on the speed of the machine.
        (r"(?m)^(\[TIME\] )?\d+ of \d+ users \(.*\n", ""),
        (r"(?m)^(\[TIME\] )?line \d+: .* failed \(.*\n", ""),
        (r"loaded .* ago", "loaded [AGE] ago"),
    ] {
        text = Regex::new(pattern)
            .unwrap()
            .replace_all(&text, name)
            .into_owned();
    }
    text
}

/// Runs the blocks of a document: what differs from the document, and the document with all that was printed.
fn play(page: &Page) -> (Vec<String>, String) {
    let mut session = ShellSession::new();
    let mut different = Vec::new();
    let mut text = page.text.clone();
    let mut moved: isize = 0;
    for fence in page.contents().fences {
        let place = format!("{}:{}", page.path, fence.line);
        let last_code = match &fence.fate {
            Fate::File { name } => {
                session.write(name, &fence.code);
                continue;
            }
            Fate::NotRun { .. } | Fate::Shown => continue,
            Fate::Run { last_code } => Some(*last_code),
            Fate::Background => None,
        };
        let steps = steps(&fence);
        let count = steps.len();
        let mut made = String::new();
        for (number, step) in steps.into_iter().enumerate() {
            let printed = if let Some(last_code) = last_code {
                let (printed, code) = session.run(&step.command);
                let wanted = if number + 1 == count { last_code } else { 0 };
                assert_eq!(code, wanted, "{place}: `{}`\n{printed}", step.command);
                printed
            } else {
                session.start(&step.command)
            };
            if fence.language == "sh" {
                made.push_str(&step.command);
                continue;
            }
            writeln!(made, "$ {}", step.command).unwrap();
            if !printed.trim().is_empty() {
                writeln!(made, "{}", printed.trim_end()).unwrap();
            }
            let same = comparable(&printed).trim_end() == comparable(&step.shown).trim_end();
            if !same {
                different.push(format!(
                    "{place}: `{}` prints\n{printed}\nand not\n{}",
                    step.command, step.shown
                ));
            }
        }
        let start = fence.place.start.strict_add_signed(moved);
        let end = fence.place.end.strict_add_signed(moved);
        moved += made.len().cast_signed() - fence.code.len().cast_signed();
        text.replace_range(start..end, &made);
    }
    drop(session);
    (different, text)
}

/// Compares a document with what its commands print, or writes it anew: as a whole, so that the ids in it are
/// those of one session.
async fn check(path: &'static str) {
    let (different, text) = tokio::task::spawn_blocking(|| play(&Page::read(path)))
        .await
        .unwrap();
    if different.is_empty() {
        return;
    }
    let is_update = std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always");
    let shown = different.join("\n");
    assert!(is_update, "{shown}\nrun `just docs` if this is meant");
    std::fs::write(root().join(path), text).unwrap();
}

/// One test for each document that has commands, so that they run beside each other.
macro_rules! played {
    ($($name:ident: $path:literal,)*) => {
        const PLAYED: &[&str] = &[$($path),*];
        $(
            #[tokio::test]
            async fn $name() {
                check($path).await;
            }
        )*
    };
}

played! {
    the_commands_of_the_readme: "README.md",
    the_commands_about_installation: "docs/install.md",
    the_commands_of_a_first_job: "docs/first-job.md",
    the_commands_about_the_roster: "docs/roster.md",
    the_commands_about_sign_in: "docs/sign-in.md",
    the_commands_about_providers: "docs/providers.md",
    the_commands_about_configuration: "docs/configuration.md",
    the_commands_about_evidence: "docs/evidence.md",
    the_commands_about_automation: "docs/automation.md",
}

#[test]
fn each_document_with_commands_is_played() {
    let is_command = |fence: &Fence| matches!(fence.fate, Fate::Run { .. } | Fate::Background);
    let found: BTreeSet<String> = pages()
        .into_iter()
        .filter(|page| page.contents().fences.iter().any(is_command))
        .map(|page| page.path)
        .collect();
    let played = PLAYED.iter().map(ToString::to_string).collect();
    assert_eq!(found, played);
}

#[test]
fn each_block_that_is_not_run_is_listed_with_the_reason() {
    let mut found = Vec::new();
    for page in pages() {
        for fence in page.contents().fences {
            if let Fate::NotRun { name } = fence.fate {
                found.push((page.path.clone(), name));
            }
        }
    }
    let mut listed = Vec::new();
    for (path, name, reason) in NOT_RUN {
        assert!(reason.len() > 10, "{path}, {name}: no reason");
        listed.push(((*path).to_owned(), (*name).to_owned()));
    }
    found.sort();
    listed.sort();
    assert_eq!(found, listed);
}

#[test]
fn a_block_is_split_into_commands_and_outputs() {
    let page = Page {
        path: "p.md".to_owned(),
        text: "```console\n$ a\nb\n\nc\n$ d\n```\n\n```sh\ne\nf\n```\n".to_owned(),
    };
    let fences = page.contents().fences;
    let step = |command: &str, shown: &str| Step {
        command: command.to_owned(),
        shown: shown.to_owned(),
    };
    assert_eq!(steps(&fences[0]), [step("a", "b\n\nc\n"), step("d", "")]);
    assert_eq!(steps(&fences[1]), [step("e\nf\n", "")]);
}

#[test]
fn an_output_that_is_not_what_is_printed_is_found_and_corrected() {
    let page = Page {
        path: "p.md".to_owned(),
        text: "```console\n$ echo a\na\n```\n\n```console\n$ echo b\nc\n$ echo 2030-01-01T00:00:00Z\n2031-01-01T00:00:00Z\n```\n"
            .to_owned(),
    };
    let (different, text) = play(&page);
    assert_eq!(different.len(), 1, "{different:?}");
    let corrected = page.text.replace("\nc\n", "\nb\n");
    assert_eq!(text, corrected.replace("\n2031-01", "\n2030-01"));
}
