//! What people read, made comparable: a transcript of commands, in which everything that differs
//! from run to run has a fixed name.

use std::fmt::Write;
use std::path::Path;

use super::Ran;

/// Commands and what they said, for one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Transcript(String);

impl Transcript {
    /// Adds one command.
    pub(crate) fn add(&mut self, title: &str, ran: &Ran) {
        let code = ran.code.map_or("none".to_owned(), |code| code.to_string());
        writeln!(self.0, "# {title}\nexit {code}").unwrap();
        for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            if !text.is_empty() {
                writeln!(self.0, "--- {name}\n{}", text.trim_end()).unwrap();
            }
        }
        self.0.push('\n');
    }

    /// Compares with `tests/it/snapshots/NAME.snap`. The folder's name is left out.
    pub(crate) fn check(&self, name: &str, dir: &Path) {
        check_text(name, &self.0, dir);
    }
}

/// Compares a text with `tests/it/snapshots/NAME.snap`. The folder's name is left out.
pub(crate) fn check_text(name: &str, text: &str, dir: &Path) {
    let text = text
        .replace(&dir.display().to_string(), "[DIR]")
        .replace(env!("CARGO_BIN_EXE_offboard"), "offboard");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, name) in [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "[TIME]"),
        (r"after \d+ ms:", "after [N] ms:"),
        (r"it is \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "it is [TIME]"),
        (r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", "[TIME] "),
        (r"127\.0\.0\.1:\d+", "[ADDRESS]"),
        // Ids of jobs and runs: UUIDs of version 7, which begin with the time.
        (r"\b01[0-9a-f]{10}7[0-9a-f]{19}\b", "[ID]"),
        (r"\b[0-9a-f]{64}\b", "[DIGEST]"),
        (r"process \d+ on \S+", "process [PID] on [HOST]"),
        (r"(as \S+) on \S+: started", "$1 on [HOST]: started"),
        (r#""host":\s*"[^"]*""#, r#""host": "[HOST]""#),
        (r#""operator":\s*"[^"]*""#, r#""operator": "[OPERATOR]""#),
        (r"(\[ID\],\[ID\]),[^,]+,", "$1,[OPERATOR],"),
        (r#"("\[ID\]","\[ID\]"),"[^"]+","#, r#"$1,"[OPERATOR]","#),
        (r", \d+\.\d/s", ""),
    ] {
        settings.add_filter(pattern, name);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}
