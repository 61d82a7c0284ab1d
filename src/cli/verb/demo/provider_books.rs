//! Compares the ledger with the sandbox's own books, line by line.

use crate::cli::failure::Failure;
use crate::cli::verb::demo::story::wrong;
use crate::domain::Status;
use crate::ledger::{Job, Ledger, Pages, UserRow};
use crate::sandbox::{Books, UserBook};

/// Checks that each user the ledger calls removed has no access any more, and that each failed user still has.
pub(super) async fn is_removed(
    ledger: &mut Ledger,
    job: &Job,
    books: &Books,
) -> Result<(), Failure> {
    each(ledger, job, books, |row, user| {
        let gone = !user.active && user.workspaces.is_empty();
        match row.status {
            Status::Removed | Status::Already => gone,
            Status::Failed => !gone,
            _ => true,
        }
    })
    .await
}

/// Checks that each user the ledger calls restored has what the first job found.
pub(super) async fn is_given_back(
    ledger: &mut Ledger,
    job: &Job,
    undo: &Job,
    books: &Books,
) -> Result<(), Failure> {
    let mut restored = Vec::new();
    let mut reader = ledger.reader().await?;
    let mut pages = Pages::of_lines();
    while let Some(page) = pages
        .next(async |after, limit| reader.lines(undo, after, limit).await)
        .await?
    {
        let done = page.iter().filter(|row| row.status == Status::Restored);
        restored.extend(done.map(|row| row.line));
    }
    each(ledger, job, books, |row, user| {
        let Some(before) = row.before.as_ref().map(|seen| &seen.state) else {
            return true;
        };
        let mut had = before.workspaces.clone().unwrap_or_default();
        let mut has = user.workspaces.clone();
        had.sort_unstable();
        has.sort_unstable();
        let same = before.active == Some(user.active) && had == has;
        same || restored.binary_search(&row.line).is_err()
    })
    .await
}

async fn each(
    ledger: &mut Ledger,
    job: &Job,
    books: &Books,
    fits: impl Fn(&UserRow, &UserBook) -> bool,
) -> Result<(), Failure> {
    let mut reader = ledger.reader().await?;
    let mut pages = Pages::of_lines();
    while let Some(page) = pages
        .next(async |after, limit| reader.lines(job, after, limit).await)
        .await?
    {
        for row in page {
            let Some(user) = row.user_id.as_deref().and_then(|id| books.user(id)) else {
                continue;
            };
            if !fits(&row, &user) {
                let (line, status) = (row.line, row.status);
                let what = format!("line {line} is {status}, and the provider's books differ");
                return Err(wrong(what));
            }
        }
    }
    Ok(())
}
