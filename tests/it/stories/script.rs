//! What happens in a story, all of it drawn from a seed. It knows nothing of how it is played.

use fastrand::Rng;

use crate::support::BOTH;
use crate::test_provider::{Filters, Habits, Joined, Person, Total, person};

/// Users of the tenant.
const PEOPLE: usize = 10;

/// Workspaces that there are.
const WORKSPACES: [&str; 3] = ["w1", "w2", "w3"];

const CHANGES: [&str; 5] = [
    "--disable",
    "--remove-access",
    BOTH,
    BOTH,
    "--from-workspace w1",
];

const VERBS: [Verb; 9] = [
    Verb::Plan,
    Verb::Run,
    Verb::Run,
    Verb::Run,
    Verb::Retry,
    Verb::Verify,
    Verb::Undo,
    Verb::Undo,
    Verb::Report,
];

const LISTS: [Lists; 8] = [
    Lists::Whole,
    Lists::Shown(&[]),
    Lists::Shown(&["active"]),
    Lists::Shown(&["entitlements"]),
    Lists::SmallPages,
    Lists::UntrueTotal,
    Lists::NoFilter,
    Lists::NoOr,
];

const ENDS: [End; 5] = [
    End::KilledBefore,
    End::KilledAfter,
    End::KilledAfter,
    End::KilledHalf,
    End::Stopped,
];

const SILENCES: [Silence; 4] = [
    Silence::Unavailable,
    Silence::Dropped,
    Silence::Lost,
    Silence::Half,
];

/// The whole story.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) seed: u64,
    /// The flags of the change.
    pub(super) change: &'static str,
    /// The roster has addresses in place of ids.
    pub(super) by_name: bool,
    /// Flags of each `run`.
    pub(super) flags: String,
    /// The numbers of the users in the roster, line by line.
    pub(super) roster: Vec<usize>,
    pub(super) people: Vec<(String, Person)>,
    pub(super) steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A command, the trouble that it meets, and the users that it must protect.
    Command {
        verb: Verb,
        protect: Option<String>,
        twist: Twist,
        /// The number to be confirmed is asked for before the command meets anything.
        ask: bool,
    },
    /// Another administrator, between commands.
    Others(Change),
    /// The provider's lists are like this from now on.
    Lists(Lists),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Plan,
    Run,
    Retry,
    Verify,
    Undo,
    Report,
}

/// What meets a command, each at the request of that number.
#[derive(Debug, Clone, Default)]
pub(super) struct Twist {
    pub(super) outage: Option<Outage>,
    pub(super) others: Option<(usize, Change)>,
    pub(super) end: Option<(usize, End)>,
}

/// From the request `after` on, so many are not answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outage {
    pub(super) after: usize,
    pub(super) requests: usize,
    pub(super) kind: Silence,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Silence {
    /// 503.
    Unavailable,
    /// The connection is closed, and nothing was done.
    Dropped,
    /// What was asked for is done, and the connection is closed.
    Lost,
    /// Of a write that does two things, the first is done, and the connection is closed.
    Half,
}

/// How a command is ended from outside.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// SIGKILL, and the request in flight had no effect.
    KilledBefore,
    /// SIGKILL, and the request in flight took effect.
    KilledAfter,
    /// SIGKILL, and of the two things that the write in flight does the first was done.
    KilledHalf,
    /// SIGTERM.
    Stopped,
}

/// What another administrator does to one user.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Enable(String),
    Disable(String),
    Grant(String, &'static str),
    Take(String, &'static str),
    Delete(String),
    Create(String),
}

/// How lists and searches are from now on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lists {
    Whole,
    Shown(&'static [&'static str]),
    SmallPages,
    UntrueTotal,
    NoFilter,
    NoOr,
}

/// The id of a user by its number; the name follows from it.
pub(super) fn id(number: usize) -> String {
    format!("U{number}")
}

/// The name of the user with this id.
pub(super) fn name(id: &str) -> String {
    format!("{}@x.com", id.to_lowercase())
}

impl Change {
    /// The user that it changes.
    pub(super) fn user(&self) -> &str {
        match self {
            Self::Enable(id)
            | Self::Disable(id)
            | Self::Grant(id, _)
            | Self::Take(id, _)
            | Self::Delete(id)
            | Self::Create(id) => id,
        }
    }
}

impl Lists {
    pub(super) fn set(self, habits: &mut Habits) {
        *habits = Habits::default();
        match self {
            Self::Whole => {}
            Self::Shown(names) => habits.shown = Some(names),
            Self::SmallPages => habits.page = 3,
            Self::UntrueTotal => {
                habits.page = 3;
                habits.total = Total::Page;
            }
            Self::NoFilter => habits.filters = Filters::Refused,
            Self::NoOr => habits.joined = Joined::Nobody,
        }
    }
}

impl Story {
    pub(super) fn from_seed(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let by_name = rng.u8(..4) == 0;
        let mut numbers: Vec<_> = (1..=PEOPLE).collect();
        rng.shuffle(&mut numbers);
        let mut roster: Vec<_> = numbers[..rng.usize(3..=7)].to_vec();
        // A user that does not exist yet, and perhaps a line twice.
        roster.push(PEOPLE + 1);
        if rng.bool() {
            roster.push(roster[0]);
        }
        let mut flags = format!("--concurrency {}", choose(&mut rng, &[1, 1, 3]));
        if !by_name && rng.u8(..5) == 0 {
            flags.push_str(" --no-lookup");
        }
        if rng.u8(..5) == 0 {
            flags.push_str(" --canary 2");
        }
        let people = (1..=PEOPLE).map(|number| somebody(&mut rng, number));
        let people = people.collect();
        let change = choose(&mut rng, &CHANGES);
        let mut author = Author { rng, roster };
        let steps = author.steps();
        Self {
            seed,
            change,
            by_name,
            flags,
            roster: author.roster,
            people,
            steps,
        }
    }
}

fn choose<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}

fn somebody(rng: &mut Rng, number: usize) -> (String, Person) {
    let id = id(number);
    let user = person(&name(&id));
    let user = match rng.u8(..10) {
        0 => user.gone(),
        1 => user.disabled(),
        2 => user.with(&[]),
        3 => user.with(&["w3"]),
        _ => user,
    };
    (id, user)
}

/// Draws the steps. Most of them are about users of the roster.
struct Author {
    rng: Rng,
    roster: Vec<usize>,
}

impl Author {
    fn steps(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.rng.u8(..3) == 0 {
            steps.push(Step::Lists(self.lists()));
        }
        let beginnings = [Verb::Run, Verb::Run, Verb::Plan];
        steps.push(self.command(&beginnings));
        for _ in 0..self.rng.usize(4..=8) {
            let step = match self.rng.u8(..10) {
                0..=2 => Step::Others(self.change()),
                3 => Step::Lists(self.lists()),
                _ => self.command(&VERBS),
            };
            steps.push(step);
        }
        steps
    }

    fn anybody(&mut self) -> String {
        if self.rng.u8(..5) == 0 {
            id(self.rng.usize(1..=PEOPLE + 1))
        } else {
            id(choose(&mut self.rng, &self.roster))
        }
    }

    fn lists(&mut self) -> Lists {
        choose(&mut self.rng, &LISTS)
    }

    fn command(&mut self, verbs: &[Verb]) -> Step {
        Step::Command {
            verb: choose(&mut self.rng, verbs),
            protect: self.protect(),
            twist: self.twist(),
            ask: self.rng.bool(),
        }
    }

    fn protect(&mut self) -> Option<String> {
        let user = self.anybody();
        match self.rng.u8(..8) {
            0 => Some(user),
            1 => Some(name(&user).to_uppercase()),
            2 => Some(format!("{}@*", user.to_lowercase())),
            _ => None,
        }
    }

    fn change(&mut self) -> Change {
        let user = self.anybody();
        let workspace = choose(&mut self.rng, &WORKSPACES);
        match self.rng.u8(..9) {
            0..=1 => Change::Enable(user),
            2 => Change::Disable(user),
            3..=5 => Change::Grant(user, workspace),
            6 => Change::Take(user, workspace),
            7 => Change::Delete(user),
            _ => Change::Create(user),
        }
    }

    fn twist(&mut self) -> Twist {
        let mut twist = Twist::default();
        let at = self.rng.usize(..9);
        match self.rng.u8(..10) {
            0..=3 => twist.end = Some((at, choose(&mut self.rng, &ENDS))),
            4..=5 => {
                twist.outage = Some(Outage {
                    after: at,
                    requests: choose(&mut self.rng, &[1, 2, 4, 1_000]),
                    kind: choose(&mut self.rng, &SILENCES),
                });
            }
            6 => twist.others = Some((at, self.change())),
            _ => {}
        }
        twist
    }
}
