//! No answer may lead the program to another host.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::faulty_proxy::{Act, Then, Wire};
use super::http_message::Message;
use crate::support::{Bed, finish};

/// Listens as long as it lives, and remembers every connection by what it said.
pub(super) struct Elsewhere {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

impl Elsewhere {
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let mut task = JoinSet::new();
        let notes = Arc::clone(&heard);
        task.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = vec![0; 4096];
                let count = stream.read(&mut bytes).await.unwrap_or_default();
                let words = String::from_utf8_lossy(&bytes[..count]).into_owned();
                notes.lock().unwrap().push(words);
            }
        });
        Self {
            address,
            heard,
            _task: task,
        }
    }

    /// An answer that leads here.
    pub(super) fn lure(&self, status: &str) -> Vec<u8> {
        let answer = Message::answer(status, "text/html", "<html>moved</html>");
        let head = format!("Location: http://{}/here\r\n", self.address);
        let mut bytes = answer.bytes;
        let second_line = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        bytes.splice(second_line..second_line, head.into_bytes());
        bytes
    }

    pub(super) fn was_left_alone(&self) {
        let heard = self.heard.lock().unwrap();
        assert!(heard.is_empty(), "{heard:?}");
    }
}

#[apply(end_to_end!)]
async fn no_answer_leads_to_another_host_least_of_all_with_a_credential() {
    let elsewhere = Elsewhere::new().await;
    let bed = Bed::faulty(4, "").await;
    let lures = [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent",
    ]
    .map(|status| elsewhere.lure(status));
    let on_writes = lures.clone();
    let wire = bed
        .wire(move |number, asked| match (asked.method, asked.nth) {
            ("PATCH", 1) => Act::Instead(on_writes[number].clone(), Then::GoOn),
            _ => Act::Pass,
        })
        .await;
    let ran = bed.goes_through(&wire, "").await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    elsewhere.was_left_alone();
    for number in 0..4 {
        let (row, book) = (bed.row(number).await, bed.book(number));
        assert_eq!(row.reason.as_deref(), Some("redirected"), "{row:?}");
        assert_eq!((book.writes_received, book.active), (0, true), "{book:?}");
    }

    let sign_in = Wire::before(bed.sandbox.addr(), move |asked| match asked.who {
        "authenticate" => Act::Instead(lures[1].clone(), Then::GoOn),
        _ => Act::Pass,
    })
    .await;
    let mut command = bed.run_behind(&wire, "--new");
    command.env("OFFBOARD_AUTH_URL", sign_in.url(""));
    let ran = finish(command).await;
    assert_ne!(ran.code, Some(0), "{ran:?}");
    elsewhere.was_left_alone();
    assert!(
        bed.books
            .users()
            .iter()
            .all(|user| user.writes_received == 0)
    );
}
