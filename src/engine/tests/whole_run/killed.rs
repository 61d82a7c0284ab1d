//! P3 and P4: a run may be killed at any instant.

use proptest::prelude::*;

use crate::domain::{Division, Door, Fact, IdRule, Means, ProtectList, RequestKind, Status};
use crate::engine::scripted::{Behaviour, Cut, RunPlan, ScriptedRequest, TestJob};

/// The number of requests of one kind for one user that may fail. Later requests succeed.
const TROUBLE: u32 = 6;

fn seeded(seed: u64) -> impl Fn(ScriptedRequest<'_>) -> Behaviour + Send + Sync + 'static {
    move |ask| {
        if ask.nth > TROUBLE {
            return Behaviour::Confirm;
        }
        let user: u64 = ask.user[1..].parse().unwrap();
        let kind = u64::from(ask.kind == RequestKind::Read);
        let place = (user << 32) | (u64::from(ask.nth) << 1) | kind;
        let mut random = fastrand::Rng::with_seed(seed ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Behaviour::any(random.u64(..))
    }
}

/// What happens to a run: mostly a kill, otherwise a stop or a journal that fails.
fn hurdles() -> impl Strategy<Value = Vec<RunPlan>> {
    let hurdle = (0..6, 1_u64..30, 0_u64..60).prop_map(|(place, at, millis)| {
        let mut plan = RunPlan::default();
        match place {
            0 => plan.cut = Some(Cut::BeforeRecord(at)),
            1 => plan.cut = Some(Cut::AfterRecord(at)),
            2 => plan.cut = Some(Cut::BeforeSend(at)),
            3 => plan.cut = Some(Cut::AfterSend(at)),
            4 => plan.fail_at = Some(at),
            _ => plan = RunPlan::interrupted(&[at * millis, at * millis + millis]),
        }
        plan
    });
    proptest::collection::vec(hurdle, 0..=3)
}

/// The ways to write one user: with one request or several, computed from a fresh read or not.
fn means() -> impl Strategy<Value = Means> {
    let division = proptest::sample::select(vec![
        Division::Together,
        Division::ByAttribute,
        Division::ByWorkspace,
    ]);
    (division, any::<bool>()).prop_map(|(division, from_read)| Means {
        ids: IdRule::Exact,
        most_workspaces: 50,
        division,
        from_read,
    })
}

/// Runs that something happens to, then as many runs as the job needs.
///
/// The first run knows of no protection; the later ones do.
async fn to_the_end(job: &TestJob, plan: &RunPlan, hurdles: &[RunPlan]) {
    for (nth, hurdle) in hurdles.iter().enumerate() {
        let RunPlan {
            concurrency,
            max_attempts,
            seed,
            means,
            ..
        } = *plan;
        let door = if nth == 0 {
            Door::default()
        } else {
            plan.door.clone()
        };
        let plan = RunPlan {
            concurrency,
            max_attempts,
            seed,
            means,
            door,
            ..hurdle.clone()
        };
        job.run(&plan).await;
        job.check(max_attempts);
    }
    for _ in 0..100 {
        let ran = job.run(plan).await;
        job.check(plan.max_attempts);
        let open = job.statuses().iter().filter(|it| it.is_open()).count();
        let ending = ran.ending();
        if ending.stopped.is_none() {
            let claimed = job.statuses().contains(&Status::Claimed);
            let pending = job.statuses().contains(&Status::Pending);
            assert!(!claimed && !pending, "left behind: {:?}", job.statuses());
            assert_eq!(ending.snapshot.done, ending.snapshot.users);
        }
        if open == 0 {
            return;
        }
    }
    panic!("no end: {:?}", job.rows());
}

fn on_paused_time<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

/// Each user has one outcome, no fact follows it, and all users together are the job.
fn one_outcome_each(job: &TestJob, users: u64) {
    let rows = job.rows();
    assert_eq!(u64::try_from(rows.len()), Ok(users));
    for row in &rows {
        let closing = |fact: &Fact| match fact {
            Fact::Settled(settlement) => !settlement.outcome.status().is_open(),
            _ => false,
        };
        assert_eq!(row.facts.iter().filter(|fact| closing(fact)).count(), 1);
        assert!(closing(row.facts.last().unwrap()), "{row:?}");
    }
    let count = |status: &Status| rows.iter().filter(|row| row.status == *status).count();
    assert_eq!(Status::ALL.iter().map(count).sum::<usize>(), rows.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]
    #[test]
    fn p3_any_kill_and_any_failures_end_with_one_outcome_for_each_user(
        seed: u64,
        seen: bool,
        protected in proptest::option::of(2_u64..6),
        users in 1_u64..=12,
        concurrency in 1_usize..=8,
        max_attempts in 1_u32..=4,
        hurdles in hurdles(),
        means in means(),
    ) {
        let patterns = protected.map(|line| format!("u{line}@x.com"));
        let door = Door {
            protected: ProtectList::new(patterns.as_deref()),
            ..Door::default()
        };
        let plan = RunPlan { concurrency, max_attempts, seed, means, door, ..RunPlan::default() };
        on_paused_time(async {
            let job = TestJob::new(users, seeded(seed)).named(seen);
            to_the_end(&job, &plan, &hurdles).await;
            one_outcome_each(&job, users);
            for row in job.rows() {
                // Only a kill or a stop can cost an attempt that the server never saw, unless a read comes
                // first, which may be refused.
                let written = job.person(row.user.as_str()).writes > 0;
                let is_barred = row.status == Status::Protected;
                let may_be_refused = means.from_read || !seen || !hurdles.is_empty();
                assert!(written || is_barred || may_be_refused, "never written: {row:?}");
                let is_listed = protected.is_some_and(|line| row.user.as_str() == format!("u{line}"));
                assert!(is_listed || !is_barred, "{row:?}");
            }
        });
    }
}

/// A kill at each call of a small job, one after the other.
#[tokio::test(start_paused = true)]
async fn p3_a_kill_at_every_single_call() {
    for place in [
        Cut::BeforeRecord,
        Cut::AfterRecord,
        Cut::BeforeSend,
        Cut::AfterSend,
    ] {
        for at in 1..40 {
            let job = TestJob::new(6, |ask| match ask.nth {
                1 => Behaviour::Fail,
                _ => Behaviour::Confirm,
            });
            let plan = RunPlan {
                concurrency: 2,
                ..RunPlan::default()
            };
            let killed = RunPlan {
                cut: Some(place(at)),
                ..RunPlan::default()
            };
            to_the_end(&job, &plan, &[killed]).await;
            one_outcome_each(&job, 6);
            for row in job.rows() {
                assert_eq!(row.status, Status::Removed, "{:?}", place(at));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p4_after_a_kill_between_send_and_record_the_user_is_read_first() {
    for applied in [true, false] {
        let job = TestJob::new(1, move |ask| match (ask.kind, ask.nth) {
            (RequestKind::Write, 1) if !applied => Behaviour::Lost,
            _ => Behaviour::Confirm,
        });
        let killed = RunPlan {
            cut: Some(Cut::AfterSend(1)),
            ..RunPlan::default()
        };
        assert!(job.run(&killed).await.result.is_none());
        assert_eq!(job.statuses(), [Status::Claimed]);
        job.run(&RunPlan::default()).await;
        let kinds: Vec<_> = job.arrivals().iter().map(|it| it.kind).collect();
        let (read, write) = (RequestKind::Read, RequestKind::Write);
        if applied {
            assert_eq!(kinds, [write, read]);
        } else {
            assert_eq!(kinds, [write, read, write]);
        }
        assert_eq!(job.statuses(), [Status::Removed]);
        job.check(3);
    }
}
