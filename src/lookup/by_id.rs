//! Reading users one by one, by their ids.

use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::domain::{Answer, Content, Line, Reason, UserId, UserState};
use crate::lookup::error::{LookUpError, NoAttribute};
use crate::lookup::inquirer::{Inquirer, InquiryResult};
use crate::lookup::look_up::LookUp;
use crate::lookup::register::{Absence, RecordedAnswer, Register, Sought};
use crate::lookup::strategy::Strategy;
use crate::port::Directory;

/// Users that are taken from the register at a time.
pub(super) const BATCH: usize = 200;

impl<D: Directory> LookUp<'_, D> {
    /// Reads each user that is sought by id.
    pub(super) async fn by_id<R: Register>(&mut self, register: &mut R) -> Result<(), LookUpError> {
        let mut left = register.outstanding().await?.by_id;
        let mut after = Line(0);
        loop {
            let next = register.next(after, BATCH).await?;
            let Some(last) = next.last() else {
                return Ok(());
            };
            after = last.line();
            let by_id = next.into_iter().filter_map(|sought| match sought {
                Sought::Id(line, id) => Some((line, id)),
                Sought::UserName { .. } => None,
            });
            let batch: Vec<_> = by_id
                .filter(|(line, _)| !self.unshown.contains_key(line))
                .collect();
            if batch.is_empty() {
                continue;
            }
            if self.strategy == Strategy::Nothing {
                self.strategy = Strategy::Singly;
            }
            left = left.saturating_sub(batch.len() as u64);
            let unshown = self.read_all(register, batch).await?;
            if !unshown.is_empty() {
                self.ask_schemas().await?;
            }
            self.unshown.extend(unshown);
            self.report_progress(left);
        }
    }

    /// Reads these users. Returns those that were shown without the access that is wanted.
    async fn read_all<R: Register>(
        &mut self,
        register: &mut R,
        batch: Vec<(Line, UserId)>,
    ) -> Result<Vec<(Line, UserId)>, LookUpError> {
        let inquirer = self.inquirer;
        // What has arrived meanwhile is stored together: each transaction waits for the disk.
        let mut answers = stream::iter(batch)
            .map(|(line, id)| async move {
                let read = read(inquirer, &id).await;
                (Sought::Id(line, id), read)
            })
            .buffered(inquirer.concurrency())
            .ready_chunks(BATCH);
        let mut unshown = Vec::new();
        while let Some(arrived) = answers.next().await {
            let (mut seen, mut missing) = (Vec::new(), Vec::new());
            let mut failed = None;
            for (sought, read) in arrived {
                match read {
                    Ok(Ok(state)) => {
                        self.control.note(&state);
                        let one = std::slice::from_ref(&state);
                        let ids = inquirer.supports().ids;
                        self.census.take(one, &self.wants.workspaces, ids);
                        seen.push((sought, state));
                    }
                    Ok(Err(absence)) => missing.push((sought, absence)),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            let still_sought = register.seen(seen).await?;
            unshown.extend(still_sought.into_iter().filter_map(|sought| match sought {
                Sought::Id(line, id) => Some((line, id)),
                Sought::UserName { .. } => None,
            }));
            register.missing(missing).await?;
            if let Some(error) = failed {
                return Err(error);
            }
        }
        Ok(unshown)
    }

    /// Settles the users that were read alone and shown without access. Either the provider leaves an empty
    /// attribute out, or it has no such attribute. Once it is known to have it, the users are read again.
    pub(super) async fn settle_unshown<R: Register>(
        &mut self,
        register: &mut R,
    ) -> Result<(), LookUpError> {
        if self.unshown.is_empty() {
            return Ok(());
        }
        let inquirer = self.inquirer;
        let directory = inquirer.directory();
        let unshown = std::mem::take(&mut self.unshown);
        let mut unshown: Vec<_> = unshown.into_iter().collect();
        // Other users may show access: read a page of the list, and if the list shows no access, read some of
        // its users alone.
        if self.options.needs_attribute
            && !directory.shows_access()
            && self.walk.cursor().pages == 0
        {
            self.next_users().await?;
        }
        for id in std::mem::take(&mut self.without_access) {
            if directory.shows_access() || !self.options.needs_attribute {
                break;
            }
            // The directory notes whether the answer shows the attribute; nothing else is done with it.
            let _ = read(inquirer, &UserId::new(id)).await?;
        }
        if directory.shows_access() && inquirer.supports().absent_means_none {
            unshown = self.read_all(register, unshown).await?;
        } else if let Some(attribute) = directory.access_attribute()
            && !directory.shows_access()
            && self.options.needs_attribute
        {
            return Err(LookUpError::NoAttribute(NoAttribute {
                attribute: attribute.to_owned(),
                users: self.users_shown(),
                other_access: self.census.other_access.iter().cloned().collect(),
            }));
        }
        let words = "the provider does not show what this user has access to";
        let absent = unshown.into_iter().map(|(line, id)| {
            let absence = Absence::unreadable(Reason::Unreadable, words);
            (Sought::Id(line, id), absence)
        });
        register.missing(absent.collect()).await?;
        Ok(())
    }

    /// Asks the provider which attributes it has, unless it has shown the attribute of access.
    async fn ask_schemas(&mut self) -> Result<(), LookUpError> {
        if !self.wants.access || self.inquirer.directory().shows_access() {
            return Ok(());
        }
        self.ask_schemas_once().await
    }

    /// Asks the provider, once, which attributes it has.
    pub(super) async fn ask_schemas_once(&mut self) -> Result<(), LookUpError> {
        if std::mem::replace(&mut self.has_asked_schemas, true) {
            return Ok(());
        }
        let directory = self.inquirer.directory();
        // The directory reads the answer. If none comes, nothing is declared.
        self.inquirer.ask_once(&directory.schemas_request()).await?;
        Ok(())
    }
}

/// Reads one user by id. The inner error says why the user is not shown.
pub(crate) async fn read<D: Directory>(
    inquirer: &Inquirer<D>,
    id: &UserId,
) -> Result<Result<UserState, Absence>, LookUpError> {
    let request = inquirer.directory().read_request(id);
    let (answer, elapsed) = match inquirer.ask(&request).await? {
        InquiryResult::Answer(answer, elapsed) => (answer, elapsed),
        InquiryResult::Failed(why) => return Ok(Err(Absence::unreadable(Reason::NoAnswer, why))),
        InquiryResult::Unsendable(why) => {
            return Ok(Err(Absence::unreadable(Reason::Unsendable, why)));
        }
    };
    if matches!(answer.status, 404 | 410) && !inquirer.shows_any_user().await? {
        let words = "the provider shows no user at all: whether this user exists is not known";
        return Ok(Err(Absence::unreadable(Reason::Unreadable, words)));
    }
    Ok(judge(inquirer, id, answer, elapsed))
}

/// What an answer about one user shows: the user, or why it shows none.
fn judge<D: Directory>(
    inquirer: &Inquirer<D>,
    id: &UserId,
    answer: Answer,
    elapsed: Duration,
) -> Result<UserState, Absence> {
    let words = answer.words();
    let recorded = RecordedAnswer {
        status: answer.status,
        request_id: answer.request_id,
        elapsed,
    };
    let (reason, ours) = match (answer.status, answer.content) {
        (200..=299, Content::User(state)) => {
            if inquirer.supports().ids.is_same(id.as_str(), &state.id) {
                return Ok(state);
            }
            let shown = &state.id;
            let ours = format!("the provider shows user {shown} in the place of {id}");
            (Reason::Unreadable, Some(ours))
        }
        (200..=299, _) => {
            let ours = "the provider's answer shows no user".to_owned();
            (Reason::Unreadable, Some(ours))
        }
        (404 | 410, _) => (Reason::NotFound, None),
        (403 | 407 | 451, _) => (Reason::Forbidden, None),
        (405 | 501 | 505, _) => (Reason::Unsupported, None),
        (300..=399, _) => (Reason::Redirected, None),
        _ => (Reason::BadRequest, None),
    };
    Err(Absence {
        reason,
        words: words.or(ours),
        answer: Some(recorded),
    })
}
