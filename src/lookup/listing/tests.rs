//! Walks through the lists of servers that each have a way of their own.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::domain::{
    Credential, Filter, IdRule, Operation, Problem, Request, RequestKind, Resource, Silence,
    UserId, UserPage,
};
use crate::lookup::{Finds, InquirySettings};
use crate::pace::{Pace, Rate};
use crate::port::SignInError;

/// What a server shows from number `start` on, and what it calls the total; `None` if it refuses.
type Shows = fn(u64) -> Option<(std::ops::Range<u64>, Option<u64>)>;

struct Server(Shows);

impl Directory for Server {
    fn write_request(&self, _: &UserId, _: &[Operation], _: Option<&Resource>) -> Request {
        unreachable!("an export writes nothing")
    }

    fn read_request(&self, _: &UserId) -> Request {
        unreachable!("an export reads pages")
    }

    fn page_request(&self, start: u64, _: u64) -> Request {
        Request::bare(RequestKind::List, "GET", start.to_string())
    }

    fn search_request(&self, _: &Filter, _: u64) -> Request {
        unreachable!("an export searches nobody")
    }

    fn filtered_request(&self, _: &str, start: u64, count: u64) -> Request {
        self.page_request(start, count)
    }

    async fn ready(&self) -> Result<(), SignInError> {
        Ok(())
    }

    async fn send(&self, request: &Request) -> Result<Answer, Silence> {
        let shown = (self.0)(request.path.parse().unwrap());
        let (status, content) = if let Some((users, total)) = shown {
            let users = users
                .map(|number| UserState::of(number.to_string()))
                .collect();
            (200, Content::Page(UserPage { total, users }))
        } else {
            let problem = Problem {
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

/// All ids that a walk shows, repeated ones once, and the requests that it took.
async fn walk(shows: Shows, filter: Option<&str>) -> Result<(usize, u64), LookUpError> {
    let settings = InquirySettings {
        concurrency: NonZeroUsize::MIN,
        throttle_wait: Duration::ZERO,
        max_outage: Duration::ZERO,
        finds: Finds {
            pages: true,
            page_size: 100,
            names: 30,
            active: true,
            ids: IdRule::Exact,
        },
    };
    let unlimited = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
    let inquirer = Inquirer::new(Arc::new(Server(shows)), unlimited, settings);
    let (mut place, mut ids) = (Place::default(), std::collections::BTreeSet::new());
    while let Some(users) = next_page(&inquirer, filter, &mut place).await? {
        ids.extend(users.into_iter().map(|user| user.id));
        assert!(inquirer.requests() < 20, "it never ends");
    }
    Ok((ids.len(), inquirer.requests()))
}

/// Pages of at most `most` users out of 250.
fn page(start: u64, most: u64) -> std::ops::Range<u64> {
    start..(start + most).min(251).max(start)
}

#[tokio::test]
async fn every_server_shows_all_of_its_users_and_then_an_end() {
    let servers: [(&str, Shows, u64); 8] = [
        (
            "as the standard says",
            |s| Some((page(s, 100), Some(250))),
            3,
        ),
        ("pages of 30", |s| Some((page(s, 30), Some(250))), 9),
        ("no total", |s| Some((page(s, 100), None)), 4),
        (
            "the page's number as the total",
            |s| {
                let page = page(s, 100);
                let count = page.end - page.start;
                Some((page, Some(count)))
            },
            3,
        ),
        (
            "a total that is too large",
            |s| Some((page(s, 100), Some(260))),
            4,
        ),
        (
            "a refusal behind the end",
            |s| (s <= 200).then_some((1..201, Some(200))),
            2,
        ),
        (
            "the last page again behind the end",
            |s| Some((page(s.min(151), 100), None)),
            4,
        ),
        (
            "the first page whatever is asked",
            |_| Some((1..101, Some(5000))),
            2,
        ),
    ];
    for (server, shows, requests) in servers {
        let expected = match server {
            "the first page whatever is asked" => 100,
            "a refusal behind the end" => 200,
            _ => 250,
        };
        let found = walk(shows, None).await.unwrap();
        assert_eq!(found, (expected, requests), "{server}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_was_refused() {
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
        let error = walk(refuses, filter).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
