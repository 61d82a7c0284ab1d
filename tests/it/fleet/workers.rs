//! Workers: jobs that are left to them, and what becomes of these.

use rustix::process::Signal;

use crate::fleet::fleet_bed::{FleetBed, TenantKind};
use crate::fleet::in_postgres::{in_postgres, psql};
use crate::support::{Bed, PATIENCE, Running, ended_with, finish};

/// Slow enough to be interrupted, with leases of two seconds and a half.
const STEADY: TenantKind<'_> = TenantKind {
    users: 60,
    faults: "",
    settings: "rate = \"30/s\"\nburst = 1\nheartbeat = \"500ms\"\ntimeout = \"1s\"\nconcurrency = 4\n",
};

const FAST: TenantKind<'_> = TenantKind {
    settings: "rate = \"unlimited\"\n",
    ..STEADY
};

#[apply(end_to_end!)]
async fn p1_workers_do_what_is_left_to_them_each_tenant_at_its_own_pace() {
    in_postgres(async {
        let bed = FleetBed::new(3, STEADY).await;
        let workers = [bed.start_worker().await, bed.start_worker().await];
        bed.leave_all().await;
        bed.all_are_settled(PATIENCE).await;
        bed.holds().await;
        bed.keeps_the_rate(30.0, 5.0);
        for mut worker in workers {
            worker.signal(Signal::TERM);
            let ran = worker.end().await;
            ended_with(&ran, 0, &["draining"]);
        }
        // Who has ordered it, and on which grounds, is in the record of the run.
        let status = finish(bed.offboard(&["status", "--json"])).await;
        let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
        assert_eq!(status["order"]["state"], "done", "{status}");
        assert_eq!(status["order"]["users"], 60, "{status}");
    })
    .await;
}

#[apply(end_to_end!)]
async fn p3_a_worker_that_is_killed_is_taken_over_by_another_one() {
    in_postgres(async {
        let bed = FleetBed::new(2, STEADY).await;
        let first = bed.start_worker().await;
        bed.leave_all().await;
        bed.reaches(20).await;
        first.kill().await;
        let _second = bed.start_worker().await;
        bed.all_are_settled(PATIENCE).await;
        bed.holds().await;
    })
    .await;
}

#[apply(end_to_end!)]
async fn p3_a_worker_drains_at_sigterm_and_the_next_one_goes_on_at_once() {
    in_postgres(async {
        let bed = FleetBed::new(2, STEADY).await;
        let mut first = bed.start_worker().await;
        bed.leave_all().await;
        bed.reaches(20).await;
        first.signal(Signal::TERM);
        let ran = first.end().await;
        ended_with(&ran, 0, &["draining", "left to other workers"]);
        // The leases were given back: `status` names nobody.
        let status = finish(bed.offboard(&["status"])).await;
        assert!(status.stdout.contains("; waiting"), "{status:?}");
        assert!(!status.stdout.contains("in use by"), "{status:?}");
        let _second = bed.start_worker().await;
        bed.all_are_settled(PATIENCE).await;
        bed.holds().await;
    })
    .await;
}

#[apply(end_to_end!)]
async fn p3_workers_wait_for_a_database_that_is_away() {
    in_postgres(async {
        let bed = FleetBed::new(2, STEADY).await;
        let mut worker = bed.start_worker().await;
        bed.leave_all().await;
        let (name, server) = {
            let (server, name) = bed.database.rsplit_once('/').unwrap();
            (name.to_owned(), format!("{server}/postgres"))
        };
        for users in [15, 50] {
            bed.reaches(users).await;
            psql(
                &server,
                &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
            )
            .unwrap();
            let cut = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            );
            psql(&server, &cut).unwrap();
            worker.says("the database is away").await;
            psql(
                &server,
                &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"),
            )
            .unwrap();
        }
        bed.all_are_settled(PATIENCE).await;
        bed.holds().await;
        assert!(!worker.has_ended());
    })
    .await;
}

#[apply(end_to_end!)]
async fn a_job_that_is_cancelled_stops_and_can_be_ordered_again() {
    in_postgres(async {
        let bed = FleetBed::new(1, STEADY).await;
        let tenant = &bed.tenants[0];
        // Before a worker has it.
        bed.leave_all().await;
        let cancelled = finish(bed.offboard(&["cancel", "latest"])).await;
        assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
        assert!(
            cancelled.stdout.contains("no worker is at work on it"),
            "{cancelled:?}"
        );
        let mut worker = bed.start_worker().await;
        let again = finish(bed.offboard(&["cancel", "latest"])).await;
        ended_with(&again, 2, &["is cancelled already"]);
        assert_eq!(bed.changed(), 0);
        // In the middle of the work.
        let ordered = finish(bed.leave(tenant)).await;
        assert_eq!(ordered.code, Some(0), "{ordered:?}");
        bed.reaches(10).await;
        let cancelled = finish(bed.offboard(&["cancel", "latest", "--json"])).await;
        assert_eq!(cancelled.code, Some(0), "{cancelled:?}");
        worker.says("left to other workers, or cancelled").await;
        let changed = bed.changed();
        assert!(changed < 60, "{changed}");
        let status = finish(bed.offboard(&["status"])).await;
        assert!(status.stdout.contains("; cancelled: by "), "{status:?}");
        assert!(status.stdout.contains("cancelled 20"), "{status:?}");
        assert!(!status.stdout.contains("in doubt"), "{status:?}");
        // The same command orders the rest.
        let ordered = finish(bed.leave(tenant)).await;
        assert_eq!(ordered.code, Some(0), "{ordered:?}");
        bed.all_are_settled(PATIENCE).await;
        bed.holds().await;
        worker.signal(Signal::TERM);
        ended_with(&worker.end().await, 0, &[]);
    })
    .await;
}

#[apply(end_to_end!)]
async fn each_job_of_a_worker_is_shown_as_what_it_is() {
    in_postgres(async {
        let kind = TenantKind {
            users: 200,
            ..STEADY
        };
        let bed = FleetBed::new(2, kind).await;
        bed.leave_all().await;
        let _worker = bed.start_worker().await;
        bed.reaches(40).await;
        let jobs = bed.jobs().await;
        let lines: Vec<_> = jobs.stdout.lines().collect();
        assert_eq!(lines.len(), 2, "{jobs:?}");
        for line in lines {
            assert!(line.contains(" at work "), "{jobs:?}");
            let job = line.split_whitespace().next().unwrap();
            let status = finish(bed.offboard(&["status", job])).await;
            for words in ["; a worker is at work", "in flight", "/s, "] {
                assert!(status.stdout.contains(words), "{words}: {status:?}");
            }
            assert!(!status.stdout.contains("in doubt"), "{status:?}");
        }
    })
    .await;
}

#[apply(end_to_end!)]
async fn p7_a_person_who_works_on_a_job_has_it_instead_of_the_workers() {
    in_postgres(async {
        let bed = FleetBed::new(1, FAST).await;
        let tenant = &bed.tenants[0];
        bed.leave_all().await;
        // What is planned anew is no longer what was confirmed.
        let plan = ["plan", "latest", "--config", "targets/t00.toml"];
        let planned = finish(bed.offboard(&plan)).await;
        ended_with(&planned, 0, &["with the plan that was confirmed"]);
        // Neither is it given back, or worked on elsewhere, while the workers go on.
        for (args, words) in [
            (
                &["undo", "latest", "--config", "targets/t00.toml"][..],
                "stop them with `offboard cancel`",
            ),
            (
                &["jobs", "copy", "latest", "--to", "copy.db"],
                "stop them with `offboard cancel`",
            ),
        ] {
            ended_with(&finish(bed.offboard(args)).await, 2, &[words]);
        }
        // A run at a terminal takes the job over, and when it ends, nobody goes on by himself.
        let mut run = bed.leave(tenant);
        let args: Vec<_> = run.get_args().map(ToOwned::to_owned).collect();
        run = bed.offboard(&[]);
        run.args(args.iter().filter(|arg| *arg != "--detach"));
        run.args(["--max-duration", "0s"]);
        let ran = finish(run).await;
        ended_with(&ran, 11, &["this run takes it over"]);
        let changed = bed.changed();
        let _worker = bed.start_worker().await;
        let status = finish(bed.offboard(&["status"])).await;
        assert!(
            status.stdout.contains("runs it at a terminal"),
            "{status:?}"
        );
        assert!(status.stdout.contains(" --detach "), "{status:?}");
        assert_eq!(bed.changed(), changed);
        // Three at once leave the same job to the workers: one after the other.
        let three = [(); 3].map(|()| Running::start(bed.leave(tenant)));
        for one in three {
            let ran = one.end().await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
        bed.all_are_settled(PATIENCE).await;
        bed.holds().await;
    })
    .await;
}

#[apply(end_to_end!)]
async fn p10_a_worker_takes_a_secret_only_from_where_its_target_says() {
    in_postgres(async {
        let bed = FleetBed::new(1, FAST).await;
        bed.leave_all().await;
        let path = bed.settings_file("t00");
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, after) = text.split_once("password-file").unwrap();
        let (_, after) = after.split_once('\n').unwrap();
        let without = format!("{before}{after}");
        std::fs::write(&path, &without).unwrap();
        // The variable that one command takes its password from is that of no target.
        let mut command = bed.worker();
        command.env("OFFBOARD_PASSWORD", "sandbox");
        let mut worker = Running::start(command);
        worker.says("no password for a worker").await;
        worker.signal(Signal::TERM);
        worker.end().await;
        assert_eq!(bed.changed(), 0);
        let status = finish(bed.offboard(&["status"])).await;
        assert!(
            status
                .stdout
                .contains("; it is tried again later: no password for a worker"),
            "{status:?}"
        );
        std::fs::write(
            &path,
            format!("{without}\nsecret-variable = \"T00_PASSWORD\"\n"),
        )
        .unwrap();
        let mut again = bed.leave(&bed.tenants[0]);
        again.env("T00_PASSWORD", "sandbox");
        let again = finish(again).await;
        assert_eq!(again.code, Some(0), "{again:?}");
        let mut command = bed.worker();
        command.env("T00_PASSWORD", "sandbox");
        let _worker = Running::start(command);
        bed.all_are_settled(PATIENCE).await;
        bed.holds().await;
        let stored = "SELECT string_agg(orders::text, '') FROM offboard.orders";
        let stored = psql(&bed.database, stored).unwrap();
        assert!(!stored.contains("sandbox"), "{stored}");
    })
    .await;
}

#[apply(end_to_end!)]
async fn p7_the_run_of_a_worker_names_who_has_ordered_it_and_why() {
    in_postgres(async {
        let bed = FleetBed::new(1, FAST).await;
        let mut ordered = bed.leave(&bed.tenants[0]);
        ordered.args(["--ticket", "HR-7", "--reason", "left", "--canary", "3"]);
        let ordered = finish(ordered).await;
        assert_eq!(ordered.code, Some(0), "{ordered:?}");
        let _worker = bed.start_worker().await;
        bed.all_are_settled(PATIENCE).await;
        bed.holds().await;
        let runs = "SELECT concat_ws(', ', operator, ticket, reason) FROM offboard.runs WHERE kind = 'run'";
        let run = psql(&bed.database, runs).unwrap();
        let me = whoami::username().unwrap();
        assert_eq!(run, format!("{me}, HR-7, left"));
        let canary = "SELECT body FROM offboard.events WHERE kind = 'canary_passed'";
        assert!(psql(&bed.database, canary).unwrap().contains('3'));
    })
    .await;
}

#[apply(end_to_end!)]
async fn p7_whom_the_person_or_the_worker_protects_is_not_written() {
    in_postgres(async {
        let bed = FleetBed::new(1, FAST).await;
        let tenant = &bed.tenants[0];
        // Nobody is looked up, and the roster has no names: they are seen right before the write alone.
        let ids = tenant.people.iter().map(|person| person.id.as_str());
        let roster = ["User ID"].into_iter().chain(ids).collect::<Vec<_>>();
        std::fs::write(bed.path("t00.csv"), roster.join("\n")).unwrap();
        let [by_person, by_worker] = [5, 6].map(|nth| tenant.people[nth].user_name.clone());
        let mut ordered = bed.leave(tenant);
        ordered.args(["--no-lookup", "--protect", &by_person]);
        let ordered = finish(ordered).await;
        assert_eq!(ordered.code, Some(0), "{ordered:?}");
        let path = bed.settings_file("t00");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}protect = [\"{by_worker}\"]\n")).unwrap();
        let _worker = bed.start_worker().await;
        bed.all_are_settled(PATIENCE).await;
        for (nth, user) in tenant.books.users().iter().enumerate() {
            let is_protected = [5, 6].iter().any(|one| tenant.people[*one].id == user.id);
            assert_eq!(user.writes_received == 0, is_protected, "{nth}: {user:?}");
        }
        let jobs = bed.jobs().await;
        assert!(jobs.stdout.contains("2 protected"), "{jobs:?}");
    })
    .await;
}

#[apply(end_to_end!)]
async fn p6_a_job_is_ordered_once_the_worker_is_done_with_the_target() {
    in_postgres(async {
        let bed = FleetBed::new(1, STEADY).await;
        let tenant = &bed.tenants[0];
        let _worker = bed.start_worker().await;
        bed.leave_all().await;
        bed.reaches(5).await;
        // Another job of the same tenant: its plan waits for the target.
        let mut second = bed.leave(tenant);
        second.args(["--new", "--confirm", "0"]);
        let mut second = Running::start(second);
        second.says("holds the lease of").await;
        assert!(bed.changed() < 60);
        let second = second.end().await;
        assert_eq!(second.code, Some(0), "{second:?}");
        bed.all_are_settled(PATIENCE).await;
        for user in tenant.books.users() {
            assert_eq!(user.writes_changed, 1, "{user:?}");
        }
        bed.keeps_the_rate(30.0, 5.0);
    })
    .await;
}

#[apply(end_to_end!)]
async fn a_file_has_no_workers() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let detached = finish(bed.run_with(3, "--detach")).await;
    ended_with(
        &detached,
        7,
        &["jobs can be left to workers in a database only"],
    );
    assert!(
        bed.books
            .users()
            .iter()
            .all(|user| user.writes_changed == 0)
    );
    std::fs::create_dir(bed.path("targets")).unwrap();
    let worker = finish(bed.offboard(&["worker", "--targets", "targets"])).await;
    ended_with(&worker, 7, &["--ledger postgres://"]);
}

#[apply(end_to_end!)]
async fn whoever_watches_a_worker_sees_whether_it_works() {
    in_postgres(async {
        let bed = FleetBed::new(1, STEADY).await;
        let mut command = bed.worker();
        command.args([
            "-v",
            "--listen",
            "127.0.0.1:0",
            "--json",
            "--log-format",
            "json",
        ]);
        let mut worker = Running::start(command);
        worker.says("connected to the ledger").await;
        let listens = worker.prints("\"listens\"").await;
        let form: serde_json::Value = serde_json::from_str(&listens).unwrap();
        let address = form["listens"].as_str().unwrap().to_owned();
        let get = async |path: &str| {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let answer = client.get(format!("{address}{path}")).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        assert_eq!(get("/healthz").await, (200, "ok\n".to_owned()));
        assert_eq!(get("/readyz").await.0, 200);
        bed.leave_all().await;
        bed.reaches(10).await;
        let (_, during) = get("/metrics").await;
        assert!(during.contains("offboard_jobs 1\n"), "{during}");
        bed.all_are_settled(PATIENCE).await;
        let (code, after) = get("/metrics").await;
        assert_eq!(code, 200);
        for line in [
            "offboard_requests_total{target=\"t00\"} 60\n",
            "offboard_users_settled_total{target=\"t00\",outcome=\"removed\"} 60\n",
            "offboard_orders_waiting 0\n",
            "# EOF",
        ] {
            assert!(after.contains(line), "{line} is not in {after}");
        }
        worker.signal(Signal::TERM);
        let ran = worker.end().await;
        ended_with(&ran, 0, &[]);
        let mut requests = 0;
        for line in ran.stderr.lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            let (fields, spans) = (&event["fields"], &event["spans"]);
            if fields["message"] == "a request has ended" {
                requests += 1;
                for field in ["roster.line", "attempt", "verdict"] {
                    assert!(!fields[field].is_null(), "{field}: {line}");
                }
                assert_eq!(spans[0]["target"], "t00", "{line}");
                assert!(
                    spans[1]["job"].is_string() && spans[1]["run"].is_string(),
                    "{line}"
                );
            }
        }
        assert_eq!(requests, 60);
    })
    .await;
}
