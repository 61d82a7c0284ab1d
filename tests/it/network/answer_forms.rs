//! The odd answers that the proxy makes up: statuses, headers and bodies that a server should not send.

use std::sync::Arc;

use super::faulty_proxy::{Act, Edit, Then};
use super::http_message::Message;

/// An odd answer: its name, its bytes given the server's own, and what follows them.
#[derive(Clone)]
pub(super) struct Odd {
    pub(super) name: &'static str,
    edit: Edit,
    then: Then,
    /// Bytes that need no answer of the server's.
    instead: Option<Vec<u8>>,
}

impl Odd {
    fn fixed(name: &'static str, then: Then, bytes: Vec<u8>) -> Self {
        let same = bytes.clone();
        Self {
            name,
            edit: Arc::new(move |_| same.clone()),
            then,
            instead: Some(bytes),
        }
    }

    fn plain(name: &'static str, status: &str, body: &str) -> Self {
        Self::fixed(
            name,
            Then::GoOn,
            Message::answer(status, "text/html", body).bytes,
        )
    }

    fn made(
        name: &'static str,
        edit: impl Fn(&Message) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            edit: Arc::new(edit),
            then: Then::GoOn,
            instead: None,
        }
    }

    /// After the request has had its effect.
    pub(super) fn after(&self) -> Act {
        Act::Edit(Arc::clone(&self.edit), self.then)
    }

    /// In place of any effect, where the answer does not need the server's.
    pub(super) fn instead(&self) -> Option<Act> {
        let bytes = self.instead.clone()?;
        Some(Act::Instead(bytes, self.then))
    }
}

fn edited(body: impl Fn(&str) -> String + Send + Sync + 'static) -> impl Fn(&Message) -> Vec<u8> {
    move |answer| answer.with_body("200 OK", &body(answer.body())).bytes
}

/// Answers that say neither yes nor no in a way that could be believed.
pub(super) fn all() -> Vec<Odd> {
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/scim+json\r\n";
    let page = "<html><head><title>502 Bad Gateway</title></head><body>proxy</body></html>";
    let text = |head: &str| head.as_bytes().to_vec();
    vec![
        Odd::plain("a proxy's 502 page", "502 Bad Gateway", page),
        Odd::plain("a proxy's page as a success", "200 OK", page),
        Odd::plain("200 and nothing", "200 OK", ""),
        Odd::plain("202 and nothing", "202 Accepted", ""),
        Odd::fixed("204", Then::GoOn, text("HTTP/1.1 204 No Content\r\n\r\n")),
        Odd::plain("207 and nothing", "207 Multi-Status", ""),
        Odd::made("207 and the user", |answer| {
            answer.with_body("207 Multi-Status", answer.body()).bytes
        }),
        Odd::plain("408", "408 Request Timeout", ""),
        Odd::plain("409", "409 Conflict", "{}"),
        Odd::plain("412", "412 Precondition Failed", "{}"),
        Odd::plain("a status that nobody knows", "799 Whatever", ""),
        Odd::fixed(
            "an endless body",
            Then::Repeat,
            text(&format!(
                "{OK}Transfer-Encoding: chunked\r\n\r\n1a\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"
            )),
        ),
        Odd::fixed(
            "a gigabyte that does not come",
            Then::Silence,
            text(&format!("{OK}Content-Length: 1073741824\r\n\r\n{{\"id\":")),
        ),
        Odd::fixed(
            "a gigabyte that comes",
            Then::Repeat,
            text(&format!(
                "{OK}Content-Length: 1073741824\r\n\r\n{}",
                "x".repeat(32)
            )),
        ),
        Odd::fixed(
            "headers without an end",
            Then::Repeat,
            text(&format!("{OK}X-Aaaaaaaaaaaa: bbbbbbbbbbbbbb\r\n")),
        ),
        Odd::fixed(
            "no HTTP at all",
            Then::Close,
            text("SSH-2.0-OpenSSH_9.6\r\n"),
        ),
        Odd::fixed(
            "a chunk of no length",
            Then::Close,
            text(&format!("{OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n")),
        ),
        Odd::fixed("nothing at all", Then::Silence, Vec::new()),
        Odd::made(
            "keys that come twice",
            edited(|body| {
                body.replacen('{', r#"{"active":true,"ACTIVE":"true","id":"nobody","#, 1)
            }),
        ),
        Odd::made(
            "truth as text",
            edited(|body| body.replace(r#""active":false"#, r#""active":"False""#)),
        ),
        Odd::made(
            "somebody else",
            edited(|_| {
                format!(
                    r#"{{"id":"{}","active":false,"entitlements":[]}}"#,
                    "0".repeat(32)
                )
            }),
        ),
        Odd::made("two answers to one request", |answer| {
            answer.bytes.repeat(2)
        }),
        Odd::made("a first word before the answer", |answer| {
            [
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n".as_slice(),
                &answer.bytes,
            ]
            .concat()
        }),
        Odd::made("HTTP/1.0", |answer| {
            let text = str::from_utf8(&answer.bytes).unwrap();
            text.replacen("HTTP/1.1", "HTTP/1.0", 1).into_bytes()
        }),
    ]
}
