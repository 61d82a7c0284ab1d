//! The sender on paused time, with a directory that answers with a list of answers.

use std::collections::VecDeque;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{
    Answer, Content, Credential, Filter, Operation, PageAt, Request, RequestKind, Resource,
    Silence, UserId,
};
use crate::pace::{Pace, Rate};
use crate::port::{Directory, SignInError};
use crate::sending::{CredentialStanding, SendSettings, Sender};

/// How long each request takes.
const LATENCY: Duration = Duration::from_millis(100);

/// Answers each request with the next of these answers, and with 200 when there are no more.
#[derive(Debug, Default)]
struct ListedAnswers {
    answers: Mutex<VecDeque<Answer>>,
    /// When requests arrived, counted from the start of the test.
    arrivals: Mutex<Vec<Duration>>,
    start: Option<Instant>,
}

fn answer(status: u16, wait: Option<u64>) -> Answer {
    Answer {
        status,
        content: Content::Empty,
        resource: None,
        wait: wait.map(Duration::from_secs),
        allowance: None,
        request_id: None,
        credential: Credential(0),
    }
}

fn request() -> Request {
    Request::bare(RequestKind::Read, "GET", "u1".to_owned())
}

impl Directory for ListedAnswers {
    fn write_request(&self, _: &UserId, _: &[Operation], _: Option<&Resource>) -> Request {
        request()
    }

    fn read_request(&self, _: &UserId) -> Request {
        request()
    }

    fn page_request(&self, _: &PageAt, _: u64) -> Request {
        request()
    }

    fn search_request(&self, _: &Filter, _: u64) -> Request {
        request()
    }

    fn filtered_request(&self, _: &str, _: &PageAt, _: u64) -> Request {
        request()
    }

    fn access_attribute(&self) -> Option<&str> {
        None
    }

    fn shows_access(&self) -> bool {
        false
    }

    fn learn_access(&self) {}

    fn has_addresses(&self) -> bool {
        false
    }

    fn schemas_request(&self) -> Request {
        request()
    }

    async fn ready(&self) -> Result<(), SignInError> {
        Ok(())
    }

    async fn send(&self, _: &Request) -> Result<Answer, Silence> {
        let at = self.start.map_or(Duration::ZERO, |start| start.elapsed());
        self.arrivals.lock().unwrap().push(at);
        let next = self.answers.lock().unwrap().pop_front();
        tokio::time::sleep(LATENCY).await;
        Ok(next.unwrap_or_else(|| answer(200, None)))
    }

    async fn renew(&self, _: Credential) -> Result<(), SignInError> {
        tokio::time::sleep(LATENCY).await;
        Err(SignInError::Refused("no".to_owned()))
    }
}

/// A sender with so many slots, whose directory gives these answers.
fn sender(concurrency: usize, answers: impl IntoIterator<Item = Answer>) -> Sender<ListedAnswers> {
    let directory = ListedAnswers {
        answers: Mutex::new(answers.into_iter().collect()),
        start: Some(Instant::now()),
        ..ListedAnswers::default()
    };
    let settings = SendSettings {
        concurrency: NonZeroUsize::new(concurrency).unwrap(),
        throttle_wait: Duration::from_secs(15),
        longest_throttling: Duration::from_mins(30),
    };
    let pace = Pace::new(Rate::Unlimited, NonZeroU32::MIN);
    Sender::new(Arc::new(directory), Arc::new(pace), settings)
}

async fn send(sender: &Sender<ListedAnswers>) -> bool {
    let permit = sender.permit().await.unwrap();
    permit.send(&request()).await.is_throttled_for_too_long
}

fn arrivals(sender: &Sender<ListedAnswers>) -> Vec<Duration> {
    sender.directory().arrivals.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_held_from_the_permit_to_the_answer() {
    let sender = sender(1, []);
    let permit = sender.permit().await.unwrap();
    assert_eq!(sender.in_flight(), 1);
    let sent = async { permit.send(&request()).await.elapsed };
    let (elapsed, _) = tokio::join!(sent, send(&sender));
    assert_eq!(elapsed, LATENCY);
    assert_eq!(arrivals(&sender), [Duration::ZERO, LATENCY]);
    assert_eq!((sender.in_flight(), sender.requests()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn p6_a_retry_after_holds_the_next_request_from_the_arrival_of_the_answer() {
    for (status, wait, expected) in [(503, Some(30), 30), (429, Some(30), 30), (429, None, 15)] {
        let sender = sender(1, [answer(status, wait)]);
        send(&sender).await;
        send(&sender).await;
        let expected = LATENCY + Duration::from_secs(expected);
        let late = arrivals(&sender)[1].checked_sub(expected).unwrap();
        // After a 429 the lower pace makes the request wait for a token, too.
        assert!(late <= Duration::from_secs(1), "{status} {wait:?} {late:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn p6_a_request_that_waits_for_its_permit_already_is_held_too() {
    let sender = sender(2, [answer(503, Some(30))]);
    let late = async {
        tokio::time::sleep(LATENCY + Duration::from_millis(1)).await;
        send(&sender).await
    };
    tokio::join!(send(&sender), late);
    assert!(arrivals(&sender)[1] >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_gives_its_slot_back() {
    let sender = sender(1, [answer(503, Some(60))]);
    send(&sender).await;
    let waiting = tokio::time::timeout(Duration::from_secs(5), sender.permit()).await;
    assert!(waiting.is_err());
    assert_eq!(sender.in_flight(), 0);
    let renewing = sender.renew(Credential(0));
    let renewing = tokio::time::timeout(LATENCY / 2, renewing).await;
    assert!(renewing.is_err());
    assert_eq!(sender.signing_in(), 0);
}

#[tokio::test(start_paused = true)]
async fn p5_nothing_but_429_is_throttled_for_too_long_after_the_limit() {
    let throttled = |wait| std::iter::repeat_with(move || answer(429, Some(wait)));
    let sender = sender(1, throttled(600).take(5));
    let mut reported = Vec::new();
    for _ in 0..5 {
        reported.push(send(&sender).await);
    }
    // The wait of the first answer, and half an hour: 40 minutes with an answer every ten.
    assert_eq!(reported, [false, false, false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn p5_any_other_answer_between_them_starts_the_limit_anew() {
    let mixed = |nth: u64| match nth % 3 {
        2 => answer(403, None),
        _ => answer(429, Some(600)),
    };
    let sender = sender(1, (0..60).map(mixed));
    for _ in 0..60 {
        assert!(!send(&sender).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_served_a_request_has_ended_when_it_is_refused() {
    let sender = sender(1, []);
    assert_eq!(
        sender.standing(Credential(0)),
        CredentialStanding::NeverWorked
    );
    sender.note_served(Credential(1));
    assert_eq!(
        sender.standing(Credential(0)),
        CredentialStanding::WorkedBefore
    );
    assert_eq!(
        sender.standing(Credential(1)),
        CredentialStanding::WorkedBefore
    );
    assert_eq!(
        sender.standing(Credential(2)),
        CredentialStanding::NeverWorked
    );
}
