//! Makes `docs/json.md` and `docs/schemas` from the types, and keeps every member that was ever documented.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value};

use crate::audit::Audit;
use crate::cli::json::{
    CancelledForm, CheckForm, CopiedForm, ExplainForm, ExportForm, FailureForm, JobsForm,
    NothingForm, OrderedForm, PlanForm, ProfilesForm, PrunedForm, RosterForm, RunForm, SandboxForm,
    SettingsForm, StatusForm, VerifyForm, WorkerForm,
};
use crate::progress::ProgressForm;
use crate::report::Summary;

/// The text before the tables.
const HEAD: &str = "\
# JSON

`--json` prints one object on standard output, on one line. It has `schema`, the version of its form, and `version`, \
the version of the program. A command that cannot go on prints one object too, with the member `error` (see \
[failure](#failure)), whatever it was asked to print; a misuse of the command line as well. The exit code is the same \
as without `--json`, and messages for people are on standard error as usual.

Members are added in later versions. Within one `schema` none is removed, and none gets another meaning or type: a \
program should ignore members that it does not know. A member that may be null is marked in the column of types. \
Moments are texts (RFC 3339, UTC).

`--progress json` prints one object for each event on standard error, each on a line of its own (see \
[progress](#progress)). Notes and warnings are on standard error as text, between these lines: a line that begins \
with `{` is an event.

`--log-format json` writes the log (`-v`, `--log-file`) as one object for each event, with `timestamp`, `level`, \
`fields` and `target`. The log is for finding faults: its messages and fields may change in any version.

Each form has a JSON Schema (draft 2020-12) in [schemas](schemas).

This page is made from the types of the program.
";

fn schema<T: JsonSchema>() -> Value {
    schema_for!(T).to_value()
}

/// Each form: its name, and its schema.
fn forms() -> Vec<(&'static str, Value)> {
    vec![
        ("failure", schema::<FailureForm<'static>>()),
        ("check", schema::<CheckForm>()),
        ("plan", schema::<PlanForm<'static>>()),
        ("run", schema::<RunForm>()),
        ("detach", schema::<OrderedForm>()),
        ("nothing", schema::<NothingForm>()),
        ("verify", schema::<VerifyForm>()),
        ("status", schema::<StatusForm>()),
        ("cancel", schema::<CancelledForm>()),
        ("worker", schema::<WorkerForm>()),
        ("jobs", schema::<JobsForm>()),
        ("copy", schema::<CopiedForm>()),
        ("prune", schema::<PrunedForm>()),
        ("report", schema::<Summary>()),
        ("audit", schema::<Audit>()),
        ("explain", schema::<ExplainForm>()),
        ("roster", schema::<RosterForm>()),
        ("settings", schema::<SettingsForm>()),
        ("profiles", schema::<ProfilesForm>()),
        ("export", schema::<ExportForm>()),
        ("sandbox", schema::<SandboxForm>()),
        ("progress", schema::<ProgressForm<'static>>()),
    ]
}

/// The members of an object, those that it has from its parts included.
fn members(schema: &Value) -> Map<String, Value> {
    let mut members = Map::new();
    if let Some(own) = schema["properties"].as_object() {
        members.extend(own.clone());
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        members.extend(self::members(part));
    }
    members
}

/// The type of a member, in words.
fn kind(member: &Value) -> String {
    if let Some(name) = member["$ref"].as_str() {
        return link(name);
    }
    if let Some(constant) = member["const"].as_str() {
        return format!("`\"{constant}\"`");
    }
    if let Some(ways) = member["anyOf"].as_array() {
        return ways.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let one = |name: &str| match name {
        "array" => format!("array of {}", kind(&member["items"])),
        "object" if member["additionalProperties"].is_object() => {
            format!("object of {}", kind(&member["additionalProperties"]))
        }
        other => other.to_owned(),
    };
    match &member["type"] {
        Value::String(name) => one(name),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).map(one);
            names.collect::<Vec<_>>().join(" or ")
        }
        _ => "any".to_owned(),
    }
}

/// The name of a part, with a link to its table.
fn link(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or_default();
    format!("[{name}](#{})", name.to_lowercase())
}

fn one_line(description: &Value) -> String {
    let text = description.as_str().unwrap_or_default();
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

fn table(text: &mut String, members: &Map<String, Value>) {
    text.push_str("\n| Member | Type | Meaning |\n| --- | --- | --- |\n");
    for (name, member) in members {
        let (kind, meaning) = (kind(member), one_line(&member["description"]));
        let _ = writeln!(text, "| `{name}` | {kind} | {meaning} |");
    }
}

fn page(forms: &[(&str, Value)]) -> String {
    let mut text = HEAD.to_owned();
    let mut parts = BTreeMap::new();
    for (name, schema) in forms {
        let _ = write!(
            text,
            "\n## {name}\n\n{}\n",
            one_line(&schema["description"])
        );
        table(&mut text, &members(schema));
        for way in schema["oneOf"].as_array().into_iter().flatten() {
            let event = way["properties"]["event"]["const"]
                .as_str()
                .unwrap_or_default();
            let _ = write!(text, "\n`{event}`: {}\n", one_line(&way["description"]));
            let mut own = members(way);
            own.remove("event");
            if let Some(state) = way["$ref"].as_str() {
                let _ = write!(text, "\nIt has the members of {}.\n", link(state));
            }
            if !own.is_empty() {
                table(&mut text, &own);
            }
        }
        if let Some(own) = schema["$defs"].as_object() {
            parts.extend(own.clone());
        }
    }
    text.push_str("\n# Parts\n");
    for (name, part) in &parts {
        let _ = write!(text, "\n## {name}\n\n{}\n", one_line(&part["description"]));
        table(&mut text, &members(part));
    }
    text
}

/// Each member with its type, as a line: `run: outcomes: object of integer`.
fn documented(forms: &[(&str, Value)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, schema) in forms {
        let parts = schema["$defs"].as_object().cloned().unwrap_or_default();
        let ways = schema["oneOf"].as_array().cloned().unwrap_or_default();
        let ways = ways.iter().map(|way| {
            let event = way["properties"]["event"]["const"]
                .as_str()
                .unwrap_or_default();
            (format!("{name} {event}"), members(way))
        });
        let whole = std::iter::once(((*name).to_owned(), members(schema)));
        let parts = parts
            .iter()
            .map(|(part, schema)| (format!("{name} {part}"), members(schema)));
        for (place, members) in whole.chain(ways).chain(parts) {
            for (member, schema) in members {
                lines.push(format!("{place}: {member}: {}", kind(&schema)));
            }
        }
    }
    lines
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Whether files are written instead of compared.
fn updates() -> bool {
    std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always")
}

fn is(name: &str, text: &str) {
    if updates() {
        std::fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        std::fs::write(path(name), text).unwrap();
    }
    let found = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(
        found == text,
        "{name} is not what the types say: run this test with INSTA_UPDATE=always"
    );
}

#[test]
fn the_documentation_of_json_is_made_from_the_types() {
    let forms = forms();
    is("docs/json.md", &page(&forms));
    for (name, schema) in &forms {
        let text = serde_json::to_string_pretty(schema).unwrap();
        is(&format!("docs/schemas/{name}.json"), &format!("{text}\n"));
    }
    let files = std::fs::read_dir(path("docs/schemas")).unwrap().count();
    assert_eq!(
        files,
        forms.len(),
        "docs/schemas has a file that no form has"
    );
}

#[test]
fn each_member_has_a_meaning() {
    for line in page(&forms())
        .lines()
        .filter(|line| line.starts_with("| `"))
    {
        assert!(!line.ends_with("|  |"), "{line}");
    }
}

/// The members that were documented in some version. A line may be added to it, and none may be changed or removed.
#[test]
fn no_member_of_an_older_version_is_missing() {
    let name = "src/cli/json/members.txt";
    let now = documented(&forms());
    let before = std::fs::read_to_string(path(name)).unwrap_or_default();
    for line in before.lines() {
        assert!(
            now.iter().any(|now| now == line),
            "the member is gone: {line}"
        );
    }
    let new: Vec<_> = now
        .iter()
        .filter(|now| !before.lines().any(|line| line == *now))
        .collect();
    if updates() {
        let all = new
            .iter()
            .fold(before, |all, line| format!("{all}{line}\n"));
        std::fs::write(path(name), all).unwrap();
    } else {
        assert!(new.is_empty(), "not in {name}: {new:?}");
    }
}
