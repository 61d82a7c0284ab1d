//! The provider's list of users, for its own sake: page by page, in the provider's order.

use serde::{Deserialize, Serialize};

use crate::domain::{Answer, Content, UserState};
use crate::lookup::inquirer::{Heard, Inquirer, LookUpError};
use crate::port::Directory;

/// How far a walk through a list has come; whoever keeps it can go on from there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Users that are behind us.
    pub passed: u64,
    /// Users in the list, as the server last said.
    pub total: Option<u64>,
    /// The first user of the list: a server that shows this one again starts from the beginning.
    pub first: Option<String>,
    /// The first user of the latest page: a server that shows this one again has no more.
    pub latest: Option<String>,
    /// Whether the latest page was as long as it was asked to be.
    pub was_full: bool,
}

impl Place {
    /// Whether the server's total says that nobody is left.
    fn is_past_total(&self) -> bool {
        self.passed > 0 && self.total.is_some_and(|total| self.passed >= total)
    }
}

/// The next page of all users, or of those that fit a filter in the provider's own language; `None`
/// at the end. `place` is moved on.
///
/// A page is followed by what comes after the users that it really brought: a list that changes
/// meanwhile, or a server that leaves some out, shows users twice rather than not at all. After a full
/// page the next one is asked for although the total is reached: some servers give the number of users
/// on the page for that of all.
///
/// # Errors
/// [`LookUpError`]; `place` then stays where it was.
pub async fn next_page<D: Directory>(
    inquirer: &Inquirer<D>,
    filter: Option<&str>,
    place: &mut Place,
) -> Result<Option<Vec<UserState>>, LookUpError> {
    if place.is_past_total() && !place.was_full {
        return Ok(None);
    }
    let start = place.passed + 1;
    let directory = inquirer.directory();
    let count = inquirer.finds().page_size;
    let request = match filter {
        None => directory.page_request(start, count),
        Some(expression) => directory.filtered_request(expression, start, count),
    };
    let page = match inquirer.ask(&request).await? {
        Heard::Answer(
            Answer {
                status: 200..=299,
                content: Content::Page(page),
                ..
            },
            _,
        ) => page,
        // There are servers that refuse a start behind the end.
        Heard::Answer(..) if place.is_past_total() => return Ok(None),
        Heard::Answer(answer, _) => {
            let words = answer.words().unwrap_or_default();
            return Err(refused(filter, &format!("{} {words}", answer.status)));
        }
        Heard::Nothing(why) => return Err(LookUpError::NoList(why)),
    };
    place.total = page.total.or(place.total);
    let first = page.users.first().map(|user| user.id.clone());
    let is_again = place.passed > 0 && (first == place.first || first == place.latest);
    if page.users.is_empty() || is_again {
        return Ok(None);
    }
    if place.passed == 0 {
        place.first.clone_from(&first);
    }
    place.latest = first;
    place.was_full = page.users.len() as u64 >= count;
    place.passed += page.users.len() as u64;
    Ok(Some(page.users))
}

fn refused(filter: Option<&str>, words: &str) -> LookUpError {
    let words = words.trim().to_owned();
    match filter {
        Some(_) => LookUpError::Filter(words),
        None => LookUpError::NoList(words),
    }
}

#[cfg(test)]
mod tests;
