//! The users of a job that need a look: failed or in doubt, and those that a verification found in another state.

use crate::cli::failure::Failure;
use crate::cli::output::{Terminal, failure, lister};
use crate::cli::verb::status::standing::Standing;
use crate::domain::{Finding, grouped, on_one_line};
use crate::ledger::{Pages, Reader, UserRow};
use crate::screen::{self, Paint, Painted};

/// Prints at most so many of the users of each kind. What is printed is read page by page.
pub(super) async fn list_troubled(
    reader: &mut Reader,
    standing: &Standing,
    most: usize,
    terminal: Terminal,
) -> Result<(), Failure> {
    let (job, summary) = (&standing.job, &standing.summary);
    let troubled = standing.troubled();
    let mut list = List::new("need a look", standing.count_troubled(), most);
    let mut pages = Pages::of_lines();
    while list.has_room()
        && let Some(page) = pages
            .next(async |after, limit| reader.lines_among(job, &troubled, after, limit).await)
            .await?
    {
        for row in &page {
            list.print(failure(row), terminal)?;
        }
    }
    list.end(standing, terminal)?;
    let drifted = summary.drifted(Finding::Drifted) + summary.drifted(Finding::Unread);
    let mut list = List::new("found otherwise by a verification", drifted, most);
    if drifted > 0 {
        for row in reader.drifted_rows(job, most).await? {
            list.print(found(&row).into(), terminal)?;
        }
    }
    list.end(standing, terminal)
}

/// What a verification found of a user.
fn found(row: &UserRow) -> String {
    let name = row.name().unwrap_or_default();
    let words = row.verified_detail.as_deref().unwrap_or_default();
    let line = format!("  line {}: {name}: {words}", row.line);
    on_one_line(&line).into_owned()
}

/// A list of users below a heading, which is repeated on each screen of a terminal.
struct List {
    heading: &'static str,
    all: u64,
    most: usize,
    printed: usize,
    /// Lines of a screen below the heading; `None` if it is no terminal.
    screen: Option<usize>,
}

impl List {
    fn new(heading: &'static str, all: u64, most: usize) -> Self {
        let screen = screen::rows().map(|rows| rows.saturating_sub(2).max(5));
        Self {
            heading,
            all,
            most,
            printed: 0,
            screen,
        }
    }

    fn has_room(&self) -> bool {
        self.all > 0 && self.printed < self.most
    }

    fn print(&mut self, user: Painted, terminal: Terminal) -> Result<(), Failure> {
        if !self.has_room() {
            return Ok(());
        }
        let begins = match self.screen {
            Some(lines) => self.printed.is_multiple_of(lines),
            None => self.printed == 0,
        };
        if begins {
            let mut heading = format!("\n{}: {}", self.heading, grouped(self.all));
            if self.printed > 0 {
                let from = grouped(self.printed as u64 + 1);
                heading = format!("{heading}, from number {from} on");
            }
            terminal.data(Painted::default().with(Paint::Strong, heading))?;
        }
        self.printed += 1;
        terminal.data(user)
    }

    fn end(&self, standing: &Standing, terminal: Terminal) -> Result<(), Failure> {
        let more = self.all.saturating_sub(self.printed as u64);
        if more == 0 || self.printed == 0 {
            return Ok(());
        }
        let lister = lister(&standing.job.id);
        terminal.data(format!("  … and {} more: {lister}", grouped(more)))
    }
}
