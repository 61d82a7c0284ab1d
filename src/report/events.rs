//! `events.jsonl`: every event of the job, in order, with its hash. What is hashed is described in
//! [`crate::domain::link`] and in the bundle's README.txt.
//!
//! A line is the event's text with one member put before the others, so that taking that member away
//! gives the exact bytes back:
//!
//! ```text
//! {"hash":"<64 hexadecimal digits>","seq":7,"at":…}
//! {"hash":"","seq":null,"at":…}                          stored before there were chains
//! {"hash":"<of the original>","masked":true,"seq":8,…}   names and addresses are masked
//! ```

use std::io::Write;

use futures_util::future::join;

use crate::ledger::{Job, Pages, Reader, StoredEvent};
use crate::report::ReportError;
use crate::report::mask::{NamesByLine, Privacy};

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct WrittenEvents {
    /// Events in all.
    pub(super) events: u64,
    /// Of these, the ones that are not in the chain.
    pub(super) unchained: u64,
    /// Of these, the ones whose texts are masked.
    pub(super) masked: u64,
}

/// Writes all events of a job.
pub(super) async fn write(
    reader: &mut Reader,
    job: &Job,
    privacy: Privacy,
    mut file: impl Write,
) -> Result<WrittenEvents, ReportError> {
    let mut written = WrittenEvents::default();
    let mut pages = Pages::of_events();
    let mut text = String::new();
    let mut next = pages
        .next(async |after, limit| reader.events(job, after, limit).await)
        .await?;
    while let Some(page) = next {
        let names = names(reader, job, privacy, &page).await?;
        // SQLite's thread reads the next page while this one is written.
        let read = pages.next(async |after, limit| reader.events(job, after, limit).await);
        let write = async {
            text.clear();
            for event in &page {
                let body = privacy.body(event, &names);
                written.events += 1;
                written.unchained += u64::from(event.hash.is_none());
                written.masked += u64::from(body.is_some());
                push_line(&mut text, event, body.as_deref());
            }
            file.write_all(text.as_bytes())
        };
        let (following, done) = join(read, write).await;
        done?;
        next = following?;
    }
    file.flush()?;
    Ok(written)
}

/// Adds one line, with its line feed.
fn push_line(lines: &mut String, event: &StoredEvent, masked: Option<&str>) {
    let text = match masked {
        None => event.text(),
        Some(body) => event.text_with(body),
    };
    let hash = event.hash.as_deref().unwrap_or_default();
    let mark = if masked.is_some() {
        "\"masked\":true,"
    } else {
        ""
    };
    for piece in ["{\"hash\":\"", hash, "\",", mark, &text[1..], "\n"] {
        lines.push_str(piece);
    }
}

/// The names of the lines that these events are about.
async fn names(
    reader: &mut Reader,
    job: &Job,
    privacy: Privacy,
    events: &[StoredEvent],
) -> Result<NamesByLine, ReportError> {
    if !privacy.is_masked() {
        return Ok(NamesByLine::default());
    }
    let mut lines: Vec<_> = events.iter().filter_map(|event| event.line).collect();
    lines.sort_unstable();
    lines.dedup();
    Ok(NamesByLine::of(&reader.lines_at(job, &lines).await?))
}
