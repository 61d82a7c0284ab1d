//! Going through rows page by page, so that memory stays flat however many there are.

use crate::domain::Line;
use crate::ledger::{StoredEvent, UndoRow, UserRow};

/// The number of rows of a page, unless the caller sets another: this many rows are in memory at the same time.
const ROWS: usize = 1000;

/// A row that has a place in an order: the next page begins after the place of the last row.
pub(crate) trait Placed {
    /// The place.
    type Place: Copy;

    /// Where this row is.
    fn place(&self) -> Self::Place;
}

impl Placed for Line {
    type Place = Self;

    fn place(&self) -> Self {
        *self
    }
}

impl Placed for UserRow {
    type Place = Line;

    fn place(&self) -> Line {
        self.line
    }
}

impl Placed for UndoRow {
    type Place = Line;

    fn place(&self) -> Line {
        self.line
    }
}

impl Placed for StoredEvent {
    type Place = i64;

    fn place(&self) -> i64 {
        self.number
    }
}

/// The pages of an ordered result, read one at a time: between two pages the connection is free for other
/// statements.
#[derive(Debug)]
pub(crate) struct Pages<P> {
    after: P,
    limit: usize,
}

impl Pages<Line> {
    /// Pages of lines or users, from the first line on.
    pub(crate) fn of_lines() -> Self {
        Self {
            after: Line(0),
            limit: ROWS,
        }
    }
}

impl Pages<i64> {
    /// Pages of events, from the first on.
    pub(crate) fn of_events() -> Self {
        Self {
            after: 0,
            limit: ROWS,
        }
    }
}

impl<P: Copy> Pages<P> {
    /// The same with this number of rows in a page.
    pub(crate) fn with_rows(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// The next page; `None` at the end. `read` gets the place after which the page begins, and the number
    /// of rows that it may have.
    ///
    /// # Errors
    /// Those of `read`.
    pub(crate) async fn next<R: Placed<Place = P>, E>(
        &mut self,
        read: impl AsyncFnOnce(P, usize) -> Result<Vec<R>, E>,
    ) -> Result<Option<Vec<R>>, E> {
        let page = read(self.after, self.limit).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.after = last.place();
        Ok(Some(page))
    }
}
