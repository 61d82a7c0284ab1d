//! Claiming: the next users of a job, with the intents of their first writes made durable at once.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::{Effect, Entry, Fact, Line, Means, Need, Operation, Timestamp};
use crate::engine::context::Context;
use crate::engine::course::{Course, Step};
use crate::port::{Directory, Journal, JournalError, Subject};

/// How old a look may be, where the write follows from it.
const FRESH: Duration = Duration::from_mins(1);

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
    let means = context.settings.means;
    let mut intents = Vec::new();
    let mut subjects = Vec::with_capacity(page.len());
    for subject in page {
        let operations = operations(&subject, means, at);
        let course = Course::new(
            context.settings.max_attempts,
            subject.attempts,
            subject.effect == Effect::Maybe,
            operations.is_some(),
            subject.goal.gone,
        );
        let first = operations.filter(|_| course.first() == Step::Write);
        let begun = first.is_some();
        if let Some(operations) = first {
            let portion = means.portion(&operations);
            let request = context
                .directory
                .write_request(&subject.user, portion, None);
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

/// The first write for a user; `None` for whoever is to be read first: nobody has seen what the user
/// has (P11), the look is too old, the write is made from what is read right before, or nothing, or
/// nothing possible, seems to be left to do.
fn operations(subject: &Subject, means: Means, now: Timestamp) -> Option<Vec<Operation>> {
    let seen = subject.before.as_ref()?;
    let is_fresh = now.since(seen.at).is_some_and(|age| age <= FRESH);
    if means.from_read || (subject.goal.needs_fresh_look() && !is_fresh) {
        return None;
    }
    match subject.goal.need(&seen.state, means, subject.effect) {
        Need::Write(operations) => Some(operations),
        Need::Nothing | Need::Refused(..) => None,
    }
}
