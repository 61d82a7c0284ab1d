//! Walks through the lists of servers that count, number and end them in different ways.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{
    Answer, Content, Coverage, Credential, Filter, IdRule, Operation, PageAt, Problem, Request,
    RequestKind, Resource, Silence, UserId, UserPage, UserState,
};
use crate::lookup::list::{ListCursor, Until, Walk};
use crate::lookup::{Inquirer, InquirySettings, LookUpError, QuerySupport};
use crate::pace::{Pace, Rate};
use crate::port::{Directory, SignInError};

/// The users that a server shows from number `start` on, and the total that it reports; `None` if it refuses.
type Shows = fn(u64) -> Option<(std::ops::Range<u64>, Option<u64>)>;

/// A server, and the number of users in the longest answer that can be read.
struct Server(Shows, u64);

impl Directory for Server {
    fn write_request(&self, _: &UserId, _: &[Operation], _: Option<&Resource>) -> Request {
        unreachable!("an export writes nothing")
    }

    fn read_request(&self, _: &UserId) -> Request {
        unreachable!("an export reads pages")
    }

    fn page_request(&self, at: &PageAt, count: u64) -> Request {
        let path = match at {
            PageAt::Index(start) => format!("{start} {count}"),
            PageAt::FirstCursor | PageAt::Cursor(_) => "cursor".to_owned(),
        };
        Request::bare(RequestKind::List, "GET", path)
    }

    fn search_request(&self, _: &Filter, _: u64) -> Request {
        unreachable!("an export sends no search")
    }

    fn filtered_request(&self, _: &str, at: &PageAt, count: u64) -> Request {
        self.page_request(at, count)
    }

    fn access_attribute(&self) -> Option<&str> {
        None
    }

    fn shows_access(&self) -> bool {
        false
    }

    fn has_addresses(&self) -> bool {
        unreachable!("no user is looked up here")
    }

    fn learn_access(&self) {}

    fn schemas_request(&self) -> Request {
        unreachable!("an export asks for no schemas")
    }

    async fn ready(&self) -> Result<(), SignInError> {
        Ok(())
    }

    async fn send(&self, request: &Request) -> Result<Answer, Silence> {
        let Self(page_at, readable) = *self;
        let at = request.path.split_once(' ').and_then(|(start, count)| {
            let count = count.parse::<usize>().ok()?;
            Some((start.parse().ok()?, count))
        });
        let shown = at.and_then(|(start, count)| Some((page_at(start)?, count)));
        let (status, content) = if let Some(((users, total), count)) = shown {
            // Only a server with pages that are too long is asked for fewer users than it shows.
            let most = if readable < u64::MAX {
                count
            } else {
                usize::MAX
            };
            let users: Vec<_> = users
                .take(most)
                .map(|number| UserState::of(number.to_string()))
                .collect();
            let is_too_long = users.len() as u64 > readable;
            let page = UserPage {
                total,
                users,
                next_cursor: None,
            };
            let page = Content::Page(page);
            (200, if is_too_long { Content::TooLong } else { page })
        } else {
            let problem = Problem {
                is_refusal: true,
                detail: Some("no such page".to_owned()),
                ..Problem::default()
            };
            (400, Content::Other(problem))
        };
        Ok(Answer {
            status,
            content,
            wait: None,
            allowance: None,
            request_id: None,
            credential: Credential(1),
            resource: None,
        })
    }

    async fn renew(&self, _: Credential) -> Result<(), SignInError> {
        Ok(())
    }
}

/// All ids that a walk shows, each once, the requests that it took, and how much of the list it saw.
async fn walk(
    shows: Shows,
    filter: Option<&str>,
    until: Until,
) -> Result<(usize, u64, Coverage), LookUpError> {
    walk_short(Server(shows, u64::MAX), filter, until).await
}

async fn walk_short(
    server: Server,
    filter: Option<&str>,
    until: Until,
) -> Result<(usize, u64, Coverage), LookUpError> {
    let settings = InquirySettings {
        concurrency: NonZeroUsize::MIN,
        throttle_wait: Duration::ZERO,
        max_outage: Duration::ZERO,
        supports: QuerySupport {
            pages: true,
            page_size: 100,
            names: 30,
            active: true,
            ids: IdRule::Exact,
            absent_means_none: true,
        },
    };
    let unlimited = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
    let inquirer = Inquirer::new(Arc::new(server), unlimited, settings);
    let filter = filter.map(str::to_owned);
    let mut walk = Walk::new(&inquirer, filter, until, ListCursor::default());
    let mut ids = std::collections::BTreeSet::new();
    while let Some(users) = walk.next().await? {
        ids.extend(users.into_iter().map(|user| user.id));
        assert!(inquirer.requests() < 40, "it never ends");
        // Another process continues from the stored cursor, and sees the same end.
        let stored = serde_json::to_string(walk.cursor()).unwrap();
        assert_eq!(
            serde_json::from_str::<ListCursor>(&stored).unwrap(),
            *walk.cursor()
        );
    }
    Ok((ids.len(), inquirer.requests(), walk.coverage()))
}

/// Pages of at most `most` users out of 250.
fn page(start: u64, most: u64) -> std::ops::Range<u64> {
    let start = start.max(1);
    start..(start + most).min(251).max(start)
}

/// The numbers of the users from the one at `first` on, which is counted from 0.
fn from(first: u64, most: u64) -> std::ops::Range<u64> {
    first + 1..(first + most).min(250).max(first) + 1
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn a_walk_sees_all_users_of_every_server_and_ends() {
    let whole = Coverage::Whole;
    // The server, what it shows, its users, and the coverage that the walk reports; the requests of a walk that
    // only counts, and of a walk that proves the end.
    let servers: [(&str, Shows, usize, Coverage, [u64; 2]); 14] = [
        (
            "as the standard says",
            |s| Some((page(s, 100), Some(250))),
            250,
            whole,
            [3, 4],
        ),
        (
            "pages of 30",
            |s| Some((page(s, 30), Some(250))),
            250,
            whole,
            [9, 10],
        ),
        (
            "no total",
            |s| Some((page(s, 100), None)),
            250,
            whole,
            [4, 5],
        ),
        (
            "the page's number as the total",
            |s| {
                let page = page(s, 100);
                let count = page.end - page.start;
                Some((page, Some(count)))
            },
            250,
            whole,
            [4, 5],
        ),
        (
            "a total that is cut",
            |s| Some((page(s, 100), Some(200))),
            250,
            whole,
            [4, 5],
        ),
        (
            "a total that is too large",
            |s| Some((page(s, 100), Some(260))),
            250,
            Coverage::UpTo(250),
            [5, 5],
        ),
        (
            "a refusal behind the end",
            |s| (s <= 250).then(|| (page(s, 100), Some(250))),
            250,
            whole,
            [3, 4],
        ),
        (
            "a refusal of every second page",
            |s| (s <= 1).then(|| (page(s, 100), None)),
            100,
            Coverage::UpTo(100),
            [3, 4],
        ),
        (
            "the last page again behind the end",
            |s| Some((page(s.min(151), 100), Some(250))),
            250,
            whole,
            [4, 4],
        ),
        (
            "the first page whatever is asked",
            |_| Some((1..101, Some(5000))),
            100,
            Coverage::UpTo(100),
            [4, 4],
        ),
        (
            "the first page whatever is asked, called the whole",
            |_| Some((1..101, Some(100))),
            100,
            Coverage::UpTo(100),
            [3, 4],
        ),
        (
            "numbers of pages",
            |s| Some((from((s - s.min(1)) * 100, 100), Some(250))),
            250,
            whole,
            [4, 5],
        ),
        (
            "counting from zero",
            |s| Some((from(s, 100), Some(250))),
            250,
            whole,
            [5, 5],
        ),
        (
            "counting from zero, no total",
            |s| Some((from(s, 100), None)),
            249,
            Coverage::Whole,
            [4, 5],
        ),
    ];
    let mut wrong = Vec::new();
    for (server, shows, users, coverage, [counting, proving]) in servers {
        let counted = walk(shows, None, Until::Counted).await.unwrap();
        let proven = walk(shows, None, Until::Proven).await.unwrap();
        // A walk that proves the end also finds the user with number 0.
        let all = if users == 249 { 250 } else { users };
        let expected = (users, counting, (all, proving, coverage));
        if (counted.0, counted.1, proven) != expected {
            wrong.push((server, counted, proven));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_refusal_names_the_list_or_the_filter() {
    let refuses: Shows = |_| None;
    for (filter, expected) in [
        (
            None,
            "the provider does not list its users: 400 no such page",
        ),
        (
            Some("x"),
            "the provider refuses the filter: 400 no such page",
        ),
    ] {
        let error = walk(refuses, filter, Until::Likely).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn pages_that_are_too_long_are_asked_for_again_with_fewer_users() {
    let whole = Coverage::of(crate::domain::ListEnd::Shown, 250, Some(250));
    let shows: Shows = |start| Some((page(start, 250), Some(250)));
    for readable in [60, 25, 12] {
        let walked = walk_short(Server(shows, readable), None, Until::Proven).await;
        let (users, _, coverage) = walked.unwrap();
        assert_eq!((users, coverage), (250, whole), "{readable}");
    }
    // Only later users of the list are too long, and pages are numbered.
    let numbered: Shows = |number| {
        let start = (number.max(1) - 1) * 100 + 1;
        Some((start..(start + 100).min(251).max(start), None))
    };
    let (users, ..) = walk_short(Server(numbered, 100), None, Until::Proven)
        .await
        .unwrap();
    assert_eq!(users, 250);
    // One user alone is too long.
    let walked = walk_short(Server(shows, 0), None, Until::Counted).await;
    assert!(matches!(walked, Err(LookUpError::NoList(why)) if why.contains("8 MiB")));
}
