//! The fake provider: it answers requests of a look-up by an [`Oddity`].

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{
    Answer, Content, Credential, Filter, Operation, PageAt, Problem, Request, RequestKind,
    Resource, Silence, UserId, UserPage, UserState, name_key,
};
use crate::port::{Directory, SignInError};

pub(super) use crate::lookup::tests::oddities::{
    Addresses, EVERYTHING, Entries, Oddity, Searching, Start, Total,
};

/// A tenant with `user0`, `user1`, … Every second user is active, and every third has a workspace.
pub(super) struct FakeProvider {
    pub(super) users: u64,
    pub(super) odd: Oddity,
    pub(super) start: Instant,
    pub(super) seen: Mutex<Vec<String>>,
    pub(super) renewed: Mutex<u64>,
    pub(super) shows: AtomicBool,
    pub(super) has_addresses: AtomicBool,
}

pub(super) fn named(number: u64) -> String {
    // One in eleven has a name that is not plain.
    let sign = if number % 11 == 10 { "\u{e9}" } else { "" };
    format!("User{number}{sign}@example.com")
}

impl FakeProvider {
    fn user(&self, number: u64) -> UserState {
        let twin = self.odd.double.filter(|_| number + 1 == self.users);
        let has: &[&str] = if number.is_multiple_of(3) {
            &["w1"]
        } else {
            &[]
        };
        let has = has.iter().map(ToString::to_string).collect();
        UserState {
            user_name: Some(named(twin.unwrap_or(number)).to_uppercase()),
            active: Some(number.is_multiple_of(2)),
            workspaces: Some(has).filter(|_| !self.odd.no_access),
            addresses: Some(self.addresses(number)),
            ..UserState::of(format!("ID{number}"))
        }
    }

    fn addresses(&self, number: u64) -> Vec<String> {
        let has = match self.odd.addresses {
            Addresses::NoUser => false,
            Addresses::Some => number.is_multiple_of(10),
            Addresses::Shown | Addresses::Hidden | Addresses::HalfHidden => true,
        };
        let address = format!("mail{number}@example.com");
        Some(address).filter(|_| has).into_iter().collect()
    }

    fn entry(&self, number: u64) -> UserState {
        let whole = self.user(number);
        let is_shown = match self.odd.addresses {
            Addresses::NoUser | Addresses::Hidden => false,
            Addresses::Shown => true,
            Addresses::Some | Addresses::HalfHidden => number.is_multiple_of(10),
        };
        let addresses = whole.addresses.filter(|_| is_shown);
        self.has_addresses
            .fetch_or(addresses.is_some(), Ordering::Relaxed);
        let whole = UserState { addresses, ..whole };
        match self.odd.entries {
            Entries::Whole => whole,
            Entries::Bare => UserState {
                user_name: whole.user_name,
                ..UserState::of(whole.id)
            },
            Entries::WithoutEmpty => UserState {
                workspaces: whole.workspaces.filter(|has| !has.is_empty()),
                ..whole
            },
            Entries::WithoutFull => UserState {
                workspaces: whole.workspaces.filter(Vec::is_empty),
                ..whole
            },
            Entries::Nameless => UserState {
                user_name: None,
                ..whole
            },
        }
    }

    fn page(&self, users: Vec<u64>, all: u64, next: Option<u64>) -> (u16, Content) {
        let total = match self.odd.total {
            Total::Right => Some(all),
            Total::Page => Some(users.len() as u64),
            Total::Missing => None,
            Total::AtMost(most) => Some(all.min(most)),
        };
        let users: Vec<_> = users.into_iter().map(|number| self.entry(number)).collect();
        let shown = users.iter().any(|user| user.workspaces.is_some());
        self.shows.fetch_or(shown, Ordering::Relaxed);
        let page = UserPage {
            total: total.filter(|total| *total > 0 || users.is_empty()),
            users,
            next_cursor: next.map(|next| format!("c{next}")),
        };
        (200, Content::Page(page))
    }

    fn list(&self, at: &str, count: u64) -> (u16, Content) {
        if let Some(status) = self.odd.list_status {
            return (status, Content::Other(Problem::default()));
        }
        let refused = (400, Content::Other(Problem::default()));
        let count = count.min(self.odd.page_cap.unwrap_or(u64::MAX));
        if let Some(cursor) = at.strip_prefix('c') {
            if self.odd.start != Start::Cursors {
                return refused;
            }
            let first: u64 = cursor.parse().unwrap_or(0);
            let end = self.users.min(first + count);
            let next = (end < self.users).then_some(end);
            return self.page((first..end).collect(), self.users, next);
        }
        let number: u64 = at.parse().unwrap();
        let first = match self.odd.start {
            Start::FromOne => number.saturating_sub(1),
            Start::FromZero => number,
            Start::PageNumber => number.saturating_sub(1) * count,
            Start::Ignored => 0,
            Start::Cursors => return refused,
        };
        let again = self.odd.starts_again && first >= self.users;
        let first = if again { 0 } else { first };
        let users: Vec<_> = (first..self.users.min(first + count)).collect();
        match self.odd.end_status {
            Some(status) if users.is_empty() => (status, Content::Other(Problem::default())),
            _ => self.page(users, self.users, None),
        }
    }

    fn search(&self, names: &[&str]) -> (u16, Content) {
        let names: Vec<String> = match self.odd.searching {
            Searching::AllUsers => return self.list("1", 100),
            Searching::NoUser => Vec::new(),
            Searching::OneOnly if names.len() > 1 => {
                return (400, Content::Other(Problem::default()));
            }
            Searching::Greedy => vec![names.join(" or ")],
            Searching::Last => names.last().iter().map(ToString::to_string).collect(),
            Searching::AsciiOnly => {
                let plain = names.iter().filter(|name| name.is_ascii());
                plain.map(ToString::to_string).collect()
            }
            _ => names.iter().map(ToString::to_string).collect(),
        };
        let fits = |number: &u64| {
            let name = self.user(*number).user_name.unwrap();
            names.iter().any(|wanted| match self.odd.searching {
                Searching::CaseCounts => *wanted == name,
                _ => name_key(wanted) == name_key(&name),
            })
        };
        let found: Vec<_> = (0..self.users).filter(fits).collect();
        let total = found.len() as u64;
        self.page(found, total, None)
    }

    fn answer(&self, path: &str) -> (u16, Content) {
        let words: Vec<_> = path.split(' ').collect();
        match words[..] {
            ["page", at, count] => self.list(at, count.parse().unwrap()),
            ["active"] if self.odd.searching == Searching::AllUsers => self.list("1", 100),
            ["active"] => {
                let active: Vec<_> = (0..self.users).filter(|n| n.is_multiple_of(2)).collect();
                let all = active.len() as u64;
                self.page(active.into_iter().take(100).collect(), all, None)
            }
            ["schemas"] => {
                self.shows.fetch_or(self.odd.declares, Ordering::Relaxed);
                self.has_addresses
                    .fetch_or(self.odd.declares_addresses, Ordering::Relaxed);
                (200, Content::Page(UserPage::default()))
            }
            ["names", ref names @ ..] => self.search(names),
            ["read", id] => {
                let number = (0..self.users).find(|number| format!("ID{number}") == id);
                match (number, self.odd.read_status) {
                    (Some(number), Some((odd, status))) if number == odd => {
                        (status, Content::Other(Problem::default()))
                    }
                    (Some(number), _) => (200, Content::User(self.read(number))),
                    (None, _) => (404, Content::Other(Problem::default())),
                }
            }
            _ => unreachable!("{path}"),
        }
    }

    /// A user as a single read shows it. The attribute of access is left out until it is known to exist.
    fn read(&self, number: u64) -> UserState {
        let user = self.user(number);
        let has_any = user.addresses.as_ref().is_some_and(|all| !all.is_empty());
        self.has_addresses.fetch_or(has_any, Ordering::Relaxed);
        let omits = self.odd.entries != Entries::Whole;
        let has = user.workspaces.filter(|has| !omits || !has.is_empty());
        self.shows.fetch_or(has.is_some(), Ordering::Relaxed);
        let none = self.shows.load(Ordering::Relaxed).then(Vec::new);
        UserState {
            workspaces: has.or(none),
            ..user
        }
    }
}

fn request(path: String) -> Request {
    Request::bare(RequestKind::List, "GET", path)
}

impl Directory for FakeProvider {
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

    fn page_request(&self, at: &PageAt, count: u64) -> Request {
        let at = match at {
            PageAt::Index(start) => start.to_string(),
            PageAt::FirstCursor => "c".to_owned(),
            PageAt::Cursor(cursor) => cursor.clone(),
        };
        request(format!("page {at} {count}"))
    }

    fn filtered_request(&self, _: &str, _: &PageAt, _: u64) -> Request {
        unreachable!("a look-up has filters of its own")
    }

    fn search_request(&self, filter: &Filter, _count: u64) -> Request {
        request(match filter {
            Filter::Active => "active".to_owned(),
            Filter::UserNames(names) => format!("names {}", names.join(" ")),
        })
    }

    fn access_attribute(&self) -> Option<&str> {
        Some("entitlements")
    }

    fn shows_access(&self) -> bool {
        self.shows.load(Ordering::Relaxed)
    }

    fn learn_access(&self) {
        self.shows.store(true, Ordering::Relaxed);
    }

    fn has_addresses(&self) -> bool {
        self.has_addresses.load(Ordering::Relaxed)
    }

    fn schemas_request(&self) -> Request {
        request("schemas".to_owned())
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
        if request.path == "read .." {
            return Err(Silence::Unsendable("it would lead elsewhere".to_owned()));
        }
        let now = self.start.elapsed();
        if self
            .odd
            .out
            .is_some_and(|(from, to)| from <= now && now < to)
        {
            return Err(Silence::Lost("no answer".to_owned()));
        }
        // Requests take time: an outage can begin between two of them.
        tokio::time::sleep(Duration::from_millis(10)).await;
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
