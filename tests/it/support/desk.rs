//! A desk: a folder with a roster `r.csv`, a ledger and a provider, in which the real program works.

use std::collections::{BTreeMap, HashMap};
use std::process::Command;

use super::{Ran, Running, program};
use crate::test_provider::{Books, Habits, Person, Provider};

/// The whole tenant may leave: what most tests are not about.
pub(crate) const OPEN: &str = "--cap-share 100%";

/// The change that takes everything.
pub(crate) const BOTH: &str = "--disable --remove-access";

/// One row of `report.csv`, by the names of the columns.
pub(crate) type Row = HashMap<String, String>;

/// A roster of the ids `U1`, … of these numbers.
pub(crate) fn ids(numbers: impl IntoIterator<Item = usize>) -> String {
    let lines = numbers.into_iter().map(|number| format!("U{number}\n"));
    format!("User ID\n{}", lines.collect::<String>())
}

/// A roster of the addresses of these users.
pub(crate) fn names(numbers: impl IntoIterator<Item = usize>) -> String {
    let lines = numbers
        .into_iter()
        .map(|number| format!("u{number}@x.com\n"));
    format!("Email\n{}", lines.collect::<String>())
}

/// A folder, a provider, and how the program finds it.
pub(crate) struct Desk {
    dir: tempfile::TempDir,
    pub(crate) provider: Provider,
    env: BTreeMap<&'static str, String>,
}

impl Desk {
    /// A desk with these users. The roster names all of them by their ids.
    pub(crate) async fn new(people: Vec<(String, Person)>, habits: Habits) -> Self {
        let mut roster = String::from("User ID\n");
        for (id, _) in &people {
            roster.push_str(id);
            roster.push('\n');
        }
        let provider = Provider::start(people, habits).await;
        let mut desk = Self {
            dir: tempfile::tempdir().unwrap(),
            env: BTreeMap::new(),
            provider,
        };
        let url = desk.provider.url.clone();
        for (name, value) in [
            ("OFFBOARD_PROFILE", "rfc7644"),
            ("OFFBOARD_SCIM_URL", url.as_str()),
            ("OFFBOARD_TOKEN_FILE", "token"),
            ("OFFBOARD_LEDGER", "ledger.db"),
            ("OFFBOARD_RATE", "unlimited"),
            ("OFFBOARD_PROGRESS", "off"),
            ("OFFBOARD_THROTTLE_WAIT", "50ms"),
        ] {
            desk.set(name, value);
        }
        desk.write("token", "bearer-token-1");
        desk.write("r.csv", &roster);
        desk
    }

    /// A desk whose provider does all as the RFC has it.
    pub(crate) async fn plain(people: Vec<(String, Person)>) -> Self {
        Self::new(people, Habits::default()).await
    }

    /// The same desk with this roster.
    pub(crate) fn roster(self, text: &str) -> Self {
        self.write("r.csv", text);
        self
    }

    /// A variable of the program's environment from now on.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.env.insert(name, value.to_owned());
    }

    /// From now on the program signs in by a password.
    pub(crate) fn sign_in_as(&mut self, username: &str, password: &str) {
        self.env.remove("OFFBOARD_TOKEN_FILE");
        self.set("OFFBOARD_SIGN_IN", "basic");
        self.set("OFFBOARD_USERNAME", username);
        self.set("OFFBOARD_PASSWORD", password);
    }

    /// Writes a file in the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        self.write_bytes(name, text.as_bytes());
    }

    /// Writes a file in the folder that need not be text.
    pub(crate) fn write_bytes(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// A file of the folder.
    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// Reads a file of the folder; nothing if it is not there.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(name)).unwrap_or_default()
    }

    pub(crate) fn books(&self) -> Books {
        self.provider.books()
    }

    /// The program with these words, as a shell would split them.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = program(self.dir.path());
        command
            .envs(&self.env)
            .env("HOME", self.dir.path())
            .args(shlex::split(words).unwrap());
        command
    }

    pub(crate) fn start(&self, words: &str) -> Running {
        Running::start(self.command(words))
    }

    pub(crate) async fn run(&self, words: &str) -> Ran {
        self.start(words).end().await
    }

    /// Runs a command, and if it wants a number of users to be confirmed, once more with that number.
    pub(crate) async fn agree(&self, words: &str) -> Ran {
        let first = self.run(words).await;
        match asked_for(&first) {
            Some(number) => self.run(&format!("{words} --confirm {number}")).await,
            None => first,
        }
    }

    /// The rows of the latest job's report; none if there is no job.
    pub(crate) async fn rows(&self) -> Vec<Row> {
        let ran = self.run("report --format csv").await;
        let mut table = csv::Reader::from_reader(ran.stdout.as_bytes());
        table.deserialize().collect::<Result<_, _>>().unwrap()
    }

    /// The row of the user with this id or name, however the line names the user.
    pub(crate) async fn row(&self, user: &str) -> Row {
        let mut rows = self.rows().await;
        let names = |row: &Row| row["user_id"] == user || row["user_name"] == user;
        rows.retain(names);
        assert_eq!(rows.len(), 1, "rows of {user}: {rows:?}");
        rows.swap_remove(0)
    }

    /// How each line ended, by its number: the header is line 1.
    pub(crate) async fn outcomes(&self) -> BTreeMap<usize, String> {
        let rows = self.rows().await.into_iter();
        rows.map(|row| (row["line"].parse().unwrap(), row["outcome"].clone()))
            .collect()
    }

    /// None of these users was written since the books were last cleared.
    #[track_caller]
    pub(crate) fn untouched(&self, who: &[&str]) {
        let written = self.books().written();
        let hit: Vec<_> = who.iter().filter(|id| written.contains(**id)).collect();
        assert!(hit.is_empty(), "must not be written: {hit:?}");
    }

    /// No user was written.
    #[track_caller]
    pub(crate) fn no_user_written(&self) {
        let written = self.books().written();
        assert!(written.is_empty(), "must not be written: {written:?}");
    }

    /// All of these are disabled and have nothing.
    pub(crate) fn are_gone(&self, who: &[&str]) -> bool {
        let gone = |id: &&str| self.books().state(id).is_some_and(|state| state.is_gone());
        who.iter().all(gone)
    }

    /// Runs a job over these users, who are all there: they are removed, or the exit code says that they
    /// were not; and no user is called not found.
    pub(crate) async fn all_are_found_or_unresolved(
        &self,
        change: &str,
        who: &[String],
        told: &str,
    ) {
        let ran = self.agree(&format!("run r.csv {change} {OPEN}")).await;
        let active = self.books().active();
        let left: Vec<_> = who.iter().filter(|id| active.contains(*id)).collect();
        let rows = self.rows().await;
        let wrong = rows.iter().filter(|row| row["outcome"] == "not_found");
        let wrong: Vec<_> = wrong.map(|row| row["line"].clone()).collect();
        assert!(
            wrong.is_empty(),
            "{told}: called not found: lines {wrong:?}: {ran:?}"
        );
        assert!(
            left.is_empty() || ran.code != Some(0),
            "{told}: exit 0, and still active: {left:?}"
        );
        // No other user was written.
        let written = self.books().written();
        let strangers: Vec<_> = written.iter().filter(|id| !who.contains(id)).collect();
        assert!(strangers.is_empty(), "{told}: {strangers:?}");
    }

    /// The sentence that a page begins with.
    pub(crate) async fn headline(&self) -> String {
        let page = self.run("report --format html").await.stdout;
        let (_, after) = page.split_once("<h1").expect("a headline");
        let (line, _) = after.split_once("</h1>").expect("the end of a headline");
        let mut text = String::new();
        let mut inside = true;
        for c in line.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => text.push(c),
                _ => {}
            }
        }
        text.trim().to_owned()
    }
}

/// The number that a refusal wants to be confirmed.
pub(crate) fn asked_for(ran: &Ran) -> Option<u64> {
    if ran.code != Some(6) {
        return None;
    }
    let (_, after) = ran.stderr.split_once("--confirm ")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
