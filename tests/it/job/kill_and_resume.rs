//! P1, P2 and P3 on the real program: killed at any moment, continued with the very same command.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use offboard::domain::Status;
use offboard::ledger::UserRow;
use offboard::sandbox::{FaultSettings, Route, SandboxSettings, Verb};

use crate::fleet::in_postgres::on_each_ledger;
use crate::support::{Bed, Running, finish, first_requests, until};

const USERS: usize = 400;

/// Lines of the roster that name no user that can be removed.
const ODD_LINES: [&str; 3] = [
    "ffffffffffffffffffffffffffffffff,nobody@example.com",
    "not an id at all,broken@example.com",
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF,nobody@example.com",
];

/// When the program is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after it was started: while it starts, loads the roster, or signs in.
    Early(Duration),
    /// So long after the provider's so manieth request.
    AtRequest(u64, Duration),
}

impl Moment {
    /// Any moment between the start and the end of what is left to do.
    fn draw(random: &mut fastrand::Rng, seen: u64) -> Self {
        let micros = Duration::from_micros(random.u64(0..4_000));
        // Each user that is left needs about one request, and sign-in and sign-out are added.
        let most = seen + 2;
        let least = (USERS as u64 + 2).saturating_sub(seen).max(4);
        match random.u8(0..10) {
            0 => Self::Early(Duration::from_micros(random.u64(0..60_000))),
            1 => Self::AtRequest(seen + 1, micros),
            2 => Self::AtRequest(most + least - random.u64(0..4), micros),
            _ => Self::AtRequest(seen + random.u64(1..=least), micros),
        }
    }
}

/// What many rounds came to.
#[derive(Debug, Default)]
struct Sum {
    kills: usize,
    /// Kills before the job was in the ledger.
    before_the_job: usize,
    /// Users that a later run found in doubt and read.
    in_doubt_met: usize,
    /// Of these, the ones who turned out to be done already.
    found_done: usize,
    written_after_settlement: usize,
    lost: usize,
}

/// The state of affairs after a kill.
struct Wreck {
    rows: Vec<UserRow>,
    writes: BTreeMap<String, u32>,
    /// The length of the provider's log.
    log: usize,
}

impl Wreck {
    async fn look(bed: &Bed) -> Self {
        let rows = bed.rows().await;
        let users = bed.books.users();
        let wreck = Self {
            rows,
            writes: users
                .into_iter()
                .map(|user| (user.id, user.writes_received))
                .collect(),
            log: bed.books.requests().len(),
        };
        wreck.intents_came_first();
        for (id, row) in wreck.users() {
            if row.status == Status::Removed {
                assert!(bed.is_gone(id), "claimed unseen: {row:?}");
            }
        }
        wreck
    }

    fn users(&self) -> impl Iterator<Item = (&str, &UserRow)> {
        let named = |row: &UserRow| !matches!(row.status, Status::Invalid | Status::Duplicate);
        self.rows
            .iter()
            .filter(move |row| named(row))
            .filter_map(|row| Some((row.user_id.as_deref()?, row)))
    }

    /// P1: each user for which the provider received a write was claimed before.
    fn intents_came_first(&self) {
        let status: BTreeMap<_, _> = self.users().map(|(id, row)| (id, row.status)).collect();
        for (id, writes) in &self.writes {
            let status = status.get(id.as_str()).copied();
            let unclaimed = matches!(status, None | Some(Status::Pending));
            assert!(
                *writes == 0 || !unclaimed,
                "written and {status:?}: user {id}"
            );
        }
    }

    fn with(&self, wanted: impl Fn(Status) -> bool) -> BTreeSet<String> {
        self.users()
            .filter(|(_, row)| wanted(row.status))
            .map(|(id, _)| id.to_owned())
            .collect()
    }
}

/// One job, killed several times and then let end.
async fn p3_round(seed: u64, sum: &mut Sum) {
    let mut random = fastrand::Rng::with_seed(seed);
    let bed = Bed::new(SandboxSettings {
        users: USERS,
        seed,
        faults: FaultSettings::parse("latency=2ms+3ms").unwrap(),
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&ODD_LINES);
    let command = || bed.run_with(USERS as u64, "--rate unlimited --concurrency 8");
    let mut wrecks: Vec<Wreck> = Vec::new();
    let kills = random.usize(2..=4);
    while wrecks.len() < kills {
        let moment = Moment::draw(&mut random, bed.books.totals().requests);
        let mut running = Running::start(command());
        match moment {
            // The moment is what is tested: nothing is waited for.
            Moment::Early(time) => tokio::time::sleep(time).await,
            Moment::AtRequest(number, time) => {
                let books = bed.books.clone();
                running.reaches(|| books.totals().requests >= number).await;
                tokio::time::sleep(time).await;
            }
        }
        let ran = running.kill().await;
        let wreck = Wreck::look(&bed).await;
        compare(&bed, wrecks.last(), sum);
        if ran.code.is_some() {
            // It was quicker than the kill.
            assert_eq!(ran.code, Some(10), "seed {seed}, {moment:?}: {ran:?}");
            break;
        }
        sum.kills += 1;
        sum.before_the_job += usize::from(wreck.rows.is_empty());
        wrecks.push(wreck);
    }
    let ran = finish(command()).await;
    assert_eq!(ran.code, Some(10), "seed {seed}: {ran:?}");
    compare(&bed, wrecks.last(), sum);
    for wreck in &wrecks {
        let settled = wreck.with(|status| !status.is_open());
        let again = |id: &&String| {
            bed.books
                .user(id)
                .is_some_and(|user| user.writes_received > wreck.writes[*id])
        };
        sum.written_after_settlement += settled.iter().filter(again).count();
    }
    sum.lost += bed.people.len() - all_removed(&bed, seed).await;
}

/// Each user in doubt after a kill is read before the next run writes it.
fn compare(bed: &Bed, wreck: Option<&Wreck>, sum: &mut Sum) {
    let Some(wreck) = wreck else { return };
    // What the dead program had sent may have come in after the look, but before the next sign-in.
    let log = bed.books.requests().split_off(wreck.log);
    let sign_in = log.iter().rposition(|one| one.route == Route::Authenticate);
    let first = first_requests(&log[sign_in.unwrap_or(log.len())..]);
    for id in wreck.with(|status| matches!(status, Status::Claimed | Status::InDoubt)) {
        if let Some(verb) = first.get(&id) {
            assert_eq!(*verb, Verb::Get, "in doubt and not asked about: user {id}");
            sum.in_doubt_met += 1;
            let done = bed
                .books
                .user(&id)
                .is_some_and(|user| user.writes_received == 1);
            sum.found_done += usize::from(done && bed.is_gone(&id));
        }
    }
}

/// Ledger, report, summary and the provider's books at the end, held against each other. Returns how
/// many of the provider's people are removed by all of them.
async fn all_removed(bed: &Bed, seed: u64) -> usize {
    let rows = bed.rows().await;
    let lines = bed.people.len() + ODD_LINES.len();
    let (report, summary) = bed.report("evidence").await;
    assert_eq!((rows.len(), report.len()), (lines, lines), "seed {seed}");
    assert_eq!(summary["lines"], lines);
    assert_eq!(
        (&summary["balanced"], &summary["finished"]),
        (&true.into(), &true.into())
    );
    let outcomes = &summary["outcomes"];
    for one in ["not_found", "invalid", "duplicate"] {
        assert_eq!(outcomes[one], 1, "seed {seed}: {outcomes}");
    }
    assert_eq!(
        outcomes["removed"],
        bed.people.len(),
        "seed {seed}: {outcomes}"
    );
    let told: BTreeSet<_> = report.iter().map(|row| row["line"].clone()).collect();
    assert_eq!(told.len(), lines, "each line once");
    let removed: BTreeSet<_> = report
        .iter()
        .filter(|row| row["outcome"] == "removed" && !row["confirmed_by"].is_empty())
        .map(|row| row["user_id"].clone())
        .collect();
    for user in bed.books.users() {
        assert!(user.writes_changed <= 1, "seed {seed}: {user:?}");
    }
    let gone = |id: &String| removed.contains(id) && bed.is_gone(id);
    bed.people.iter().filter(|person| gone(&person.id)).count()
}

async fn p3_rounds(seeds: std::ops::Range<u64>) -> Sum {
    let mut sum = Sum::default();
    for seed in seeds {
        p3_round(seed, &mut sum).await;
    }
    assert_eq!(sum.written_after_settlement, 0, "{sum:?}");
    assert_eq!(sum.lost, 0, "{sum:?}");
    assert!(sum.in_doubt_met > 0 && sum.found_done > 0, "{sum:?}");
    sum
}

#[apply(on_each_ledger)]
async fn p3_kill_anywhere_and_the_same_command_settles_each_user_once() {
    p3_rounds(0..8).await;
}

#[apply(end_to_end!)]
async fn p3_killed_while_the_ledger_is_made_the_same_command_makes_it() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let mut random = fastrand::Rng::with_seed(3);
    for round in 0..16 {
        let ledger = bed.path(&format!("ledger-{round}.db"));
        let command = || {
            let mut command = bed.run_all(3);
            command.env("OFFBOARD_LEDGER", &ledger);
            command
        };
        let making = Running::start(command());
        until("the file is there", || ledger.exists()).await;
        tokio::time::sleep(Duration::from_micros(random.u64(0..6_000))).await;
        making.kill().await;
        let ran = finish(command()).await;
        assert_eq!(ran.code, Some(0), "round {round}: {ran:?}");
    }
}

#[apply(end_to_end!)]
#[ignore = "the same a hundred times takes minutes"]
#[expect(clippy::print_stderr, reason = "the numbers are what it is run for")]
async fn p3_kill_anywhere_a_hundred_times() {
    let sum = p3_rounds(1_000..1_100).await;
    eprintln!("{sum:#?}");
}
