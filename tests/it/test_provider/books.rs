//! The provider's books: who is there, what each user has and had, and every request that came. Time is
//! a count of what happened, so that a test compares moments without a clock.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

/// A user of the provider.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) active: bool,
    pub(crate) access: Vec<String>,
    pub(crate) groups: Vec<String>,
    /// Attributes shown as they are.
    pub(crate) more: Map<String, Value>,
}

/// An active user of this name in the workspaces `w1` and `w2`.
pub(crate) fn person(name: &str) -> Person {
    Person {
        name: name.to_owned(),
        active: true,
        access: vec!["w1".to_owned(), "w2".to_owned()],
        groups: vec!["staff".to_owned()],
        more: Map::new(),
    }
}

impl Person {
    /// May not sign in, and has nothing.
    pub(crate) fn gone(mut self) -> Self {
        self.active = false;
        self.access.clear();
        self
    }

    pub(crate) fn disabled(mut self) -> Self {
        self.active = false;
        self
    }

    pub(crate) fn with(mut self, access: &[&str]) -> Self {
        self.access = access.iter().map(|id| (*id).to_owned()).collect();
        self
    }

    /// Has this e-mail address beside the name.
    pub(crate) fn mailed(mut self, address: &str) -> Self {
        let emails = serde_json::json!([{ "value": address }]);
        self.more.insert("emails".to_owned(), emails);
        self
    }

    fn state(&self) -> State {
        State {
            active: self.active,
            access: self.access.iter().cloned().collect(),
        }
    }
}

/// `U1` … with the names `u1@x.com` …
pub(crate) fn crowd(count: usize) -> Vec<(String, Person)> {
    let numbers = 1..=count;
    numbers
        .map(|number| (format!("U{number}"), person(&format!("u{number}@x.com"))))
        .collect()
}

/// What a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) active: bool,
    pub(crate) access: BTreeSet<String>,
}

impl State {
    pub(crate) fn new(active: bool, access: &[&str]) -> Self {
        Self {
            active,
            access: access.iter().map(|id| (*id).to_owned()).collect(),
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        !self.active && self.access.is_empty()
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// When, by the books' count.
    pub(crate) at: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The user named by the path.
    pub(crate) user: Option<String>,
    pub(crate) query: HashMap<String, String>,
    /// What the request shows as its credential; nothing if it shows none.
    pub(crate) credential: String,
    pub(crate) body: Value,
}

impl Call {
    pub(crate) fn is_write(&self) -> bool {
        matches!(self.method.as_str(), "PATCH" | "PUT" | "DELETE")
    }

    pub(crate) fn is_for(&self, user: &str) -> bool {
        self.user.as_deref() == Some(user)
    }

    /// Whether it reads one user.
    pub(crate) fn is_read(&self) -> bool {
        self.method == "GET" && self.user.is_some()
    }
}

#[derive(Debug, Default)]
struct Pages {
    now: usize,
    people: Vec<(String, Person)>,
    calls: Vec<Call>,
    /// Each user's states, each with the moment when it began.
    history: HashMap<String, Vec<(usize, Option<State>)>>,
}

/// The books; clones are the same books.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books(Arc<Mutex<Pages>>);

impl Books {
    pub(super) fn open(people: Vec<(String, Person)>) -> Self {
        let books = Self::default();
        for (id, person) in people {
            books.add(&id, person);
        }
        books
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A moment after all that has happened.
    pub(crate) fn mark(&self) -> usize {
        let mut pages = self.pages();
        pages.now += 1;
        pages.now
    }

    pub(super) fn enter(&self, mut call: Call) -> Call {
        call.at = self.mark();
        self.pages().calls.push(call.clone());
        call
    }

    /// All requests since the books were last cleared.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.pages().calls.clone()
    }

    /// How many requests were like this.
    pub(crate) fn count(&self, like: impl Fn(&Call) -> bool) -> usize {
        self.pages().calls.iter().filter(|call| like(call)).count()
    }

    /// Forgets the requests; what users had stays known.
    pub(crate) fn clear(&self) {
        self.pages().calls.clear();
    }

    /// All writes of users, in order.
    pub(crate) fn writes(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(Call::is_write);
        calls
    }

    /// Who was written.
    pub(crate) fn written(&self) -> BTreeSet<String> {
        let writes = self.writes().into_iter();
        writes.filter_map(|call| call.user).collect()
    }

    /// Adds a user, at the end of the list.
    pub(crate) fn add(&self, id: &str, person: Person) {
        let mut pages = self.pages();
        pages.people.push((id.to_owned(), person));
        pages.keep(id);
    }

    /// Changes a user, as another administrator would; whether there is one.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Person)) -> bool {
        let mut pages = self.pages();
        let found = pages.people.iter_mut().find(|(known, _)| known == id);
        let Some((_, person)) = found else {
            return false;
        };
        change(person);
        pages.keep(id);
        true
    }

    /// Deletes a user; whether there was one.
    pub(crate) fn delete(&self, id: &str) -> bool {
        let mut pages = self.pages();
        let before = pages.people.len();
        pages.people.retain(|(known, _)| known != id);
        pages.keep(id);
        pages.people.len() < before
    }

    pub(super) fn person(&self, id: &str) -> Option<Person> {
        let pages = self.pages();
        let found = pages.people.iter().find(|(known, _)| known == id);
        found.map(|(_, person)| person.clone())
    }

    /// All users, in the order of the list.
    pub(crate) fn people(&self) -> Vec<(String, Person)> {
        self.pages().people.clone()
    }

    /// What a user has; nothing for an unknown user.
    pub(crate) fn state(&self, id: &str) -> Option<State> {
        self.person(id).map(|person| person.state())
    }

    /// The ids of all who may sign in.
    pub(crate) fn active(&self) -> BTreeSet<String> {
        let people = self.people().into_iter();
        people
            .filter(|(_, person)| person.active)
            .map(|(id, _)| id)
            .collect()
    }

    /// Whether a user's state was like this at some moment from `from` to `to`. Nothing is the state of
    /// for an unknown user.
    pub(crate) fn ever(
        &self,
        id: &str,
        from: usize,
        to: usize,
        like: impl Fn(Option<&State>) -> bool,
    ) -> bool {
        let pages = self.pages();
        let Some(states) = pages.history.get(id) else {
            return like(None);
        };
        let begins_late = states.first().is_none_or(|(at, _)| *at > from);
        let ended_early = |number: usize| states.get(number + 1).is_some_and(|(at, _)| *at < from);
        let mut in_time = states
            .iter()
            .enumerate()
            .filter(|(number, (at, _))| *at <= to && !ended_early(*number));
        (begins_late && like(None)) || in_time.any(|(_, (_, state))| like(state.as_ref()))
    }
}

impl Pages {
    /// Keeps what a user has from now on.
    fn keep(&mut self, id: &str) {
        self.now += 1;
        let found = self.people.iter().find(|(known, _)| known == id);
        let state = found.map(|(_, person)| person.state());
        let states = self.history.entry(id.to_owned()).or_default();
        if states.last().is_none_or(|(_, last)| *last != state) {
            states.push((self.now, state));
        }
    }
}
