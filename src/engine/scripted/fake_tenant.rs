//! The scripted tenant: its users, the requests that arrived for them, and a directory that answers by a script.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{
    Allowance, Answer, Content, Credential, Filter, Operation, PageAt, Problem, Request,
    RequestKind, Resource, Silence, UserId, UserPage, UserState,
};
use crate::engine::scripted::behaviour::{Behaviour, Script, ScriptedRequest};
use crate::engine::scripted::fake_journal::FakeJournal;
use crate::engine::scripted::fuse::{Cut, Fuse};
use crate::engine::scripted::tenant_state::{Arrival, FakeUser, TenantState, whole_list};
use crate::port::{Directory, SignInError};

/// The path of the list of all users; the script is asked for it by this name.
const LIST: &str = "u0";

/// The tenant, over all runs of a job.
#[derive(Clone)]
pub(crate) struct FakeTenant {
    state: Arc<Mutex<TenantState>>,
    script: Script,
}

impl std::fmt::Debug for FakeTenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state.fmt(f)
    }
}

/// The directory as one run sees it.
#[derive(Debug)]
pub(crate) struct FakeDirectory {
    pub(super) tenant: FakeTenant,
    pub(super) journal: FakeJournal,
    pub(super) fuse: Arc<Fuse>,
    pub(super) latency: Duration,
    pub(super) renewing: tokio::sync::Mutex<()>,
}

/// A request that is in flight, counted for as long as this lives.
struct Waiting<'a>(&'a FakeTenant);

impl<'a> Waiting<'a> {
    fn new(tenant: &'a FakeTenant) -> Self {
        let mut state = tenant.state();
        state.now += 1;
        state.peak = state.peak.max(state.now);
        Self(tenant)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().now -= 1;
    }
}

impl FakeTenant {
    pub(super) fn new(users: impl Iterator<Item = String>, script: Script) -> Self {
        let person = FakeUser::new();
        let state = TenantState {
            people: users
                .chain([LIST.to_owned()])
                .map(|user| (user, person.clone()))
                .collect(),
            ..TenantState::default()
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            script,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, TenantState> {
        self.state.lock().unwrap()
    }

    /// A new run does not know that an earlier run was asked to wait.
    pub(super) fn forget_waits(&self) {
        self.state().closed = None;
    }

    fn behaviour(&self, user: &str, kind: RequestKind) -> Behaviour {
        let nth = {
            let mut state = self.state();
            let asked = &mut state.people.get_mut(user).unwrap().asked;
            let nth = &mut asked[usize::from(kind == RequestKind::Read)];
            *nth += 1;
            *nth
        };
        (self.script)(ScriptedRequest { user, kind, nth })
    }

    /// The request arrives and takes effect. Returns how it is answered.
    fn receive(&self, request: &Request, behaviour: Behaviour) -> Behaviour {
        let (user, kind) = (&*request.path, request.kind);
        let asked = request.body.as_deref().unwrap_or_default();
        let mut state = self.state();
        let at = Instant::now();
        if let Some((from, until)) = state.closed
            && from < at
            && at < until
        {
            state
                .broken
                .push(format!("{user}: sent while all must wait"));
        }
        state.arrivals.push(Arrival {
            at,
            user: user.to_owned(),
            kind,
        });
        if behaviour == Behaviour::Expire {
            state.good_from = state.credential + 1;
        }
        let expired = state.credential < state.good_from;
        let away = expired
            || matches!(
                behaviour,
                Behaviour::Throttle(_) | Behaviour::Spent(..) | Behaviour::Status(401 | 429)
            );
        if kind == RequestKind::Write {
            state.check_write(user, asked);
        }
        let person = state.people.get_mut(user).unwrap();
        match kind {
            RequestKind::Read | RequestKind::List => person.reads += 1,
            RequestKind::Write => {
                if let Some((_, read)) = asked.split_once(" on read ") {
                    let read = read.parse().unwrap();
                    if read <= person.read_used {
                        state.broken.push(format!("{user}: {asked} once more"));
                        return behaviour;
                    }
                    person.read_used = read;
                }
                person.writes += 1;
                person.turned_away += u32::from(away);
                if !away && behaviour.applies() {
                    person.applied += 1;
                    person.active &= !asked.contains("SetActive(false)");
                    person.is_deleted |= asked.contains("Delete");
                    if let Some(ids) = whole_list(asked) {
                        person.workspaces = ids;
                    }
                }
                if !away && (behaviour.applies() || behaviour == Behaviour::Half) {
                    let all = asked.contains("RemoveWorkspaces");
                    let goes = |id: &String| all || asked.contains(&format!("Leave({id:?})"));
                    person.workspaces.retain(|id| !goes(id));
                }
            }
        }
        if expired {
            Behaviour::Expire
        } else {
            behaviour
        }
    }

    fn answer(&self, user: &str, behaviour: Behaviour, signed: u64) -> Result<Answer, Silence> {
        let mut tenant = self.state();
        let person = &tenant.people[user];
        let is_deleted = person.is_deleted;
        let resource = Some(Resource {
            whole: person.reads.to_string(),
            version: None,
        });
        let state = UserState {
            active: Some(person.active).filter(|_| behaviour != Behaviour::Shy),
            workspaces: Some(person.workspaces.clone()),
            user_name: person.user_name.clone(),
            addresses: Some(person.addresses.clone()),
            ..UserState::of(user)
        };
        let state = if user == LIST {
            let first = (2..).map(|line| format!("u{line}"));
            let first = first.take(tenant.people.len());
            let first = first
                .into_iter()
                .find(|user| tenant.people.contains_key(user));
            Content::Page(UserPage {
                total: None,
                users: first.map(UserState::of).into_iter().collect(),
                ..UserPage::default()
            })
        } else {
            Content::User(state)
        };
        let problem = |scim_type: &str| {
            Content::Other(Problem {
                is_refusal: true,
                scim_type: Some(scim_type.to_owned()),
                detail: None,
            })
        };
        let (status, content, wait) = match behaviour {
            Behaviour::AppliedThenLost | Behaviour::Lost => {
                return Err(Silence::Lost("reset".to_owned()));
            }
            Behaviour::NotSent => return Err(Silence::NotSent("refused".to_owned())),
            Behaviour::Blocked => return Err(Silence::Blocked("407".to_owned())),
            Behaviour::Unsendable => {
                return Err(Silence::Unsendable("a line end in a header".to_owned()));
            }
            Behaviour::Panic => unreachable!("panicked before"),
            Behaviour::Confirm
            | Behaviour::Shy
            | Behaviour::Ignore
            | Behaviour::Stall(_)
            | Behaviour::Remain(..)
            | Behaviour::Half
                if is_deleted =>
            {
                (404, Content::Empty, None)
            }
            Behaviour::Confirm
            | Behaviour::Shy
            | Behaviour::Ignore
            | Behaviour::Stall(_)
            | Behaviour::Remain(..) => (200, state, None),
            Behaviour::Half => (207, state, None),
            Behaviour::Quiet => (204, Content::Empty, None),
            Behaviour::Fail | Behaviour::FailApplied => (500, Content::Empty, None),
            Behaviour::Busy(seconds) => (503, Content::Empty, Some(seconds)),
            Behaviour::Throttle(seconds) | Behaviour::Spent(seconds, _) => {
                (429, Content::Empty, seconds)
            }
            Behaviour::Expire => (401, Content::Empty, None),
            Behaviour::Status(status) => (status, Content::Empty, None),
            Behaviour::NoTarget => (400, problem("noTarget"), None),
            Behaviour::Garbage => (200, Content::Foreign("<html>".to_owned()), None),
        };
        if matches!(content, Content::User(_)) {
            tenant.people.get_mut(user).unwrap().shown_at = Some(Instant::now());
        }
        let wait = wait.map(Duration::from_secs);
        if let Some(wait) = wait {
            let now = Instant::now();
            let until = tenant.closed.map_or(now, |(_, until)| until);
            tenant.closed = Some((now, until.max(now + wait)));
        }
        Ok(Answer {
            status,
            content,
            resource,
            wait,
            allowance: remains(behaviour),
            request_id: None,
            credential: Credential(signed),
        })
    }
}

fn remains(behaviour: Behaviour) -> Option<Allowance> {
    let (remaining, seconds) = match behaviour {
        Behaviour::Remain(remaining, seconds) => (remaining, seconds),
        Behaviour::Spent(_, seconds) => (0, seconds),
        _ => return None,
    };
    Some(Allowance {
        remaining,
        resets_in: Duration::from_secs(seconds),
    })
}

impl Directory for FakeDirectory {
    fn write_request(
        &self,
        user: &UserId,
        operations: &[Operation],
        shown: Option<&Resource>,
    ) -> Request {
        let read = shown.map(|read| format!(" on read {}", read.whole));
        Request {
            body: Some(format!("{operations:?}{}", read.unwrap_or_default())),
            ..Request::bare(RequestKind::Write, "PATCH", user.to_string())
        }
    }

    fn read_request(&self, user: &UserId) -> Request {
        Request::bare(RequestKind::Read, "GET", user.to_string())
    }

    fn page_request(&self, at: &PageAt, count: u64) -> Request {
        assert_eq!(
            (at, count),
            (&PageAt::Index(1), 1),
            "the engine asks for one user only"
        );
        Request::bare(RequestKind::List, "GET", LIST.to_owned())
    }

    fn search_request(&self, _: &Filter, _: u64) -> Request {
        unreachable!("the engine looks no user up")
    }

    fn filtered_request(&self, _: &str, _: &PageAt, _: u64) -> Request {
        unreachable!("the engine looks no user up")
    }

    fn access_attribute(&self) -> Option<&str> {
        unreachable!("the engine looks no user up")
    }

    fn shows_access(&self) -> bool {
        unreachable!("the engine looks no user up")
    }

    fn has_addresses(&self) -> bool {
        unreachable!("no user is looked up here")
    }

    fn learn_access(&self) {
        unreachable!("the engine looks no user up")
    }

    fn schemas_request(&self) -> Request {
        unreachable!("the engine looks no user up")
    }

    async fn ready(&self) -> Result<(), SignInError> {
        match self.tenant.state().no_sign_in_until {
            Some(until) if Instant::now() < until => {
                Err(SignInError::Unavailable("503".to_owned()))
            }
            _ => Ok(()),
        }
    }

    async fn send(&self, request: &Request) -> Result<Answer, Silence> {
        let call = self.fuse.send().await;
        let (user, kind) = (&*request.path, request.kind);
        let _waiting = Waiting::new(&self.tenant);
        let signed = self.tenant.state().credential;
        let mut behaviour = self.tenant.behaviour(user, kind);
        if !matches!(behaviour, Behaviour::NotSent | Behaviour::Unsendable) {
            match kind {
                RequestKind::Write => self.journal.check_write(user, &request.to_string()),
                RequestKind::Read | RequestKind::List => self.journal.check_read(user),
            }
            behaviour = self.tenant.receive(request, behaviour);
            self.fuse.kill_at(Cut::AfterSend(call)).await;
        }
        tokio::time::sleep(self.latency + behaviour.delay()).await;
        self.fuse.wait_if_dead().await;
        assert!(
            behaviour != Behaviour::Panic,
            "{user} makes the program panic"
        );
        self.tenant.answer(user, behaviour, signed)
    }

    async fn renew(&self, refused: Credential) -> Result<(), SignInError> {
        let _one = self.renewing.lock().await;
        if self.tenant.state().credential > refused.0 {
            return Ok(());
        }
        tokio::time::sleep(self.latency).await;
        self.fuse.wait_if_dead().await;
        let mut state = self.tenant.state();
        state.credential += 1;
        state.renewals += 1;
        Ok(())
    }
}
