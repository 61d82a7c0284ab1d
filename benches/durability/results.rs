//! What was measured, over all rounds.

use std::collections::BTreeMap;

use crate::bench_server::Seen;
use crate::measured_process::Cost;

/// What is measured, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The loop that keeps nothing.
    BareLoop,
    /// `roster check`.
    RosterCheck,
    /// `plan`.
    Plan,
    /// `run` after a plan.
    Run,
    /// `run` without one: load, look up and write in one command.
    WholeJob,
    /// `run` of a job that was killed when nine users in ten were done.
    Resume,
    /// `verify`.
    Verify,
    /// `report`.
    Report,
    /// `audit verify` of a bundle.
    AuditBundle,
    /// `audit verify` of a ledger.
    AuditLedger,
}

impl Part {
    /// The name in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BareLoop => "(bare loop)",
            Self::RosterCheck => "`roster check`",
            Self::Plan => "`plan`",
            Self::Run => "`run` after a plan",
            Self::WholeJob => "`run`, plan included",
            Self::Resume => "`run`, the last tenth after SIGKILL",
            Self::Verify => "`verify`",
            Self::Report => "`report`",
            Self::AuditBundle => "`audit verify`, bundle",
            Self::AuditLedger => "`audit verify`, ledger",
        }
    }
}

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Users that were worked on.
    pub(crate) users: usize,
    /// What the process has taken.
    pub(crate) cost: Cost,
    /// What the server has seen, if it was asked anything.
    pub(crate) seen: Option<Seen>,
    /// The time of the bare loop that ran right before, divided by the time of this process.
    pub(crate) share: Option<f64>,
}

impl Sample {
    /// A measurement in which no request is sent.
    pub(crate) fn offline(users: usize, cost: Cost) -> Self {
        Self {
            users,
            cost,
            seen: None,
            share: None,
        }
    }

    /// This measurement, compared with the bare loop that ran before it.
    pub(crate) fn beside(self, bare: &Self) -> Self {
        Self {
            share: Some(bare.cost.seconds / self.cost.seconds),
            ..self
        }
    }

    /// Users in a second.
    pub(crate) fn rate(&self) -> f64 {
        count(self.users) / self.cost.seconds
    }

    /// Seconds of work for a thousand users.
    pub(crate) fn cpu_per_thousand(&self) -> f64 {
        self.cost.cpu * 1000.0 / count(self.users)
    }
}

/// One row of the table, in their order: whether answers take long, the users of the job, and what is measured.
pub(crate) type Row = (bool, usize, Part);

/// All measurements.
#[derive(Debug, Default)]
pub(crate) struct Results(pub(crate) BTreeMap<Row, Vec<Sample>>);

impl Results {
    /// Adds a measurement with answers at once.
    pub(crate) fn add(&mut self, users: usize, part: Part, sample: Sample) {
        self.0.entry((false, users, part)).or_default().push(sample);
    }

    /// Adds a measurement with answers that take long.
    pub(crate) fn add_far_away(&mut self, users: usize, part: Part, sample: Sample) {
        self.0.entry((true, users, part)).or_default().push(sample);
    }
}

/// The median of some figures, with the lowest and the highest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    /// The lowest.
    pub(crate) low: f64,
    /// The one in the middle.
    pub(crate) median: f64,
    /// The highest.
    pub(crate) high: f64,
}

impl Spread {
    /// The spread of figures; none if there are none.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        Some(Self {
            low: *figures.first()?,
            median: f64::midpoint(figures[(figures.len() - 1) / 2], figures[figures.len() / 2]),
            high: *figures.last()?,
        })
    }
}

/// A number of users or requests as a figure to divide.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}
