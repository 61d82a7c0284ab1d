//! Plan, run, verify, undo: on every server.

use super::program::{By, Job, count};
use super::server::{Kind, Server};
use super::tenant::{Access, Shown, Tenant};
use crate::support::finish;

/// Users at the server: eleven of them are in the roster, and ten of these have something to lose.
pub(super) const USERS: usize = 12;
pub(super) const LEAVERS: usize = USERS - 1;
pub(super) const TO_WRITE: usize = LEAVERS - 1;

/// All users of the roster lose everything, and no other user is touched. Returns the report.
pub(super) async fn lose(job: &Job<'_>, by: By) -> String {
    let tenant = job.tenant;
    let bystander = tenant.bystander().await;
    job.roster(by);
    let ran = job.run(TO_WRITE).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let nothing = Shown {
        active: false,
        access: Vec::new(),
    };
    for (id, shown) in tenant.leavers().iter().zip(tenant.all_shown().await) {
        assert_eq!(shown, nothing, "{id}: {ran:?}");
    }
    assert_eq!(
        tenant.bystander().await,
        bystander,
        "a stranger was touched"
    );
    let report = job.report().await;
    assert_eq!(count(&report, "removed"), TO_WRITE, "{report}");
    assert_eq!(count(&report, "already"), 1, "{report}");
    report
}

async fn tenant(kind: Kind, access: Access) -> Option<Tenant> {
    let server = Server::start(kind).await?;
    Some(Tenant::seed(server, access, USERS).await)
}

/// The whole job; nothing, if the server is not installed.
async fn whole_job(kind: Kind, access: Access, profile: &str, by: By) {
    let Some(tenant) = tenant(kind, access).await else {
        return;
    };
    let job = Job {
        tenant: &tenant,
        profile,
        base: &tenant.server.base,
        change: "--disable --remove-access",
    };
    let before = tenant.all_shown().await;
    job.roster(by);
    let mut plan = job.command("plan");
    plan.arg("leavers.csv").args(job.change.split_whitespace());
    let ran = finish(plan).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(tenant.all_shown().await, before, "a plan wrote something");

    lose(&job, by).await;

    let ran = job.verb("verify", &[]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = job
        .verb("undo", &["--confirm", &TO_WRITE.to_string()])
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(tenant.all_shown().await, before, "{ran:?}");
    // What was given back is compared with what the undo left, and said to be undone.
    let ran = job.verb("verify", &["latest"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("undone by job"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn the_strictest_server_by_id() {
    whole_job(Kind::Scim2, Access::Entitlements, "rfc7644", By::Id).await;
}

#[apply(end_to_end!)]
async fn p2_the_server_itself_has_on_disk_what_is_claimed() {
    let Some(tenant) = tenant(Kind::Scim2, Access::Entitlements).await else {
        return;
    };
    let job = Job {
        tenant: &tenant,
        profile: "rfc7644",
        base: &tenant.server.base,
        change: "--disable --remove-access",
    };
    lose(&job, By::Id).await;
    // What the server itself writes down, apart from all HTTP.
    let (leavers, server) = (tenant.leavers().to_vec(), tenant.server);
    let dump = server.dump();
    assert_eq!(dump.len(), USERS);
    let mut lost = 0;
    for user in dump {
        let is_leaver = leavers.iter().any(|id| user["id"] == id.as_str());
        let shown = super::tenant::shown(&user, Access::Entitlements);
        assert_eq!(shown.active, !is_leaver, "{user}");
        assert_eq!(shown.access.is_empty(), is_leaver, "{user}");
        lost += usize::from(is_leaver);
    }
    assert_eq!(lost, LEAVERS);
}

#[apply(end_to_end!)]
async fn the_strictest_server_by_name() {
    whole_job(Kind::Scim2, Access::Entitlements, "rfc7644", By::Name).await;
}

#[apply(end_to_end!)]
async fn a_server_that_takes_put_only() {
    whole_job(
        Kind::Scim2WithoutPatch,
        Access::Entitlements,
        "rfc7644-put",
        By::Id,
    )
    .await;
}

#[apply(end_to_end!)]
async fn a_server_whose_users_have_groups() {
    whole_job(Kind::Django, Access::Groups, "django-scim2", By::Id).await;
}

#[apply(end_to_end!)]
async fn a_server_whose_users_have_groups_by_name() {
    whole_job(Kind::Django, Access::Groups, "django-scim2", By::Name).await;
}

#[apply(end_to_end!)]
async fn a_server_that_answers_nothing_to_what_changes_nothing() {
    whole_job(Kind::Scimmy(&[]), Access::Entitlements, "scimmy", By::Id).await;
}

#[apply(end_to_end!)]
async fn a_server_on_which_names_are_found_in_the_list() {
    whole_job(Kind::Scimmy(&[]), Access::Entitlements, "scimmy", By::Name).await;
}
