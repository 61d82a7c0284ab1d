//! Claiming: the next users of a job, with the intents of their first writes made durable at once.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::domain::{Entry, Fact, Line};
use crate::engine::context::Context;
use crate::engine::course::{Course, Step};
use crate::port::{Directory, Journal, JournalError, Subject};

/// The next users, in the order of their lines.
pub(super) struct Claimed {
    /// Each with whether the intent of the first write is durable.
    pub(super) subjects: Vec<(Subject, bool)>,
    /// Whether there may be more.
    pub(super) more: bool,
}

/// Reads the next users and makes the intents of their first writes durable, in one commit. Who is
/// read first has no intent yet.
pub(super) async fn claim<D: Directory, J: Journal>(
    context: Arc<Context<D, J>>,
    halt: CancellationToken,
    after: Line,
    limit: usize,
) -> Result<Claimed, JournalError> {
    let page = context.journal.page(after, limit).await?;
    if halt.is_cancelled() {
        // A stop was asked for meanwhile: they stay as they are.
        return Ok(Claimed {
            subjects: Vec::new(),
            more: true,
        });
    }
    let more = page.len() == limit;
    let at = context.settings.clock.now();
    let mut intents = Vec::new();
    let mut subjects = Vec::with_capacity(page.len());
    for subject in page {
        let course = Course::new(
            context.settings.max_attempts,
            subject.attempts,
            subject.in_doubt,
        );
        let begun = course.first() == Step::Write;
        if begun {
            let request = context
                .directory
                .write_request(&subject.user, context.change);
            intents.push(Entry {
                line: subject.line,
                at,
                fact: Fact::Begun {
                    attempt: subject.attempts + 1,
                    request: request.to_string(),
                },
            });
        }
        subjects.push((subject, begun));
    }
    if !intents.is_empty() {
        context.journal.record(intents).await?;
    }
    Ok(Claimed { subjects, more })
}
