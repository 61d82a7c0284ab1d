//! Claiming: the next users of a job, with the intents of their first writes made durable at once.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::domain::{Entry, Fact, Line};
use crate::engine::context::Context;
use crate::engine::course::{Course, Step};
use crate::engine::intent::{Decision, Intent, Look, decide};
use crate::port::{Directory, Journal, JournalError, Subject};

/// A user that no unit works for yet.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) subject: Subject,
    /// The first write, whose intent is durable; `None` if the user is read first or not written at all.
    pub(super) intent: Option<Intent>,
}

impl Claim {
    /// Whether the user may be one of those that a run with a limit writes: no write has left yet.
    pub(super) fn is_unwritten(&self) -> bool {
        self.subject.is_new()
    }
}

/// The next users, in the order of their lines.
pub(super) struct Claimed {
    pub(super) claims: Vec<Claim>,
    /// Whether there may be more.
    pub(super) more: bool,
    /// Whether the next user was left unclaimed because no further one may be written now.
    pub(super) at_limit: bool,
}

/// Which users to claim.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// The line after which they come.
    pub(super) after: Line,
    /// How many, at most.
    pub(super) limit: usize,
    /// How many of them may be users that no write has been sent for yet; `None` for all.
    pub(super) unwritten: Option<u64>,
}

/// Reads the next users and makes the intents of their first writes durable, in one commit. Who is
/// read first has no intent yet.
pub(super) async fn claim<D: Directory, J: Journal>(
    context: Arc<Context<D, J>>,
    halt: CancellationToken,
    wanted: Wanted,
) -> Result<Claimed, JournalError> {
    let mut page = context.journal.page(wanted.after, wanted.limit).await?;
    if halt.is_cancelled() {
        // A stop was asked for meanwhile: they stay as they are.
        return Ok(Claimed {
            claims: Vec::new(),
            more: true,
            at_limit: false,
        });
    }
    let full = page.len() == wanted.limit;
    let taken = within(&page, wanted.unwritten);
    let at_limit = taken < page.len();
    page.truncate(taken);
    let at = context.settings.clock.now();
    let mut intents = Vec::new();
    let mut claims = Vec::with_capacity(page.len());
    for subject in page {
        let intent = first_write(&context, &subject);
        if let Some(intent) = &intent {
            intents.push(Entry {
                line: subject.line,
                at,
                fact: Fact::Begun {
                    attempt: subject.attempts + 1,
                    request: intent.request.to_string(),
                },
            });
        }
        claims.push(Claim { subject, intent });
    }
    if !intents.is_empty() {
        context.journal.record(intents).await?;
    }
    Ok(Claimed {
        claims,
        more: full || at_limit,
        at_limit,
    })
}

/// How many of the first users of a page may be claimed, if only so many more may be written.
fn within(page: &[Subject], unwritten: Option<u64>) -> usize {
    let Some(mut left) = unwritten else {
        return page.len();
    };
    let fits = |subject: &&Subject| {
        if !subject.is_new() {
            return true;
        }
        let fits = left > 0;
        left = left.saturating_sub(1);
        fits
    };
    page.iter().take_while(fits).count()
}

/// The first write for a user; `None` for a user that is read first, or not written at all.
fn first_write<D: Directory, J>(context: &Context<D, J>, subject: &Subject) -> Option<Intent> {
    let settings = &context.settings;
    if Course::of(settings.max_attempts, subject).first() != Step::Write {
        return None;
    }
    let look = subject.before.as_ref();
    let look = look.map(|seen| Look::stored(seen, settings.clock));
    let directory = &*context.directory;
    match decide(
        directory,
        settings,
        subject,
        look.as_ref(),
        None,
        subject.effect,
    ) {
        Decision::Write(intent) => Some(*intent),
        Decision::Read | Decision::Barred(_) | Decision::Refused(..) => None,
    }
}
