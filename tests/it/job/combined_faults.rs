//! All faults at once: a harsh provider, kills, an outage, revoked tokens. The same command is started until the
//! job is done, and `retry` where users failed; then the records of the provider are compared.

use std::collections::BTreeMap;
use std::time::Duration;

use offboard::domain::Status;
use offboard::sandbox::{FaultKind, FaultSettings, Route, SandboxSettings, Verb};
use tokio::time::Instant;

use crate::support::{Bed, Running, tally};

/// Far more than it takes.
const RUNS: usize = 60;

/// How bad it is.
struct Weather {
    users: usize,
    kills: usize,
    faults: &'static str,
    flags: &'static str,
    seed: u64,
}

/// What it came to.
#[derive(Debug, Default)]
struct Sum {
    kills: usize,
    runs: usize,
    codes: BTreeMap<i32, usize>,
    requests: u64,
    /// Faults really injected, by kind.
    faults: BTreeMap<&'static str, u64>,
    sign_ins: u64,
    /// Writes that arrived beyond one for each user.
    writes_beyond_one: u64,
    /// Users changed by more than one write: by two where a half success was gone on with.
    changed_twice: usize,
    lost: usize,
    written_after_settlement: usize,
    /// Requests during a wait that had been asked for longer ago than a request takes.
    during_a_wait: usize,
    seconds: u64,
}

/// Writes that each settled user has received.
type Settled = BTreeMap<String, u32>;

async fn settled(bed: &Bed) -> Settled {
    let rows = bed.rows().await;
    let done = rows.into_iter().filter(|row| !row.status.is_open());
    done.filter_map(|row| {
        let id = row.user_id?.clone();
        let writes = bed.books.user(&id)?.writes_received;
        Some((id, writes))
    })
    .collect()
}

/// The failed users. Under these faults a user fails for one reason only: two writes in a row were answered with
/// success and had no effect. A retry may write them again, so what was seen of them counts no more.
async fn failed(bed: &Bed, looks: &mut [Settled]) -> u64 {
    let mut rows = bed.rows().await;
    rows.retain(|row| row.status == Status::Failed);
    for row in &rows {
        assert_eq!(row.reason.as_deref(), Some("not_applied"), "{row:?}");
        for look in &mut *looks {
            look.remove(row.user_id.as_ref().unwrap().as_str());
        }
    }
    rows.len() as u64
}

async fn endure(weather: &Weather) -> Sum {
    let start = Instant::now();
    let users = weather.users;
    let bed = Bed::new(SandboxSettings {
        users,
        seed: weather.seed,
        faults: FaultSettings::parse(weather.faults).unwrap(),
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    let mut random = fastrand::Rng::with_seed(weather.seed);
    let mut sum = Sum::default();
    let mut looks: Vec<Settled> = Vec::new();
    let mut revoked = false;
    let mut to_retry = 0;
    loop {
        let mut running = Running::start(match to_retry {
            0 => bed.run_with(users as u64, weather.flags),
            failed => bed.retry_with(failed, weather.flags),
        });
        let now = bed.books.totals().requests;
        let books = bed.books.clone();
        let ran = if sum.kills < weather.kills {
            let share = users as u64 / (weather.kills as u64 + 1);
            let moment = now + random.u64(share / 2..=share);
            running.reaches(|| books.totals().requests >= moment).await;
            let ran = running.kill().await;
            sum.kills += usize::from(ran.code.is_none());
            ran
        } else {
            if !std::mem::replace(&mut revoked, true) {
                running
                    .reaches(|| books.totals().requests >= now + 20)
                    .await;
                bed.sandbox.revoke_tokens();
            }
            // As long as requests arrive it is not stuck, however long the weather makes it take.
            let mut seen = books.totals().requests;
            while running.reaches(|| books.totals().requests > seen).await {
                seen = books.totals().requests;
            }
            running.end().await
        };
        looks.push(settled(&bed).await);
        let Some(code) = ran.code else { continue };
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
        *sum.codes.entry(code).or_default() += 1;
        match code {
            0 => break,
            10 => {
                to_retry = failed(&bed, &mut looks).await;
                assert!(to_retry > 0, "{ran:?}");
            }
            // Tokens that are revoked faster than they can be used look like a refused sign-in.
            code => assert!([5, 11].contains(&code), "{ran:?}"),
        }
        sum.runs += 1;
        assert!(sum.runs < RUNS, "no end: {sum:?}");
    }
    account(&bed, &looks, &mut sum).await;
    sum.seconds = start.elapsed().as_secs();
    sum
}

/// Ledger, report and the provider's books at the end.
async fn account(bed: &Bed, looks: &[Settled], sum: &mut Sum) {
    let users = bed.people.len();
    let rows = bed.rows().await;
    let (report, summary) = bed.report("evidence").await;
    assert_eq!((rows.len(), report.len()), (users, users));
    assert_eq!(summary["balanced"], true, "{summary}");
    let tally = tally(&rows);
    let count = |status| tally.get(&status).copied().unwrap_or_default();
    // A user that is found done after a conflict or a doubt counts as done.
    let done = count(Status::Removed) + count(Status::Already);
    assert_eq!(done, users, "{tally:?}");
    sum.lost = bed
        .people
        .iter()
        .filter(|one| !bed.is_gone(&one.id))
        .count();
    for look in looks {
        let again =
            |(id, writes): &(&String, &u32)| bed.books.user(id).unwrap().writes_received > **writes;
        sum.written_after_settlement += look.iter().filter(again).count();
    }
    for user in bed.books.users() {
        sum.writes_beyond_one += u64::from(user.writes_received.saturating_sub(1));
        sum.changed_twice += usize::from(user.writes_changed > 1);
    }
    for kind in FaultKind::ALL {
        sum.faults.insert(kind.name(), bed.books.faults(kind));
    }
    let totals = bed.books.totals();
    (sum.requests, sum.sign_ins) = (totals.requests, totals.sign_ins);
    sum.during_a_wait = bed.books.early_requests(Duration::from_millis(500));
    let logged = bed.books.requests();
    let strangers = |one: &&offboard::sandbox::LoggedRequest| {
        one.verb == Verb::Get && matches!(one.route, Route::User(None))
    };
    assert_eq!(logged.iter().filter(strangers).count(), 0);
    assert_eq!((sum.lost, sum.written_after_settlement), (0, 0), "{sum:?}");
}

#[apply(end_to_end!)]
async fn p3_all_users_are_removed_under_all_faults_at_once() {
    let sum = endure(&Weather {
        users: 70,
        kills: 3,
        faults: "harsh,throttle=0.006,throttle-date=0.004,error500=0.07,stall=400ms,\
                 outage=#50+300ms:reset",
        flags: "--rate unlimited --concurrency 16 --max-attempts 12 --timeout 1s",
        seed: 3,
    })
    .await;
    assert_eq!(sum.kills, 3, "{sum:?}");
    assert!(sum.faults["outage"] > 0, "{sum:?}");
}

#[apply(end_to_end!)]
#[ignore = "five thousand users under all faults at once take minutes"]
#[expect(clippy::print_stderr, reason = "the numbers are what it is run for")]
async fn p3_five_thousand_users_are_removed_under_all_faults_at_once() {
    let sum = endure(&Weather {
        users: 5_000,
        kills: 20,
        faults: "harsh,throttle=0.002,throttle-date=0.001,error500=0.077,outage=#2000+10s",
        flags: "--rate unlimited --concurrency 64 --max-attempts 12 --timeout 3s",
        seed: 11,
    })
    .await;
    eprintln!("{sum:#?}");
}
