//! The whole fleet: several workers, many tenants, and everything that can go wrong at the same time. Workers are killed,
//! stopped for longer than their leases, and cut off from the database, and the database is restarted.

use std::time::Duration;

use rustix::process::Signal;

use crate::fleet::cable::Cable;
use crate::fleet::fleet_bed::{FleetBed, TenantKind};
use crate::fleet::in_postgres::OwnServer;
use crate::support::{Running, finish};

/// Longer than a lease of these tests, which is two seconds and a half.
const LONGER: Duration = Duration::from_secs(4);

/// How large a fleet is, and how much happens to it.
struct Trial {
    tenants: usize,
    /// Users of each tenant.
    users: usize,
    /// What goes wrong at each provider.
    faults: &'static str,
    /// Requests a second at each tenant.
    rate: u32,
    /// Workers that are killed.
    kills: usize,
    /// Workers that are stopped and wake up.
    stops: usize,
    patience: Duration,
}

/// Workers, the first of which reaches the database through a cable.
struct Workers<'a> {
    bed: &'a FleetBed,
    cable: Cable,
    running: Vec<Running>,
    random: fastrand::Rng,
}

impl Workers<'_> {
    fn start(&self, nth: usize) -> Running {
        let mut command = self.bed.worker();
        if nth == 0 {
            command.env("OFFBOARD_LEDGER", &self.cable.database);
        }
        Running::start(command)
    }

    /// Waits for up to this time.
    async fn pause(&mut self, most: Duration) {
        let part = most.mul_f64(self.random.f64());
        tokio::time::sleep(part).await;
    }

    /// A power cut at one machine; another one takes its place.
    async fn kill_one(&mut self) {
        let nth = self.random.usize(..self.running.len());
        let fresh = self.start(nth);
        std::mem::replace(&mut self.running[nth], fresh)
            .kill()
            .await;
    }

    /// A machine that stands still for longer than its leases last.
    async fn stop_one(&mut self) {
        let nth = self.random.usize(..self.running.len());
        self.running[nth].signal(Signal::STOP);
        tokio::time::sleep(LONGER).await;
        self.running[nth].signal(Signal::CONT);
    }

    /// A machine that cannot reach the database, and all others can.
    async fn cut_one_off(&mut self) {
        self.cable.cut(true);
        tokio::time::sleep(LONGER).await;
        self.cable.cut(false);
    }
}

impl Trial {
    async fn stands(self) {
        let Some(server) = OwnServer::start() else {
            return;
        };
        let settings = format!(
            "rate = \"{}/s\"\nburst = 2\nheartbeat = \"500ms\"\ntimeout = \"1s\"\nconcurrency = 4\n\
             max-attempts = 20\n",
            self.rate
        );
        let kind = TenantKind {
            users: self.users,
            faults: self.faults,
            settings: &settings,
        };
        let bed = FleetBed::within(server.address(), self.tenants, kind).await;
        // The first command makes the ledger.
        bed.leave_all().await;
        let mut workers = Workers {
            cable: Cable::to(&bed.database).await,
            bed: &bed,
            running: Vec::new(),
            random: fastrand::Rng::with_seed(7),
        };
        for nth in 0..3 {
            let worker = workers.start(nth);
            workers.running.push(worker);
        }
        let all = self.tenants * self.users;
        bed.reaches(all / 20).await;
        workers.cut_one_off().await;
        server.restart();
        for _ in 0..self.kills {
            workers.pause(Duration::from_secs(1)).await;
            workers.kill_one().await;
        }
        for _ in 0..self.stops {
            workers.stop_one().await;
        }
        server.restart();
        bed.all_are_settled(self.patience).await;
        bed.holds().await;
        bed.keeps_the_rate(f64::from(self.rate), 5.0);
        for (nth, mut worker) in workers.running.into_iter().enumerate() {
            worker.signal(Signal::TERM);
            let ran = worker.end().await;
            assert_eq!(ran.code, Some(0), "worker {nth}: {ran:?}");
            assert!(!ran.stderr.contains("panicked"), "{ran:?}");
        }
        let status = finish(bed.offboard(&["jobs", "list", "--json"])).await;
        assert_eq!(status.code, Some(0), "{status:?}");
    }
}

#[apply(end_to_end!)]
async fn p1_to_p8_hold_in_a_fleet_in_which_everything_fails() {
    let trial = Trial {
        tenants: 4,
        users: 90,
        faults: "latency=5ms,retry-after=1s,throttle=0.01,reset-after=0.02,error500=0.02",
        rate: 12,
        kills: 3,
        stops: 1,
        patience: Duration::from_mins(2),
    };
    Box::pin(trial.stands()).await;
}

#[apply(end_to_end!)]
#[ignore = "takes minutes: `cargo nextest run --profile long --run-ignored only`"]
async fn p1_to_p8_hold_in_a_large_fleet_in_which_everything_fails() {
    let trial = Trial {
        tenants: 20,
        users: 500,
        faults: "latency=20ms,retry-after=2s,throttle=0.01,reset-after=0.01,error500=0.01",
        rate: 8,
        kills: 12,
        stops: 6,
        patience: Duration::from_mins(6),
    };
    Box::pin(trial.stands()).await;
}
