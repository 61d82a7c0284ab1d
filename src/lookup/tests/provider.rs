//! A scripted provider, and a register in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{
    Answer, Content, Credential, Filter, IdRule, Line, Operation, Problem, Reason, Request,
    RequestKind, Resource, Silence, UserId, UserPage, UserState,
};
use crate::lookup::{Absence, Finds, Outstanding, Position, Register, Sought};
use crate::port::{Directory, JournalError, SignInError};

/// A provider that lets a client find whatever it wants.
pub(super) const EVERYTHING: Finds = Finds {
    pages: true,
    page_size: 100,
    names: 30,
    active: true,
    ids: IdRule::IgnoreCase,
};

impl Default for Finds {
    fn default() -> Self {
        EVERYTHING
    }
}

/// How a provider may be odd.
#[derive(Debug, Clone, Default)]
pub(super) struct Oddity {
    /// What the provider is said to let a client find.
    pub(super) finds: Finds,
    /// Users on one page at most, whatever is asked for.
    pub(super) page_cap: Option<u64>,
    /// Beyond the end, the first page comes again.
    pub(super) starts_again: bool,
    /// Every search is answered with everybody.
    pub(super) ignores_filter: bool,
    /// What a list is answered with.
    pub(super) list_status: Option<u16>,
    /// No request is answered before this moment.
    pub(super) out_for: Option<Duration>,
    /// Everything is answered so until the credential was renewed.
    pub(super) refused_at_first: bool,
    /// Everything is answered so.
    pub(super) always: Option<u16>,
    /// The first of these requests are answered with 429.
    pub(super) throttled: usize,
}

/// A tenant of `user0`, `user1`, … whose every second user is active.
pub(super) struct Provider {
    pub(super) users: u64,
    pub(super) odd: Oddity,
    pub(super) start: Instant,
    pub(super) seen: Mutex<Vec<String>>,
    pub(super) renewed: Mutex<u64>,
}

fn user(number: u64) -> UserState {
    UserState {
        user_name: Some(format!("User{number}@example.com")),
        active: Some(number.is_multiple_of(2)),
        workspaces: Some(Vec::new()),
        ..UserState::of(format!("ID{number}"))
    }
}

impl Provider {
    fn answer(&self, path: &str) -> (u16, Content) {
        let words: Vec<_> = path.split(' ').collect();
        let all = || (0..self.users).map(user).collect::<Vec<_>>();
        let page = |users: Vec<UserState>, total: u64| {
            let total = Some(total);
            (200, Content::Page(UserPage { total, users }))
        };
        match words[..] {
            ["page", start, count] => {
                if let Some(status) = self.odd.list_status {
                    return (status, Content::Other(Problem::default()));
                }
                let (start, count): (u64, u64) = (start.parse().unwrap(), count.parse().unwrap());
                let count = count.min(self.odd.page_cap.unwrap_or(u64::MAX));
                let again = self.odd.starts_again && start > self.users;
                let first = if again { 0 } else { start - 1 };
                let users = (first..self.users.min(first + count)).map(user);
                page(users.collect(), self.users)
            }
            ["active"] => page(
                vec![user(0)],
                (0..self.users).filter(|n| n.is_multiple_of(2)).count() as u64,
            ),
            ["names", ref names @ ..] if !self.odd.ignores_filter => {
                let fits = |user: &UserState| {
                    let name = user.user_name.as_deref().unwrap_or_default();
                    names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name))
                };
                let found: Vec<_> = all().into_iter().filter(fits).collect();
                let total = found.len() as u64;
                page(found, total)
            }
            ["names", ..] => page(all(), self.users),
            ["read", id] => match all().into_iter().find(|user| user.id == id) {
                Some(user) => (200, Content::User(user)),
                None => (404, Content::Other(Problem::default())),
            },
            _ => unreachable!("{path}"),
        }
    }
}

fn request(path: String) -> Request {
    Request::bare(RequestKind::List, "GET", path)
}

impl Directory for Provider {
    fn write_request(
        &self,
        _user: &UserId,
        _operations: &[Operation],
        _shown: Option<&Resource>,
    ) -> Request {
        unreachable!("a look-up writes nothing")
    }

    fn read_request(&self, user: &UserId) -> Request {
        request(format!("read {user}"))
    }

    fn page_request(&self, start: u64, count: u64) -> Request {
        request(format!("page {start} {count}"))
    }

    fn filtered_request(&self, _: &str, _: u64, _: u64) -> Request {
        unreachable!("a look-up has filters of its own")
    }

    fn search_request(&self, filter: &Filter, _count: u64) -> Request {
        request(match filter {
            Filter::Active => "active".to_owned(),
            Filter::UserNames(names) => format!("names {}", names.join(" ")),
        })
    }

    async fn ready(&self) -> Result<(), SignInError> {
        Ok(())
    }

    async fn send(&self, request: &Request) -> Result<Answer, Silence> {
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(request.path.clone());
            seen.len()
        };
        if self
            .odd
            .out_for
            .is_some_and(|out| self.start.elapsed() < out)
        {
            return Err(Silence::Lost("nobody there".to_owned()));
        }
        let renewed = *self.renewed.lock().unwrap();
        let (status, content) = match self.odd.always {
            Some(status) => (status, Content::Other(Problem::default())),
            None if self.odd.refused_at_first && renewed == 0 => (401, Content::Empty),
            None if number <= self.odd.throttled => (429, Content::Empty),
            None => self.answer(&request.path),
        };
        Ok(Answer {
            status,
            content,
            resource: None,
            wait: None,
            allowance: None,
            request_id: None,
            credential: Credential(renewed),
        })
    }

    async fn renew(&self, refused: Credential) -> Result<(), SignInError> {
        let mut renewed = self.renewed.lock().unwrap();
        if *renewed == refused.0 {
            *renewed += 1;
        }
        Ok(())
    }
}

/// Seeks users by id and by name, in memory.
#[derive(Default)]
pub(super) struct Memory {
    sought: BTreeMap<u64, Sought>,
    pub(super) found: BTreeSet<u64>,
    pub(super) missing: BTreeMap<u64, Reason>,
}

impl Memory {
    pub(super) fn new(
        ids: impl IntoIterator<Item = u64>,
        names: impl IntoIterator<Item = u64>,
    ) -> Self {
        let mut this = Self::default();
        for number in ids {
            let line = this.sought.len() as u64;
            let id = UserId::new(format!("ID{number}"));
            this.sought.insert(line, Sought::Id(Line(line + 2), id));
        }
        for number in names {
            let line = this.sought.len() as u64;
            let name = format!("USER{number}@example.com");
            this.sought
                .insert(line, Sought::UserName(Line(line + 2), name));
        }
        this
    }

    fn left(&self) -> impl Iterator<Item = &Sought> {
        let open = |line: &u64| !self.found.contains(line) && !self.missing.contains_key(line);
        let left = self.sought.iter().filter(move |(line, _)| open(line));
        left.map(|(_, sought)| sought)
    }
}

impl Register for Memory {
    async fn outstanding(&mut self) -> Result<Outstanding, JournalError> {
        let by_id = self.left().filter(|one| matches!(one, Sought::Id(..)));
        let by_id = by_id.count() as u64;
        Ok(Outstanding {
            by_id,
            by_name: self.left().count() as u64 - by_id,
        })
    }

    async fn next(&mut self, after: Line, limit: usize) -> Result<Vec<Sought>, JournalError> {
        let next = self.left().filter(|one| one.line() > after);
        Ok(next.take(limit).cloned().collect())
    }

    async fn position(&mut self) -> Result<Option<Position>, JournalError> {
        Ok(None)
    }

    async fn found(
        &mut self,
        users: Vec<UserState>,
        _position: Option<Position>,
    ) -> Result<(), JournalError> {
        for user in users {
            let fits = |sought: &Sought| match sought {
                Sought::Id(_, id) => IdRule::IgnoreCase.is_same(id.as_str(), &user.id),
                Sought::UserName(_, name) => {
                    user.user_name.as_deref().map(str::to_lowercase) == Some(name.to_lowercase())
                }
            };
            let lines = self.sought.iter().filter(|(_, sought)| fits(sought));
            self.found.extend(lines.map(|(line, _)| *line));
        }
        Ok(())
    }

    async fn missing(&mut self, sought: &Sought, absence: Absence) -> Result<(), JournalError> {
        self.missing.insert(sought.line().0 - 2, absence.reason);
        Ok(())
    }
}
