//! What must hold after each command of a story. It knows the provider's books, the report and the exit
//! code, and nothing of how the program comes to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::player::SELF;
use super::script::{Story, Verb, id, name};
use crate::support::{BOTH, Ran, Row};
use crate::test_provider::{Books, Call, State};

/// One process that has ended.
pub(super) struct Told<'a> {
    pub(super) verb: Verb,
    pub(super) protect: Option<&'a str>,
    /// When it began and ended, by the books' count.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) code: Option<i32>,
    /// Neither an outage nor a signal has met it.
    pub(super) calm: bool,
}

/// What is known of the story so far.
pub(super) struct Oracle<'a> {
    story: &'a Story,
    books: Books,
    /// What each user had at the beginning.
    had: HashMap<String, Option<State>>,
    /// Users that others have changed at any time.
    touched: BTreeSet<String>,
    /// How a write of the job left each user, where no undo has written since.
    left: HashMap<String, Option<State>>,
    /// What each user had when the present command began.
    began: HashMap<String, Option<State>>,
    /// The report after the last command.
    rows: Vec<Row>,
    /// Users that others changed during the present command.
    meanwhile: BTreeSet<String>,
    undone: bool,
    /// Users that an undo had to protect, which settles them.
    spared: BTreeSet<String>,
    /// Users that an undo wrote before it was ended from outside or met an outage: half of it may be done.
    mixed: BTreeSet<String>,
    /// An outage has met an undo. No other undo tries the users again that failed for it.
    cut: bool,
}

impl<'a> Oracle<'a> {
    pub(super) fn new(story: &'a Story, books: Books) -> Self {
        let everybody = (1..=story.people.len() + 1).map(id);
        let had = everybody.map(|id| (id.clone(), books.state(&id))).collect();
        Self {
            story,
            books,
            had,
            touched: BTreeSet::new(),
            left: HashMap::new(),
            began: HashMap::new(),
            rows: Vec::new(),
            meanwhile: BTreeSet::new(),
            undone: false,
            spared: BTreeSet::new(),
            mixed: BTreeSet::new(),
            cut: false,
        }
    }

    /// Another administrator has changed this user.
    pub(super) fn touched(&mut self, id: &str) {
        self.touched.insert(id.to_owned());
        self.meanwhile.insert(id.to_owned());
    }

    /// A command begins.
    pub(super) fn begins(&mut self) {
        self.meanwhile.clear();
        let now = self.had.keys().map(|id| (id.clone(), self.books.state(id)));
        self.began = now.collect();
    }

    /// Whether a user in this state is as the job wants it.
    fn wanted(&self, state: Option<&State>) -> bool {
        let Some(state) = state else {
            return false;
        };
        match self.story.change {
            "--disable" => !state.active,
            "--remove-access" => state.access.is_empty(),
            BOTH => state.is_gone(),
            _ => !state.access.contains("w1"),
        }
    }

    /// Judges a command that has ended, and keeps what it did.
    pub(super) fn judge(&mut self, told: &Told, ran: &Ran, rows: Vec<Row>) -> Result<(), String> {
        if ran.code == Some(1) || ran.stderr.contains("panicked at") {
            return Err("a bug".to_owned());
        }
        let mut calls = self.books.calls();
        calls.retain(|call| call.is_write() && call.at >= told.from);
        let written: BTreeSet<String> = calls
            .into_iter()
            .filter_map(|call: Call| call.user)
            .collect();
        self.permitted(told, &written)?;
        self.adds_up_if_any(&rows)?;
        self.claims(told, &rows)?;
        self.success(told, ran, &rows)?;
        if told.verb == Verb::Undo {
            let everybody = self.had.keys().cloned();
            let spared = everybody.filter(|id| told.protect.is_some_and(|by| fits(by, id)));
            self.spared.extend(spared);
            self.left_alone(&written)?;
            self.gave_back(told)?;
        }
        self.keep(told, &written, rows);
        Ok(())
    }

    /// P7: no user was written that this command may not write. P3: no settled user is written.
    fn permitted(&self, told: &Told, written: &BTreeSet<String>) -> Result<(), String> {
        let writes = matches!(told.verb, Verb::Run | Verb::Retry | Verb::Undo);
        for user in written {
            let meant = self.story.roster.iter().any(|number| id(*number) == *user);
            let spared = user == SELF || told.protect.is_some_and(|pattern| fits(pattern, user));
            if !writes || !meant || spared {
                return Err(format!("{user} was written by {:?}", told.verb));
            }
            let settled = self.rows.iter().any(|row| {
                self.user(row).as_deref() == Some(user)
                    && ["removed", "already"].contains(&row["outcome"].as_str())
            });
            if settled && told.verb == Verb::Run && !self.undone {
                return Err(format!("{user} was settled, and was written again"));
            }
        }
        Ok(())
    }

    /// P2: what the report claims since this command was so at some moment while it ran.
    fn claims(&self, told: &Told, rows: &[Row]) -> Result<(), String> {
        let before: HashMap<_, _> = self.rows.iter().map(|row| (key(row), row)).collect();
        for row in rows {
            let old = before.get(&key(row));
            let is_new = |column: &str| old.is_none_or(|old| old[column] != row[column]);
            let Some(user) = self.user(row) else {
                continue;
            };
            let ever = |like: &dyn Fn(Option<&State>) -> bool| {
                self.books.ever(&user, told.from, told.to, like)
            };
            let outcome = row["outcome"].as_str();
            let holds = match outcome {
                "removed" | "already" => ever(&|state| self.wanted(state)),
                "not_found" => ever(&|state| state.is_none()),
                _ => true,
            };
            if (is_new("outcome") || is_new("done_at")) && !holds {
                return Err(format!("{user} was never {outcome}: {}", brief(row)));
            }
            let drifted = row["verified"] == "drifted" && is_new("verified_at");
            if drifted && !self.touched.contains(&user) && !self.mixed.contains(&user) {
                return Err(format!("{user} was changed by nobody else: {}", brief(row)));
            }
            let confirmed = row["verified"] == "confirmed" && is_new("verified_at");
            if confirmed && !self.undone && !ever(&|state| self.wanted(state)) {
                return Err(format!(
                    "{user} was confirmed, and was never so: {}",
                    brief(row)
                ));
            }
        }
        Ok(())
    }

    /// P3: a run that has ended leaves no line open. P2: none is a silent success while an undo has given
    /// its users back what they had.
    fn success(&self, told: &Told, ran: &Ran, rows: &[Row]) -> Result<(), String> {
        let ended = told.verb == Verb::Run && told.calm && matches!(told.code, Some(0 | 10));
        let open = |row: &&Row| ["pending", "in_doubt"].contains(&row["outcome"].as_str());
        if let Some(row) = rows.iter().find(open).filter(|_| ended) {
            return Err(format!(
                "the run has ended, and a line is open: {}",
                brief(row)
            ));
        }
        let said = format!("{}{}", ran.stdout, ran.stderr).to_lowercase();
        let tells = ["undo", "given back", "gave back"]
            .iter()
            .any(|word| said.contains(word));
        if told.verb != Verb::Run || told.code != Some(0) || !self.undone || tells {
            return Ok(());
        }
        for row in rows {
            let Some(user) = self.user(row) else {
                continue;
            };
            let state = self.books.state(&user);
            let claimed = ["removed", "already"].contains(&row["outcome"].as_str());
            if claimed && !self.touched.contains(&user) && !self.wanted(state.as_ref()) {
                return Err(format!("exit 0, and {user} is {state:?}: {}", brief(row)));
            }
        }
        Ok(())
    }

    /// P11: an undo does not write a user that is no longer as the job left it.
    fn left_alone(&self, written: &BTreeSet<String>) -> Result<(), String> {
        for user in written.difference(&self.meanwhile) {
            let (Some(left), Some(found)) = (self.left.get(user), self.began.get(user)) else {
                continue;
            };
            if found.is_some() && !self.is_as_left(left.as_ref(), found.as_ref()) {
                return Err(format!(
                    "{user} was {found:?} by others, where the job left {left:?}, and undo wrote"
                ));
            }
        }
        Ok(())
    }

    /// Whether what the job takes is as it was left; the rest is not its business.
    fn is_as_left(&self, left: Option<&State>, found: Option<&State>) -> bool {
        let (Some(left), Some(found)) = (left, found) else {
            return left == found;
        };
        match self.story.change {
            "--disable" => left.active == found.active,
            "--remove-access" => left.access == found.access,
            BOTH => left == found,
            _ => left.access.contains("w1") == found.access.contains("w1"),
        }
    }

    /// P11: after an undo each user that no other administrator touched has what it had before.
    fn gave_back(&self, told: &Told) -> Result<(), String> {
        if !told.calm || self.cut || !matches!(told.code, Some(0 | 10)) {
            return Ok(());
        }
        for (user, left) in &self.left {
            let now = self.books.state(user);
            if !self.spared.contains(user) && !self.touched.contains(user) && now != self.had[user]
            {
                return Err(format!(
                    "{user} had {:?}, was left {left:?}, and undo left {now:?}",
                    self.had[user]
                ));
            }
        }
        Ok(())
    }

    fn adds_up_if_any(&self, rows: &[Row]) -> Result<(), String> {
        if rows.is_empty() {
            return Ok(());
        }
        self.adds_up(rows)
    }

    /// P8: each line has one row, and an outcome that there is.
    pub(super) fn adds_up(&self, rows: &[Row]) -> Result<(), String> {
        let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
        let mut lines = BTreeSet::new();
        for row in rows {
            *outcomes.entry(&row["outcome"]).or_default() += 1;
            lines.insert(&row["line"]);
        }
        let known = outcomes.keys().all(|outcome| !outcome.is_empty());
        let all = self.story.roster.len();
        if lines.len() == all && rows.len() == all && known {
            return Ok(());
        }
        Err(format!("{all} lines do not add up: {outcomes:?}"))
    }

    fn keep(&mut self, told: &Told, written: &BTreeSet<String>, rows: Vec<Row>) {
        for user in written {
            if told.verb == Verb::Undo {
                self.left.remove(user);
                self.undone = true;
                if !told.calm {
                    self.mixed.insert(user.clone());
                }
            } else if self.meanwhile.contains(user) {
                // The changes of others and of the job cannot be distinguished.
                self.left.remove(user);
            } else {
                self.left.insert(user.clone(), self.books.state(user));
            }
        }
        self.cut |= told.verb == Verb::Undo && told.code == Some(10) && !told.calm;
        if !rows.is_empty() {
            self.rows = rows;
        }
    }

    /// The user of a row, by the line of the roster; none for a line that repeats a user.
    fn user(&self, row: &Row) -> Option<String> {
        let line: usize = row["line"].parse().ok()?;
        let number = self.story.roster.get(line - 2)?;
        (row["outcome"] != "duplicate").then(|| id(*number))
    }
}

fn key(row: &Row) -> (&str, &str) {
    (&row["job_id"], &row["line"])
}

/// Whether a pattern of the protect list names a user.
fn fits(pattern: &str, user: &str) -> bool {
    let name = name(user);
    let pattern = pattern.to_lowercase();
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name || pattern == user.to_lowercase(),
    }
}

/// What a row claims.
fn brief(row: &Row) -> String {
    let columns = [
        "line",
        "user_id",
        "outcome",
        "reason",
        "detail",
        "verified",
        "verified_detail",
    ];
    let cells = columns
        .iter()
        .map(|column| format!("{column}={:?}", row[*column]));
    cells.collect::<Vec<_>>().join(" ")
}
