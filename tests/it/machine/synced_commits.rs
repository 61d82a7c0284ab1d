//! The ledger is on the disk, and not only in the memory of the operating system, before anything is based on
//! it: each commit is synced, and each write leaves after the sync of its intent.

use std::collections::HashMap;
use std::path::Path;

use crate::support::{Bed, Step, SyscallTrace, finish};

/// The length of a frame header in SQLite's write-ahead log: <https://www.sqlite.org/fileformat2.html#walformat>.
const FRAME_HEADER: usize = 24;

/// A transaction in the write-ahead log.
#[derive(Debug)]
struct Commit {
    /// The pages that it changed, one after the other.
    pages: Vec<u8>,
    /// The record of its first byte.
    first: usize,
    /// The record of its last byte.
    last: usize,
    /// The record in which the sync ended that has brought it to the disk.
    synced: Option<usize>,
}

/// All transactions of a trace, in their order.
fn commits(steps: &[Step]) -> Vec<Commit> {
    let mut commits: Vec<Commit> = Vec::new();
    let (mut pages, mut first) = (Vec::new(), None);
    let (mut is_header, mut is_last) = (false, false);
    let mut sync_began = None;
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Wrote { file, bytes } if is_log(file) => {
                if std::mem::take(&mut is_header) {
                    pages.extend_from_slice(bytes);
                    if is_last {
                        commits.push(Commit {
                            pages: std::mem::take(&mut pages),
                            first: first.take().unwrap_or(at),
                            last: at,
                            synced: None,
                        });
                    }
                } else if bytes.len() == FRAME_HEADER {
                    is_header = true;
                    first = first.or(Some(at));
                    // The size of the database after the commit, which only the last frame of a commit has.
                    is_last = bytes[4..8] != [0; 4];
                }
            }
            Step::SyncBegan(file) if is_log(file) => sync_began = Some(at),
            Step::SyncEnded(file) if is_log(file) => {
                let began = sync_began.take();
                let covered = commits.iter_mut().rev();
                for commit in covered.take_while(|commit| commit.synced.is_none()) {
                    if began.is_some_and(|began| commit.last < began) {
                        commit.synced = Some(at);
                    }
                }
            }
            _ => {}
        }
    }
    commits
}

/// True for the write-ahead log of the ledger.
fn is_log(file: &Path) -> bool {
    file.ends_with("ledger.db-wal")
}

/// The commit that holds the intent of each user first.
fn intents(commits: &[Commit]) -> HashMap<String, &Commit> {
    let mut first = HashMap::new();
    for commit in commits {
        let text = String::from_utf8_lossy(&commit.pages);
        for (at, start) in text.match_indices("PATCH /Users/") {
            let rest = &text[at + start.len()..];
            if let Some((user, _)) = rest.split_once(' ') {
                first.entry(user.to_owned()).or_insert(commit);
            }
        }
    }
    first
}

/// The users whose PATCH requests were sent, each with the record of the first bytes of the request.
fn writes(steps: &[Step]) -> Vec<(usize, String)> {
    let user_of = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let (path, _) = text.strip_prefix("PATCH ")?.split_once(' ')?;
        Some(path.rsplit('/').next()?.to_owned())
    };
    let sent = steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| match step {
            Step::Sends(bytes) => Some((at, user_of(bytes)?)),
            _ => None,
        });
    sent.collect()
}

/// The trace of a whole job.
async fn trace_of_a_job(users: usize, concurrency: usize) -> Vec<Step> {
    let bed = Bed::faulty(users, "").await;
    let flags = format!("--rate unlimited --concurrency {concurrency}");
    let mut command = bed.command(&flags);
    let trace = SyscallTrace::of(&mut command, bed.dir.path());
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed.all_are_removed().await;
    trace.steps()
}

#[apply(end_to_end!)]
async fn each_commit_is_synced_before_the_next_begins() {
    let steps = trace_of_a_job(200, 8).await;
    let commits = commits(&steps);
    // At most 8 intents are stored together, since at most 8 users are written at a time.
    assert!(commits.len() >= 200 / 8, "{}", commits.len());
    let next = commits.iter().skip(1).map(|next| next.first);
    for (commit, next) in commits.iter().zip(next.chain([steps.len()])) {
        let synced = commit.synced.is_some_and(|at| at < next);
        assert!(
            synced,
            "last byte {}, synced {:?}, next {next}",
            commit.last, commit.synced
        );
    }
    let is_sync = |step: &&Step| matches!(step, Step::SyncEnded(file) if is_log(file));
    let syncs = steps.iter().filter(is_sync).count();
    assert!(
        syncs >= commits.len(),
        "{syncs} syncs, {} commits",
        commits.len()
    );
}

#[apply(end_to_end!)]
async fn p1_each_write_leaves_after_its_intent_is_on_the_disk() {
    for concurrency in [1, 16] {
        let steps = trace_of_a_job(200, concurrency).await;
        let commits = commits(&steps);
        let intents = intents(&commits);
        let writes = writes(&steps);
        assert_eq!(writes.len(), 200);
        for (sent, user) in writes {
            let synced = intents[&user].synced;
            assert!(
                synced.is_some_and(|at| at < sent),
                "{user}: synced {synced:?}, sent {sent}"
            );
        }
    }
}
