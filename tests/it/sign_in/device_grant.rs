//! The OAuth device grant: a person approves once, and refresh tokens outlive runs and processes.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use offboard::sandbox::{OAuthRules, Route, SandboxSettings};

use super::setup::{LONG, SHORT, all, bed, done, provider, refused, slowly};
use crate::support::{Bed, Running, finish};

async fn bed_with(users: usize, life: Duration, change: impl FnOnce(&mut OAuthRules)) -> Bed {
    let mut settings: SandboxSettings = provider(users, life);
    change(&mut settings.oauth);
    let bed = Bed::new(settings).await;
    bed.write_roster(&[]);
    bed
}

fn kept(bed: &Bed) -> String {
    std::fs::read_to_string(bed.path("tokens.json")).unwrap_or_default()
}

/// Lets a person see the code, and approve it or not.
async fn decide(bed: &Bed, running: &mut Running, approve: bool) {
    running.says("and type the code ").await;
    assert_eq!(bed.sandbox.decide_codes(approve), 1);
}

#[apply(end_to_end!)]
async fn a_person_approves_once_and_the_token_is_renewed_in_this_run_and_the_next() {
    let bed = bed(40, SHORT).await;
    let mut running = Running::start(slowly(&bed, "oauth-device"));
    decide(&bed, &mut running, true).await;
    let ran = running.end().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed.all_are_removed().await;
    let address = format!("open {}/activate and type", bed.sandbox.auth_url());
    assert!(ran.stderr.contains(&address), "{ran:?}");
    let totals = bed.books.totals();
    assert!(totals.sign_ins == 1 && totals.refreshes >= 2, "{totals:?}");
    let mode = bed
        .path("tokens.json")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    // The tokens rotate: what the next run uses is what the last one left.
    let before = kept(&bed);
    let mut again = all(&bed, "oauth-device");
    again.arg("--new");
    let ran = done(&bed, again).await;
    assert!(!ran.stderr.contains("type the code"), "{ran:?}");
    assert_ne!(kept(&bed), before);
    assert_eq!(bed.books.totals().sign_ins, 1);
}

#[apply(end_to_end!)]
async fn a_refresh_token_that_does_not_rotate_stays() {
    let bed = bed_with(2, LONG, |oauth| oauth.rotation = false).await;
    let mut running = Running::start(all(&bed, "oauth-device"));
    decide(&bed, &mut running, true).await;
    assert_eq!(running.end().await.code, Some(0));
    let before = kept(&bed);
    let mut again = all(&bed, "oauth-device");
    again.arg("--new");
    done(&bed, again).await;
    assert_eq!(kept(&bed), before);
}

#[apply(end_to_end!)]
async fn two_processes_do_not_lose_a_token_that_rotates() {
    let bed = bed(40, SHORT).await;
    let mut running = Running::start(slowly(&bed, "oauth-device"));
    decide(&bed, &mut running, true).await;
    assert_eq!(running.end().await.code, Some(0));

    // Both rotate the same token several times; neither ever finds one that is dead.
    let both = ["one.db", "two.db"].map(|ledger| {
        let mut command = slowly(&bed, "oauth-device");
        command
            .env("OFFBOARD_LEDGER", bed.path(ledger))
            .arg("--no-lookup");
        Running::start(command)
    });
    for running in both {
        let ran = running.end().await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(!ran.stderr.contains("type the code"), "{ran:?}");
    }
    let totals = bed.books.totals();
    assert!(totals.sign_ins == 1 && totals.refreshes >= 6, "{totals:?}");
}

#[apply(end_to_end!)]
async fn a_refresh_token_that_is_dead_leads_to_a_new_code() {
    let bed = bed(2, LONG).await;
    let mut running = Running::start(all(&bed, "oauth-device"));
    decide(&bed, &mut running, true).await;
    assert_eq!(running.end().await.code, Some(0));
    let dead = kept(&bed).replace("rt-", "rt-dead-");
    std::fs::write(bed.path("tokens.json"), dead).unwrap();
    let mut again = all(&bed, "oauth-device");
    again.arg("--new");
    let mut running = Running::start(again);
    decide(&bed, &mut running, true).await;
    assert_eq!(running.end().await.code, Some(0));
    assert!(!kept(&bed).contains("rt-dead-"));
}

#[apply(end_to_end!)]
async fn a_code_that_is_not_approved_ends_the_run_and_fails_no_user() {
    let bed = bed_with(2, LONG, |oauth| {
        oauth.code_life = Duration::from_millis(200);
    })
    .await;
    let words = ["expired", "approve the code in time", "asks for a new one"];
    refused(all(&bed, "oauth-device"), 5, &words).await;
    // Polls kept the interval: the service never had to ask for it.
    let polls = bed.books.requests();
    let polls = polls
        .iter()
        .filter(|request| request.route == Route::OAuthToken);
    assert!(polls.count() <= 4);

    let bed = bed_with(2, LONG, |_| {}).await;
    let mut running = Running::start(all(&bed, "oauth-device"));
    decide(&bed, &mut running, false).await;
    let ran = running.end().await;
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(
        ran.stderr.contains("access_denied: the person declined"),
        "{ran:?}"
    );

    let bed = bed_with(2, LONG, |oauth| oauth.sso = true).await;
    let words = ["Device grant is disabled for SSO users", "by SSO"];
    refused(all(&bed, "oauth-device"), 5, &words).await;
    assert!(bed.books.users().iter().all(|user| user.active));
}

#[apply(end_to_end!)]
async fn a_token_cache_that_is_something_else_is_left_alone() {
    let bed = bed(1, LONG).await;
    std::fs::write(bed.path("tokens.json"), "my notes").unwrap();
    let ran = finish(all(&bed, "oauth-device")).await;
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(ran.stderr.contains("is no token cache"), "{ran:?}");
    assert_eq!(kept(&bed), "my notes");
}
