//! Claiming: takes the next users of a job from the journal, and makes the intents of their first writes
//! durable in one commit.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::domain::{Entry, Fact, Line};
use crate::engine::attempt_policy::{AttemptPolicy, Step};
use crate::engine::context::Context;
use crate::engine::dispatcher::queue::Supply;
use crate::engine::intent::{Decision, Intent, Look, decide};
use crate::port::{Directory, Journal, JournalError, Subject};

/// A user that no unit works for yet.
#[derive(Debug)]
pub(in crate::engine) struct Claim {
    pub(in crate::engine) subject: Subject,
    /// The first write, whose intent is durable; `None` if the user is read first or not written at all.
    pub(in crate::engine) intent: Option<Intent>,
}

impl Claim {
    /// Whether the user counts against a limit of first writes: no write has left for it yet.
    pub(super) fn is_unwritten(&self) -> bool {
        self.subject.is_new()
    }
}

/// What a claim has brought: the next users, in the order of their lines.
pub(super) struct Claimed {
    pub(super) claims: Vec<Claim>,
    /// Whether the journal may have another user.
    pub(super) supply: Supply,
}

/// Which users to claim.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClaimRequest {
    /// The line after which they come.
    pub(super) after: Line,
    /// How many, at most.
    pub(super) limit: usize,
    /// How many of them may be users that no write has been sent for yet; `None` for all.
    pub(super) unwritten: Option<u64>,
}

/// Reads the next users and makes the intents of their first writes durable, in one commit. A user that is
/// read first has no intent yet.
pub(super) async fn claim<D: Directory, J: Journal>(
    context: Arc<Context<D, J>>,
    halt: CancellationToken,
    request: ClaimRequest,
) -> Result<Claimed, JournalError> {
    let mut page = context.journal.page(request.after, request.limit).await?;
    if halt.is_cancelled() {
        // A stop or an outage came meanwhile: the users stay as they are.
        return Ok(Claimed {
            claims: Vec::new(),
            supply: Supply::Open,
        });
    }
    let is_full = page.len() == request.limit;
    let taken = claimable(&page, request.unwritten);
    let supply = if taken < page.len() {
        Supply::AtWriteLimit
    } else if is_full {
        Supply::Open
    } else {
        Supply::Exhausted
    };
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
    Ok(Claimed { claims, supply })
}

/// How many of the first users of a page may be claimed, if at most `unwritten` of them may be users that no
/// write was sent for.
fn claimable(page: &[Subject], unwritten: Option<u64>) -> usize {
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
    if AttemptPolicy::of(settings.max_attempts, subject).first() != Step::Write {
        return None;
    }
    let look = subject.before.as_ref();
    let look = look.map(|seen| Look::stored(seen, settings.clock));
    let directory = context.sender.directory();
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
