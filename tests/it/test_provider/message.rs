//! HTTP/1.1 as far as a provider needs it: one request is read, one answer is written. It knows nothing
//! of SCIM. A test wants to close a connection at any moment, which a web framework does not let it do.

use std::collections::HashMap;
use std::fmt::Write;

use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request. Names of headers are in lower case.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    /// Decoded.
    pub(super) path: String,
    /// Decoded.
    pub(super) query: HashMap<String, String>,
    pub(super) headers: HashMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Request {
    /// The next request of a connection; none when the other side has closed it.
    pub(super) async fn read(from: &mut TcpStream, left: &mut Vec<u8>) -> Option<Self> {
        let head = loop {
            if let Some(end) = left.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if from.read_buf(left).await.ok()? == 0 {
                return None;
            }
        };
        let text = String::from_utf8(left[..head].to_vec()).ok()?;
        let mut lines = text.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let headers: HashMap<_, _> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers
            .get("content-length")
            .map_or(0, |text| text.parse().unwrap());
        while left.len() < head + length {
            if from.read_buf(left).await.ok()? == 0 {
                return None;
            }
        }
        let body = left[head..head + length].to_vec();
        left.drain(..head + length);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Some(Self {
            method,
            path: percent_decode_str(path).decode_utf8_lossy().into_owned(),
            query: pairs.into_owned().collect(),
            headers,
            body,
        })
    }
}

impl Answer {
    /// Writes the answer; an error only says that the other side has gone.
    pub(super) async fn write(&self, to: &mut TcpStream) -> std::io::Result<()> {
        let mut text = format!("HTTP/1.1 {} Said\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        if self.status != 204 {
            let _ = write!(
                text,
                "Content-Type: application/scim+json\r\nContent-Length: {}\r\n",
                self.body.len()
            );
        }
        text.push_str("\r\n");
        text.push_str(&self.body);
        to.write_all(text.as_bytes()).await
    }
}
