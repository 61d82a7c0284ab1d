//! What single servers do otherwise than others: each is a setting of a profile, or does no harm.

use std::path::PathBuf;

use super::program::{By, Job, count};
use super::server::{Kind, Server};
use super::tenant::{Access, Tenant};
use super::whole_job::{TO_WRITE, USERS, lose};
use crate::support::finish;

const BOTH: &str = "--disable --remove-access";

async fn tenant(kind: Kind) -> Option<Tenant> {
    let server = Server::start(kind).await?;
    Some(Tenant::seed(server, Access::Entitlements, USERS).await)
}

fn job<'a>(tenant: &'a Tenant, profile: &'a str, change: &'a str) -> Job<'a> {
    Job {
        tenant,
        profile,
        base: &tenant.server.base,
        change,
    }
}

/// A profile of our own: the built-in generic one with another dialect.
fn profile(tenant: &Tenant, write: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/profiles");
    let text = std::fs::read_to_string(folder.join("rfc7644.toml")).unwrap();
    let (before, _) = text.split_once("[scim.write]").unwrap();
    let path = tenant.server.dir.path().join("own.toml");
    std::fs::write(&path, format!("{before}[scim.write]\n{write}\n")).unwrap();
    path
}

#[apply(end_to_end!)]
async fn p7_a_filter_that_is_ignored_touches_no_stranger() {
    let Some(tenant) = tenant(Kind::Scimmy(&["--ignore-filter"])).await else {
        return;
    };
    // This profile searches names, and the server answers each search with all users.
    lose(&job(&tenant, "rfc7644", BOTH), By::Name).await;
}

#[apply(end_to_end!)]
async fn what_a_server_does_not_support_is_reported_and_harms_no_user() {
    let Some(tenant) = tenant(Kind::Scim2WithoutPatch).await else {
        return;
    };
    let job = job(&tenant, "rfc7644", BOTH);
    job.roster(By::Id);
    let before = tenant.all_shown().await;
    let ran = job.run(TO_WRITE).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert_eq!(tenant.all_shown().await, before);
    let report = job.report().await;
    assert_eq!(count(&report, "unsupported"), TO_WRITE, "{report}");
}

#[apply(end_to_end!)]
async fn one_user_takes_two_requests_where_the_profile_says_so() {
    let Some(tenant) = tenant(Kind::Scim2).await else {
        return;
    };
    let own = profile(
        &tenant,
        r#"together = false
        disable = [{ op = "Replace", value = { active = false } }]
        remove-access = [{ op = "Replace", path = "entitlements", value = [] }]"#,
    );
    let own = own.display().to_string();
    let job = job(&tenant, &own, BOTH);
    let report = lose(&job, By::Id).await;
    // The report counts the writes that were sent: one for each part.
    let header = report.lines().next().unwrap();
    let at = header
        .split(',')
        .position(|name| name == "\"attempts\"")
        .unwrap();
    let attempts = report
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(at).unwrap());
    assert_eq!(
        attempts.filter(|cell| *cell == "\"2\"").count(),
        TO_WRITE,
        "{report}"
    );
}

#[apply(end_to_end!)]
async fn one_of_several_pieces_of_access_is_taken() {
    let Some(tenant) = tenant(Kind::Scim2).await else {
        return;
    };
    let job = job(&tenant, "rfc7644", "--from-workspace ws1");
    job.roster(By::Id);
    let ran = job.run(TO_WRITE).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for (number, shown) in tenant.all_shown().await.iter().enumerate() {
        let is_gone = number == TO_WRITE;
        assert_eq!(shown.active, !is_gone);
        assert_eq!(shown.access, if is_gone { vec![] } else { vec!["ws2"] });
    }
}

#[apply(end_to_end!)]
async fn p7_no_user_is_deleted_unless_profile_and_flag_both_say_so() {
    let Some(tenant) = tenant(Kind::Scim2).await else {
        return;
    };
    let timid = job(&tenant, "scimmy", "--delete");
    timid.roster(By::Id);
    let ran = timid.run(TO_WRITE).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.stderr.contains("does not allow users to be deleted"),
        "{ran:?}"
    );

    let bold = job(&tenant, "rfc7644", "--delete");
    let mut unconfirmed = bold.command("run");
    unconfirmed.args(["leavers.csv", "--delete"]);
    let ran = finish(unconfirmed).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(
        ran.stderr.contains("deletes, which nothing can take back"),
        "{ran:?}"
    );

    let bystander = tenant.bystander().await;
    let all = tenant.leavers().len();
    let ran = bold.run(all).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for id in tenant.leavers() {
        assert_eq!(tenant.whole(id).await.0, 404);
    }
    assert_eq!(tenant.bystander().await, bystander);
    let report = bold.report().await;
    assert_eq!(count(&report, "removed"), all, "{report}");
    let ran = bold.verb("verify", &[]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // There is no way back, and that is said.
    let ran = bold.verb("undo", &["--confirm", "1"]).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.stderr.contains("no request can give them back"),
        "{ran:?}"
    );
}

#[apply(end_to_end!)]
async fn p7_access_that_a_profile_cannot_see_is_not_called_removed() {
    let Some(tenant) = tenant(Kind::Scim2).await else {
        return;
    };
    let job = job(&tenant, "slack", BOTH);
    job.roster(By::Id);
    let ran = job.run(TO_WRITE).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.stderr.contains("`--disable` is all there is"),
        "{ran:?}"
    );
}
