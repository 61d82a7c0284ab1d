//! The loop that people write: an HTTP client, some tasks, a PATCH for each user, and nothing that is kept.
//! It runs as a process of its own, so that it is measured like the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use crate::bench_server::user_id;
use crate::{Failed, IN_FLIGHT};

/// Disables a user and removes all workspaces, as the job does that is compared.
const PATCH: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]}"#;

/// Writes all users of the server once.
pub(crate) fn run(base: &str, users: usize) -> Result<(), Failed> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(write_all(base, users))
}

/// Writes the users 1 to `users`, [`IN_FLIGHT`] at a time.
async fn write_all(base: &str, users: usize) -> Result<(), Failed> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let next = Arc::new(AtomicUsize::new(1));
    let mut tasks = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (client, base, next) = (client.clone(), base.to_owned(), Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > users {
                    return Ok::<_, reqwest::Error>(());
                }
                let answer = client
                    .patch(format!("{base}/Users/{}", user_id(number)))
                    .header("authorization", "Bearer benchmark")
                    .header("content-type", "application/scim+json")
                    .body(PATCH)
                    .send()
                    .await?;
                answer.error_for_status()?.bytes().await?;
            }
        });
    }
    for done in tasks.join_all().await {
        done?;
    }
    Ok(())
}
