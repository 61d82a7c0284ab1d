//! Asking for users one by one: by id, and by several names at once.

use futures_util::{StreamExt, stream};

use crate::domain::{Answer, Content, Filter, Line, Reason, UserId, UserState};
use crate::lookup::inquirer::{Heard, Inquirer, LookUpError};
use crate::lookup::look_up::{Look, Walk};
use crate::lookup::register::{Absence, Register, Sought, Told};
use crate::lookup::strategy::{self, Method};
use crate::port::Directory;

/// Users who are asked for at a time.
const BATCH: usize = 200;

impl<D: Directory> Walk<'_, D> {
    /// Asks for everybody who is left. Says whether searches by name work.
    pub(super) async fn singly<R: Register>(
        &mut self,
        register: &mut R,
    ) -> Result<bool, LookUpError> {
        let mut after = Line(0);
        let most_names = self.inquirer.finds().names;
        let mut filter_works = most_names > 0;
        let mut sought = register.outstanding().await?;
        if !filter_works {
            sought.by_name = 0;
        }
        let mut left = strategy::singly(sought, most_names);
        if left > 0 && self.method == Method::Nothing {
            self.method = Method::Singly;
        }
        loop {
            let batch = register.next(after, BATCH).await?;
            let Some(last) = batch.last() else {
                return Ok(filter_works);
            };
            after = last.line();
            let (ids, names): (Vec<_>, Vec<_>) = batch
                .into_iter()
                .partition(|sought| matches!(sought, Sought::Id(..)));
            let searches = names.len().div_ceil(most_names.max(1));
            left = left.saturating_sub(ids.len() as u64 + searches as u64);
            self.by_id(register, ids).await?;
            if filter_works {
                for some in names.chunks(most_names) {
                    filter_works &= self.by_name(register, some).await?;
                }
            }
            (self.on_progress)(Look {
                method: self.method,
                requests: self.inquirer.requests(),
                left,
            });
        }
    }

    async fn by_id<R: Register>(
        &mut self,
        register: &mut R,
        batch: Vec<Sought>,
    ) -> Result<(), LookUpError> {
        let inquirer = self.inquirer;
        let mut answers = stream::iter(batch)
            .map(|sought| async move {
                let Sought::Id(_, id) = &sought else {
                    unreachable!("only those with an id are asked for by id")
                };
                let read = read(inquirer, id).await;
                (sought, read)
            })
            .buffered(inquirer.concurrency());
        while let Some((sought, read)) = answers.next().await {
            match read? {
                Ok(state) => register.found(vec![state], None).await?,
                Err(absence) => register.missing(&sought, absence).await?,
            }
        }
        Ok(())
    }

    /// Searches several names at once. Says whether the provider can do so. What it shows is looked at
    /// again: some servers answer every search with everybody.
    async fn by_name<R: Register>(
        &mut self,
        register: &mut R,
        batch: &[Sought],
    ) -> Result<bool, LookUpError> {
        let names: Vec<String> = batch.iter().filter_map(name).map(str::to_owned).collect();
        let wanted: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let directory = self.inquirer.directory();
        let count = self.inquirer.finds().page_size;
        let request = directory.search_request(&Filter::UserNames(names), count);
        let page = match self.inquirer.ask(&request).await? {
            Heard::Answer(
                Answer {
                    status: 200..=299,
                    content: Content::Page(page),
                    ..
                },
                _,
            ) => page,
            Heard::Answer(..) | Heard::Nothing(_) => return Ok(false),
        };
        let shown = page.users.len() as u64;
        let is_whole = page.total.is_none_or(|total| total <= shown);
        let fits = |user: &UserState| {
            let name = user.user_name.as_deref().map(str::to_lowercase);
            name.is_some_and(|name| wanted.contains(&name))
        };
        if !is_whole || !page.users.iter().all(fits) {
            return Ok(false);
        }
        let found: Vec<String> = page
            .users
            .iter()
            .filter_map(|user| user.user_name.as_deref().map(str::to_lowercase))
            .collect();
        register.found(page.users, None).await?;
        for sought in batch {
            if name(sought).is_some_and(|name| !found.contains(&name.to_lowercase())) {
                register.missing(sought, Absence::not_found()).await?;
            }
        }
        Ok(true)
    }

    /// Whoever is left cannot be found in any way.
    pub(super) async fn give_up<R: Register>(
        &mut self,
        register: &mut R,
    ) -> Result<(), LookUpError> {
        loop {
            let batch = register.next(Line(0), BATCH).await?;
            if batch.is_empty() {
                return Ok(());
            }
            for sought in batch {
                let absence = if self.active.is_some() {
                    Absence::not_found()
                } else {
                    let words = "the provider can neither search names nor list its users";
                    Absence::unreadable(Reason::Unsupported, words)
                };
                register.missing(&sought, absence).await?;
            }
        }
    }

    /// How many users are active: a search of which only the total counts.
    pub(super) async fn count_active(&mut self) -> Result<Option<u64>, LookUpError> {
        let request = self.inquirer.directory().search_request(&Filter::Active, 1);
        let Heard::Answer(answer, _) = self.inquirer.ask(&request).await? else {
            return Ok(None);
        };
        match (answer.status, answer.content) {
            (200..=299, Content::Page(page))
                if page.users.iter().all(|user| user.active == Some(true)) =>
            {
                // Some answer a search that they cannot make with nobody at all.
                Ok(page.total.filter(|active| *active > 0))
            }
            _ => Ok(None),
        }
    }
}

/// One user by id, or why there is none to be seen.
pub async fn read<D: Directory>(
    inquirer: &Inquirer<D>,
    id: &UserId,
) -> Result<Result<UserState, Absence>, LookUpError> {
    let request = inquirer.directory().read_request(id);
    let (answer, elapsed) = match inquirer.ask(&request).await? {
        Heard::Answer(answer, elapsed) => (answer, elapsed),
        Heard::Nothing(why) => return Ok(Err(Absence::unreadable(Reason::NoAnswer, why))),
    };
    let words = answer.words();
    let told = Told {
        status: answer.status,
        request_id: answer.request_id,
        elapsed,
    };
    let reason = match (answer.status, answer.content) {
        (200..=299, Content::User(state))
            if inquirer.finds().ids.is_same(id.as_str(), &state.id) =>
        {
            return Ok(Ok(state));
        }
        (200..=299, _) => Reason::Unreadable,
        (404 | 410, _) => Reason::NotFound,
        (403 | 407 | 451, _) => Reason::Forbidden,
        (405 | 501 | 505, _) => Reason::Unsupported,
        (300..=399, _) => Reason::Redirected,
        _ => Reason::BadRequest,
    };
    let ours = || "the provider shows somebody else".to_owned();
    Ok(Err(Absence {
        words: words.or_else(|| (reason == Reason::Unreadable).then(ours)),
        answer: Some(told),
        reason,
    }))
}

fn name(sought: &Sought) -> Option<&str> {
    match sought {
        Sought::UserName(_, name) => Some(name),
        Sought::Id(..) => None,
    }
}
