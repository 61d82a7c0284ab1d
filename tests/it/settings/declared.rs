//! A setting is declared in one place: flag, variable, key in files, annotated file, documentation and evidence all
//! follow from one declaration.

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, ArgMatches, Command};
use offboard::cli::command;
use offboard::settings::{Declared, Evidence, Layer, SecretKind, Settings, template};

/// Flags with a variable that are no settings: they name the settings file, and confirm a job.
const NO_SETTINGS: [&str; 5] = ["config", "confirm", "jobs", "listen", "targets"];

/// Settings whose example cannot be used by itself: it names a file, or needs another setting.
const NEEDS_MORE: [&str; 6] = [
    "ca-file",
    "ca-only",
    "client-cert",
    "protect-file",
    "proxy",
    "sign-in",
];

/// The example of a setting as one key of a file.
fn in_a_file(setting: &Declared) -> Layer {
    let text = format!("{} = {}", setting.key, setting.example);
    Layer::parse(Path::new("t.toml"), &text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The example of a setting as words of a command line.
fn as_flags(setting: &Declared) -> Vec<String> {
    let table: toml::Table = toml::from_str(&format!("x = {}", setting.example)).unwrap();
    let values = match &table["x"] {
        toml::Value::String(text) => vec![text.clone()],
        toml::Value::Array(items) => {
            let items = items.iter().filter_map(toml::Value::as_str);
            items.map(str::to_owned).collect()
        }
        toml::Value::Table(parts) => {
            let part = |(name, text): (&String, &toml::Value)| {
                format!("{name}={}", text.as_str().unwrap())
            };
            parts.iter().map(part).collect()
        }
        // A number, or on and off, is written in a file as it is typed.
        _ => vec![setting.example.clone()],
    };
    let flag = setting.flag.as_deref().unwrap();
    let word = |value: String| format!("--{flag}={value}");
    values.into_iter().map(word).collect()
}

/// A verb that has this flag: the words that lead to it, and the verb itself.
fn verb_with(flag: &str) -> (Vec<&'static str>, Command) {
    let verbs = [
        &["config", "show"][..],
        &["run", "r.csv"],
        &["report", "-o", "out"],
    ];
    let mut program = command();
    program.build();
    for words in verbs {
        let verb = words.iter().try_fold(&program, |verb, word| {
            verb.find_subcommand(word)
                .or_else(|| Some(verb).filter(|verb| !verb.has_subcommands()))
        });
        let verb = verb.unwrap();
        if verb.get_arguments().any(|arg| arg.get_long() == Some(flag)) {
            return (words.to_vec(), verb.clone());
        }
    }
    panic!("no verb has `--{flag}`");
}

fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches
        .subcommand()
        .map_or(matches, |(_, inner)| innermost(inner))
}

#[test]
fn a_setting_has_its_flag_its_variable_and_its_key_from_one_declaration() {
    let template = template();
    for setting in Layer::declared() {
        let key = &setting.key;
        assert!(!setting.help.is_empty(), "{key} has no help");
        let is_explained = template.contains(&format!("\n# {key} = "));
        assert_eq!(is_explained, !setting.example.is_empty(), "{key}");
        let Some(flag) = &setting.flag else { continue };
        let is_its_own = flag == key || (flag == "place" && key == "places");
        assert!(is_its_own, "--{flag} is `{key}` in files");
        let (words, verb) = verb_with(flag);
        let mut args = verb.get_arguments();
        let arg = args.find(|arg| arg.get_long() == Some(flag)).unwrap();
        let variable = format!("OFFBOARD_{}", flag.to_uppercase().replace('-', "_"));
        assert_eq!(arg.get_env().unwrap(), variable.as_str());
        assert_eq!(setting.variable.as_ref(), Some(&variable));

        let typed = words.iter().map(|word| (*word).to_owned());
        let typed = std::iter::once("offboard".to_owned())
            .chain(typed)
            .chain(as_flags(&setting));
        let matches = command().try_get_matches_from(typed).unwrap();
        let given = Layer::given(innermost(&matches));
        assert_eq!(given, in_a_file(&setting), "--{flag}");
    }
}

#[test]
fn each_flag_with_a_variable_is_a_declared_setting() {
    fn flags(verb: &Command, all: &mut Vec<String>) {
        let with_variable = verb.get_arguments().filter(|arg| arg.get_env().is_some());
        all.extend(with_variable.filter_map(Arg::get_long).map(str::to_owned));
        verb.get_subcommands().for_each(|verb| flags(verb, all));
    }
    let mut all = Vec::new();
    flags(&command(), &mut all);
    let declared: Vec<_> = Layer::declared()
        .into_iter()
        .filter_map(|one| one.flag)
        .collect();
    assert!(all.len() > declared.len(), "{all:?}");
    for flag in all {
        let is_known = declared.contains(&flag) || NO_SETTINGS.contains(&flag.as_str());
        assert!(
            is_known,
            "--{flag} has a variable, and is not declared in `settings`"
        );
    }
}

#[test]
fn p10_evidence_holds_each_setting_that_may_be_kept_and_no_secret() {
    let resolved = |layer: Layer| {
        let mut base = Layer::profile("anaplan").unwrap();
        base.sign_in.username = Some("ada@example.com".to_owned());
        Settings::resolve(layer.over(base)).map(|settings| settings.recorded())
    };
    let plain = resolved(Layer::default()).unwrap();
    for setting in Layer::declared() {
        let key = &setting.key;
        let is_kept = plain.get(key).is_some();
        assert_eq!(
            is_kept,
            setting.evidence == Evidence::Kept,
            "{key}: {plain}"
        );
        let may_hold_a_secret = ["password", "passphrase", "secret"];
        if may_hold_a_secret.iter().any(|word| key.contains(word)) {
            assert_eq!(setting.evidence, Evidence::Secret, "{key}");
        }
        if setting.example.is_empty() || !is_kept {
            continue;
        }
        match resolved(in_a_file(&setting)) {
            Ok(with_example) => assert!(!with_example[key].is_null(), "{key}: {with_example}"),
            Err(error) => assert!(NEEDS_MORE.contains(&key.as_str()), "{key}: {error}"),
        }
    }
}

/// `docs/settings.md` as it should be.
fn documentation() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         This file is made from the declarations in `src/settings/groups`; the test \
         `the_documentation_is_made_from_the_declarations` keeps it so, and writes it anew with \
         `INSTA_UPDATE=always cargo test --test it settings::declared`.\n\n\
         A flag wins over its variable, a variable over the settings file, the file over the hosts of the region, \
         the region over the profile, and the profile over the built-in value. What is empty counts as not set. \
         \"Evidence\" says whether a run keeps the value in its ledger and reports.\n",
    );
    let mut title = "";
    for setting in Layer::declared() {
        if setting.title != title {
            title = setting.title;
            write!(
                text,
                "\n## {title}\n\n\
                 | Flag | Variable | Key in a file | Default | Meaning | Evidence |\n\
                 | --- | --- | --- | --- | --- | --- |\n"
            )
            .unwrap();
        }
        let code = |text: &str| format!("`{}`", text.replace('|', "\\|"));
        let flag = setting.flag.as_ref();
        let flag = flag.map_or("–".to_owned(), |flag| match setting.value {
            "BOOL" => code(&format!("--{flag}[=BOOL]")),
            value => code(&format!("--{flag} {value}")),
        });
        let evidence = match setting.evidence {
            Evidence::Kept => "kept".to_owned(),
            Evidence::Secret => "never: a secret, or where one is".to_owned(),
            Evidence::Elsewhere(place) => place.to_owned(),
        };
        writeln!(
            text,
            "| {flag} | {} | {} | {} | {} | {evidence} |",
            setting.variable.as_deref().map_or("–".to_owned(), code),
            code(&setting.key),
            setting.fallback().unwrap_or_else(|| "–".to_owned()),
            setting.help.replace('|', "\\|"),
        )
        .unwrap();
    }
    text.push_str(
        "\n## Secrets\n\nA secret has no flag and no key of its own: it is in a variable, in the file that a flag \
         names, or is asked for at the terminal.\n\n\
         | Secret | Variable | Flag of its file |\n| --- | --- | --- |\n",
    );
    for kind in SecretKind::ALL {
        let (name, variable, flag) = (kind.name(), kind.variable(), kind.flag());
        writeln!(text, "| {name} | `{variable}` | `{flag} FILE` |").unwrap();
    }
    text
}

#[test]
fn the_documentation_is_made_from_the_declarations() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md");
    let expected = documentation();
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/settings.md is not what the declarations say: run this test with INSTA_UPDATE=always"
    );
}
