//! What a worker shows of itself: counters and gauges, by the names that Prometheus recommends
//! (<https://prometheus.io/docs/practices/naming/>).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::domain::{Status, Verdict};
use crate::engine::Snapshot;
use crate::ledger::{Backlog, HeldLease};

/// A gauge of a number that need not be whole.
type Decimal = Gauge<f64, AtomicU64>;

/// A target, by the name of its settings file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTarget {
    target: String,
}

/// A target, and how a user ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfOutcome {
    target: String,
    outcome: &'static str,
}

/// A target, and what an answer meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfVerdict {
    target: String,
    verdict: &'static str,
}

/// The metrics of a worker.
pub(crate) struct WorkerMetrics {
    registry: Registry,
    by_target: BTreeMap<String, Arc<TargetMetrics>>,
    jobs: Gauge,
    waiting: Gauge,
    oldest: Decimal,
    connected: Gauge,
    is_connected: AtomicBool,
}

impl fmt::Debug for WorkerMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerMetrics").finish_non_exhaustive()
    }
}

/// The families of metrics that have a target.
#[derive(Default)]
struct Families {
    requests: Family<OfTarget, Counter>,
    outcomes: Family<OfOutcome, Counter>,
    setbacks: Family<OfVerdict, Counter>,
    pace: Family<OfTarget, Decimal>,
    lowered: Family<OfTarget, Gauge>,
    in_flight: Family<OfTarget, Gauge>,
    users: Family<OfTarget, Gauge>,
    held: Family<OfTarget, Decimal>,
    outage: Family<OfTarget, Gauge>,
    lease: Family<OfTarget, Decimal>,
}

/// The metrics of one target.
#[derive(Debug)]
pub(super) struct TargetMetrics {
    name: String,
    requests: Counter,
    outcomes: Family<OfOutcome, Counter>,
    setbacks: Family<OfVerdict, Counter>,
    pace: Decimal,
    lowered: Gauge,
    in_flight: Gauge,
    users: Gauge,
    held: Decimal,
    outage: Gauge,
    lease: Decimal,
}

impl WorkerMetrics {
    /// The metrics of a worker that serves these targets, all of them at zero.
    pub(crate) fn new<'a>(targets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut registry = Registry::with_prefix("offboard");
        let families = Families::default();
        families.register(&mut registry);
        let by_target = targets.into_iter().map(|name| {
            let metrics = families.of(name);
            (name.to_owned(), Arc::new(metrics))
        });
        let by_target = by_target.collect();
        let (jobs, waiting, connected) = (Gauge::default(), Gauge::default(), Gauge::default());
        let oldest = Decimal::default();
        registry.register("jobs", "Jobs that this worker is at work on", jobs.clone());
        registry.register(
            "orders_waiting",
            "Orders in the ledger that could begin and that no worker has taken",
            waiting.clone(),
        );
        registry.register_with_unit(
            "oldest_order_wait",
            "How long the oldest of the orders has waited that could begin",
            Unit::Seconds,
            oldest.clone(),
        );
        registry.register(
            "ledger_connected",
            "Whether the worker has its connection to the ledger (1) or waits for it (0)",
            connected.clone(),
        );
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version of the program", version);
        Self {
            registry,
            by_target,
            jobs,
            waiting,
            oldest,
            connected,
            is_connected: false.into(),
        }
    }

    /// All metrics as text, in the format of `OpenMetrics`.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// Whether the worker has its connection to the ledger.
    pub(super) fn is_connected(&self) -> bool {
        self.is_connected.load(Ordering::Relaxed)
    }

    /// The metrics of a target; of a target that the worker does not serve, they are shown nowhere.
    pub(super) fn of(&self, target: &str) -> Arc<TargetMetrics> {
        let known = self.by_target.get(target).cloned();
        known.unwrap_or_else(|| Arc::new(Families::default().of(target)))
    }

    pub(super) fn show_connected(&self, connected: bool) {
        self.is_connected.store(connected, Ordering::Relaxed);
        self.connected.set(connected.into());
    }

    pub(super) fn show_jobs(&self, jobs: usize) {
        self.jobs.set(signed(jobs as u64));
    }

    pub(super) fn show_backlog(&self, backlog: Backlog) {
        self.waiting.set(signed(backlog.orders));
        self.oldest.set(backlog.oldest.as_secs_f64());
    }
}

impl Families {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "requests",
            "Requests sent for users, sign-in not counted",
            self.requests.clone(),
        );
        registry.register(
            "users_settled",
            "Users that have got this outcome",
            self.outcomes.clone(),
        );
        registry.register(
            "setbacks",
            "Requests that failed, or did not bring the user closer to the goal, by what the answer meant",
            self.setbacks.clone(),
        );
        registry.register(
            "pace_requests_per_second",
            "Requests a second that may leave at present; 0 without a limit",
            self.pace.clone(),
        );
        registry.register(
            "pace_lowered",
            "Whether that is less than the setting, because of an answer of the provider",
            self.lowered.clone(),
        );
        registry.register(
            "requests_in_flight",
            "Requests that are not answered yet",
            self.in_flight.clone(),
        );
        registry.register(
            "users_open",
            "Users of the present job that have no outcome yet",
            self.users.clone(),
        );
        registry.register_with_unit(
            "hold",
            "For how long nothing is sent yet, because the provider has asked to wait",
            Unit::Seconds,
            self.held.clone(),
        );
        registry.register(
            "outage",
            "Whether the target fails for all users",
            self.outage.clone(),
        );
        registry.register_with_unit(
            "lease_remaining",
            "How long the lease of the target lasts if it is not renewed; 0 without one",
            Unit::Seconds,
            self.lease.clone(),
        );
    }

    fn of(&self, name: &str) -> TargetMetrics {
        let target = OfTarget {
            target: name.to_owned(),
        };
        TargetMetrics {
            name: name.to_owned(),
            requests: self.requests.get_or_create_owned(&target),
            outcomes: self.outcomes.clone(),
            setbacks: self.setbacks.clone(),
            pace: self.pace.get_or_create_owned(&target),
            lowered: self.lowered.get_or_create_owned(&target),
            in_flight: self.in_flight.get_or_create_owned(&target),
            users: self.users.get_or_create_owned(&target),
            held: self.held.get_or_create_owned(&target),
            outage: self.outage.get_or_create_owned(&target),
            lease: self.lease.get_or_create_owned(&target),
        }
    }
}

impl TargetMetrics {
    pub(super) fn count_requests(&self, requests: u64) {
        self.requests.inc_by(requests);
    }

    pub(super) fn count_outcome(&self, status: Status) {
        let outcome = OfOutcome {
            target: self.name.clone(),
            outcome: status.as_str(),
        };
        self.outcomes.get_or_create(&outcome).inc();
    }

    pub(super) fn count_setback(&self, verdict: &Verdict) {
        let verdict = OfVerdict {
            target: self.name.clone(),
            verdict: verdict.as_str(),
        };
        self.setbacks.get_or_create(&verdict).inc();
    }

    pub(super) fn show(&self, now: &Snapshot) {
        self.pace.set(now.pace.limit.unwrap_or(0.0));
        self.lowered.set(now.pace.lowered.into());
        self.in_flight.set(signed(now.in_flight as u64));
        self.users.set(signed(now.users.saturating_sub(now.done)));
        let until = now.waiting.and_then(|waiting| waiting.until);
        let held = until.map(|until| until.saturating_duration_since(tokio::time::Instant::now()));
        self.held.set(held.unwrap_or_default().as_secs_f64());
    }

    pub(super) fn show_outage(&self, is_out: bool) {
        self.outage.set(is_out.into());
    }

    pub(super) fn show_lease(&self, lease: &HeldLease) {
        self.lease.set(lease.left().as_secs_f64());
    }

    /// No job of the target is worked on any more.
    pub(super) fn reset(&self) {
        for gauge in [&self.lowered, &self.in_flight, &self.users, &self.outage] {
            gauge.set(0);
        }
        for gauge in [&self.pace, &self.held, &self.lease] {
            gauge.set(0.0);
        }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
