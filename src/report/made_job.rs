//! A small job in a ledger of its own, for tests of this room.

use crate::domain::{Clock, IdRule, Timestamp, UserId};
use crate::ledger::{Job, Ledger, Names, NewJob, NewLine, Reader, Unusable};

/// A job with a line for each of these ids, from line 2 on. An empty id makes an invalid line.
pub(super) async fn made_job(ids: &[&str]) -> (tempfile::TempDir, Reader, Job) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let clock = Clock::Fixed(Timestamp::from_millis(1_900_000_000_000));
    let mut ledger = Ledger::open(&path, clock).await.unwrap();
    let new = NewJob {
        key: "key".into(),
        target: "https://scim.example.com/".into(),
        change: "disable".parse().unwrap(),
        roster_path: "/r.csv".into(),
        roster_digest: "digest".into(),
        roster_header: vec!["User".into()],
        ids: IdRule::Exact,
        reading: serde_json::Value::Null,
        parent: None,
    };
    let mut loading = ledger.load(&new).await.unwrap();
    for (line, id) in (2..).zip(ids) {
        let names = if id.is_empty() {
            Names::NoUser(Unusable {
                reason: "empty",
                detail: "empty id".to_owned(),
            })
        } else {
            Names::Id(UserId::new(*id))
        };
        let line = NewLine {
            line,
            names,
            user_name: None,
            goal: None,
            cells: vec![(*id).to_owned()],
        };
        loading.push(line).await.unwrap();
    }
    let job = loading.commit().await.unwrap().job;
    let reader = ledger.reader().await.unwrap();
    (dir, reader, job)
}
