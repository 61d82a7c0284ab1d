//! What the documents say of the program is true: flags, variables and verbs exist, the table of providers is
//! what the profiles say, and the table of exit codes has all of them.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::Command;
use offboard::cli::command;
use offboard::settings::{Declared, Layer, SecretKind};
use regex::Regex;

use super::book::{pages, root};
use super::page::Page;

/// Flags in the documents that are those of other programs, and `--password`, of which they say that it does not
/// exist.
const OTHER_FLAGS: &[&str] = &[
    "all-targets",
    "fail",
    "password",
    "user",
    "build-arg",
    "network",
    "read-only",
    "tmpfs",
    "replicas",
    "bench",
    "bin",
    "check",
    "doc",
    "example",
    "from-file",
    "from-literal",
    "ignore-missing",
    "ignored",
    "interactive",
    "lib",
    "locked",
    "path",
    "profile",
    "release",
    "rm",
    "root",
    "rounds",
    "test",
    "tty",
    "no-fail-fast",
    "document-private-items",
    "no-deps",
    "offline",
];

/// The program with all of its verbs.
fn built() -> Command {
    let mut program = command();
    program.build();
    program
}

/// All long flags of a command and of the commands below it.
fn flags(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|arg| arg.get_long());
    let own = own.map(str::to_owned);
    let below = command.get_subcommands().flat_map(flags);
    own.chain(below).collect()
}

/// All variables that the program reads.
fn variables() -> BTreeSet<String> {
    fn of(command: &Command) -> BTreeSet<String> {
        let own = command.get_arguments().filter_map(|arg| arg.get_env());
        let own = own.map(|name| name.to_string_lossy().into_owned());
        own.chain(command.get_subcommands().flat_map(of)).collect()
    }
    let mut names = of(&built());
    names.extend(
        SecretKind::ALL
            .iter()
            .map(|kind| kind.variable().to_owned()),
    );
    names
}

/// The settings by the names of their keys in a file.
fn keys() -> BTreeSet<String> {
    Layer::declared()
        .into_iter()
        .map(|one: Declared| one.key)
        .collect()
}

/// The changelog speaks of what was, and of what was renamed.
fn present_pages() -> impl Iterator<Item = Page> {
    pages()
        .into_iter()
        .filter(|page| page.path != "CHANGELOG.md")
}

#[test]
fn each_flag_that_a_document_names_exists() {
    let known = flags(&built());
    let pattern = Regex::new(r"(?:^|[\s`'\[(])--([a-z][a-z0-9-]*)").unwrap();
    let mut unknown = Vec::new();
    for page in present_pages() {
        for (number, line) in page.text.lines().enumerate() {
            for found in pattern.captures_iter(line) {
                let flag = &found[1];
                if !known.contains(flag) && !OTHER_FLAGS.contains(&flag) {
                    unknown.push(format!("{}:{}: --{flag}", page.path, number + 1));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "\n{}", unknown.join("\n"));
}

#[test]
fn each_variable_that_a_document_names_exists() {
    let mut known = variables();
    known.extend(
        [
            "OFFBOARD_TEST_SERVERS",
            "OFFBOARD_STORIES",
            "OFFBOARD_STORY",
        ]
        .map(str::to_owned),
    );
    let pattern = Regex::new(r"OFFBOARD_[A-Z][A-Z_]*").unwrap();
    let mut unknown = Vec::new();
    for page in present_pages() {
        for found in pattern.find_iter(&page.text) {
            if !known.contains(found.as_str()) {
                unknown.push(format!("{}: {}", page.path, found.as_str()));
            }
        }
    }
    assert!(unknown.is_empty(), "\n{}", unknown.join("\n"));
}

#[test]
fn each_verb_that_a_document_shows_exists() {
    let program = built();
    // A command in backticks, or at the beginning of a line of code, perhaps after variables.
    let pattern =
        Regex::new(r"(?m)(?:`|^\s*(?:\$ |- run: )?(?:[A-Z_]+=\S+ )*)offboard ((?:[a-z]+ ?)+)")
            .unwrap();
    let mut unknown = Vec::new();
    let mut seen = 0;
    for page in present_pages() {
        let contents = page.contents();
        let codes = contents.fences.iter().map(|fence| fence.code.clone());
        let spans = contents.spans.iter().map(|span| format!("`{span}"));
        for code in codes.chain(spans) {
            for found in pattern.captures_iter(&code) {
                seen += 1;
                let mut verb = &program;
                for word in found[1].split_whitespace() {
                    match verb.find_subcommand(word) {
                        Some(next) => verb = next,
                        None if verb.has_subcommands() && verb.get_name() != "help" => {
                            unknown.push(format!("{}: offboard {}", page.path, &found[1]));
                            break;
                        }
                        None => break,
                    }
                }
            }
        }
    }
    assert!(seen > 30, "only {seen} commands were found");
    assert!(unknown.is_empty(), "\n{}", unknown.join("\n"));
}

#[test]
fn each_settings_file_that_a_document_shows_has_known_keys() {
    let known = keys();
    let mut unknown = Vec::new();
    let mut seen = 0;
    for page in present_pages().filter(|page| page.path != "ARCHITECTURE.md") {
        for fence in page.contents().fences {
            if fence.language != "toml" {
                continue;
            }
            seen += 1;
            let table: toml::Table = toml::from_str(&fence.code)
                .unwrap_or_else(|error| panic!("{}:{}: {error}", page.path, fence.line));
            for key in table.keys().filter(|key| !known.contains(*key)) {
                unknown.push(format!("{}:{}: {key}", page.path, fence.line));
            }
        }
    }
    assert!(seen > 0, "no settings file was found");
    assert!(unknown.is_empty(), "\n{}", unknown.join("\n"));
}

/// What a document says between `<!-- made: NAME -->` and `<!-- end -->` is this text; `INSTA_UPDATE=always`
/// writes it.
fn check_made(path: &str, name: &str, made: &str) {
    let page = Page::read(path);
    let begin = format!("<!-- made: {name} -->\n");
    let (before, rest) = page.text.split_once(&begin).unwrap();
    let (shown, after) = rest.split_once("<!-- end -->").unwrap();
    let made = format!("\n{made}\n");
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(
            root().join(path),
            format!("{before}{begin}{made}<!-- end -->{after}"),
        )
        .unwrap();
    } else {
        assert_eq!(shown, made, "{path}: run `just docs`");
    }
}

#[test]
fn the_table_of_providers_is_what_the_profiles_say() {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(root().join("config/profiles")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let profile: toml::Table =
            toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let about = |key: &str| profile["about"][key].as_str().unwrap().to_owned();
        let tried = match about("tried").as_str() {
            "from documentation" => String::new(),
            tried => tried.to_owned(),
        };
        rows.push((tried.is_empty(), name, about("provider"), tried));
    }
    // Those that were tried come first.
    rows.sort();
    let mut table = "| `--profile` | for | tried against |\n| --- | --- | --- |\n".to_owned();
    for (untried, name, provider, tried) in rows {
        let tried = if untried {
            "not tried: written after the documentation"
        } else {
            &tried
        };
        writeln!(table, "| `{name}` | {provider} | {tried} |").unwrap();
    }
    for page in ["README.md", "docs/providers.md"] {
        check_made(page, "providers", &table);
    }
    let mark = "<!-- made: ";
    let marks = pages()
        .into_iter()
        .map(|page| page.text.matches(mark).count());
    assert_eq!(marks.sum::<usize>(), 2, "a table that no test makes");
}

#[test]
fn the_table_of_exit_codes_has_all_of_them() {
    let help = built().render_long_help().to_string();
    let (_, codes) = help.split_once("Exit codes:").unwrap();
    let number = Regex::new(r"\b\d+\b").unwrap();
    let said: BTreeSet<&str> = number
        .find_iter(codes)
        .map(|found| found.as_str())
        .collect();
    assert!(said.len() > 10, "{codes}");
    let readme = Page::read("README.md").text;
    let (_, table) = readme.split_once("| exit | meaning |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let first_cells: String = rows
        .filter_map(|row| row.split('|').nth(1))
        .collect::<Vec<_>>()
        .join(",");
    let listed: BTreeSet<&str> = number
        .find_iter(&first_cells)
        .map(|found| found.as_str())
        .collect();
    assert_eq!(listed, said);
}
