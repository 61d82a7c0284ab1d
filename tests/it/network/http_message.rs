//! One HTTP/1.1 message as bytes: enough of it to know where it ends and what it asks for.

use tokio::io::{AsyncRead, AsyncReadExt};

/// A request or an answer, unchanged.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
    /// Where the body begins.
    pub(crate) head: usize,
}

impl Message {
    /// Reads one message; none if the other side closed, whether between messages or within one.
    pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if from.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let length =
            header(&bytes[..head], "content-length").map_or(0, |text| text.parse().unwrap());
        while bytes.len() < head + length {
            if from.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        Some(Self { bytes, head })
    }

    /// An answer without a connection header.
    pub(crate) fn answer(status: &str, kind: &str, body: &str) -> Self {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Self {
            head: head.len(),
            bytes: (head + body).into_bytes(),
        }
    }

    pub(crate) fn body(&self) -> &str {
        str::from_utf8(&self.bytes[self.head..]).unwrap()
    }

    /// The head of another message with this body.
    pub(crate) fn with_body(&self, status: &str, body: &str) -> Self {
        let kind = header(&self.bytes[..self.head], "content-type").unwrap_or("text/plain");
        Self::answer(status, kind, body)
    }

    /// Method and path of a request.
    pub(crate) fn asks(&self) -> (&str, &str) {
        let text = str::from_utf8(&self.bytes[..self.head]).unwrap();
        let mut words = text.split(' ');
        (words.next().unwrap(), words.next().unwrap())
    }

    /// The same request as another one: `GET`, without a body.
    pub(crate) fn as_read(&self) -> Vec<u8> {
        let text = str::from_utf8(&self.bytes[..self.head]).unwrap();
        let (method, _) = self.asks();
        let lines = text.replacen(method, "GET", 1);
        let lines = lines.split("\r\n").filter(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("content-")
        });
        lines.collect::<Vec<_>>().join("\r\n").into_bytes()
    }
}

/// A header's value.
fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let lines = str::from_utf8(head).unwrap().split("\r\n");
    lines
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}
