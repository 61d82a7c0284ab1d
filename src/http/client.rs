//! The client: settings, one exchange, and the reading of a body up to its cap.
//!
//! A repetition that the ledger does not know of would make its count of attempts wrong, so
//! reqwest's own retries and redirects are off. (hyper still moves a request to a new connection if
//! the pooled one closed before a byte of it was written; nobody can have seen that.)

use std::time::Duration;

use reqwest::{Client, Response, redirect, retry, tls};
use tokio::time::Instant;

use crate::domain::Silence;
use crate::http::base_url::is_loopback;
use crate::http::failure::{chain, lacks_descriptors, silence};
use crate::http::{Body, Outgoing, Reply};

/// Longest body that is read, in bytes. A user with thousands of workspaces stays far below.
const BODY_CAP: usize = 8 * 1024 * 1024;

/// How long an unused connection is kept. Servers and load balancers close theirs after 30 s or
/// more; a connection that closes under a request costs a user a doubt.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// The time between two looks for a free descriptor, where the machine grants fewer of them than
/// there are requests to send.
const DESCRIPTOR_WAIT: Duration = Duration::from_millis(50);

/// What can be set about connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// Longest time for name look-up, connecting and TLS together. Keep it below `timeout`: only
    /// when this one ends a request is it known that nothing was sent.
    pub connect_timeout: Duration,
    /// Longest time for a whole exchange, from connecting to the last byte of the body.
    pub timeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            user_agent: concat!("offboard/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// The client cannot be built: the TLS roots cannot be read, or the user agent is no header text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot set up HTTP: {0}")]
pub struct HttpError(String);

/// A client with its pool of connections; clones share the pool.
#[derive(Debug, Clone)]
pub struct Http {
    /// Takes the proxies that the environment names.
    outside: Client,
    /// Takes none: a proxy cannot reach our own loopback.
    loopback: Client,
    timeout: Duration,
}

impl Http {
    /// A client for all requests of a process.
    ///
    /// # Errors
    /// [`HttpError`] if the machine has no usable TLS set-up.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        let builder = || {
            Client::builder()
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .referer(false)
                .connect_timeout(settings.connect_timeout)
                .timeout(settings.timeout)
                .pool_idle_timeout(POOL_IDLE)
                .tcp_nodelay(true)
                .tls_backend_rustls()
                .tls_version_min(tls::Version::TLS_1_2)
                .user_agent(&settings.user_agent)
        };
        let error = |error: reqwest::Error| HttpError(chain(&error.without_url()));
        Ok(Self {
            outside: builder().build().map_err(error)?,
            loopback: builder().no_proxy().build().map_err(error)?,
            timeout: settings.timeout,
        })
    }

    /// Sends one request, once, and reads its reply. A reply whose status line has come is never an
    /// error, whatever becomes of its body.
    ///
    /// # Errors
    /// [`Silence::NotSent`] only if connecting failed; [`Silence::Lost`] for everything else.
    pub async fn exchange(&self, outgoing: Outgoing) -> Result<Reply, Silence> {
        let client = if is_loopback(&outgoing.url) {
            &self.loopback
        } else {
            &self.outside
        };
        let mut response = self.execute(client, outgoing).await.map_err(silence)?;
        Ok(Reply {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: read(response).await,
        })
    }

    /// Sends; but where there is no descriptor for a connection, nothing was sent, and others will
    /// give theirs back. That is no matter of the server's, and must not look like its outage.
    async fn execute(&self, client: &Client, outgoing: Outgoing) -> reqwest::Result<Response> {
        let deadline = Instant::now().checked_add(self.timeout);
        let request = outgoing.into_reqwest();
        while let Some(copy) = request.try_clone() {
            match client.execute(copy).await {
                Err(error)
                    if lacks_descriptors(&error)
                        && deadline.is_none_or(|deadline| Instant::now() < deadline) =>
                {
                    tokio::time::sleep(DESCRIPTOR_WAIT).await;
                }
                result => return result,
            }
        }
        client.execute(request).await
    }
}

/// Reads a body. Leaving early drops the response, which closes its connection.
async fn read(mut response: Response) -> Body {
    let mut whole = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if whole.len() + chunk.len() > BODY_CAP => {
                return Body::Broken(format!("the body is longer than {} KiB", BODY_CAP / 1024));
            }
            Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
            Ok(None) => return Body::Whole(whole),
            Err(error) => return Body::Broken(chain(&error.without_url())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::fake::{Act, Server};
    use crate::http::{BaseUrl, HeaderMap, Method, PlainHttp};

    /// A client that no proxy of the environment gets in the way of.
    fn http(timeout: Duration) -> Http {
        let loopback = Http::new(&HttpSettings {
            connect_timeout: Duration::from_secs(5),
            timeout,
            ..HttpSettings::default()
        })
        .unwrap()
        .loopback;
        Http {
            outside: loopback.clone(),
            loopback,
            timeout,
        }
    }

    fn outgoing(base: &str) -> Outgoing {
        let base = BaseUrl::parse(base, PlainHttp::Anywhere).unwrap();
        Outgoing {
            method: Method::GET,
            url: base.join("/thing").unwrap(),
            headers: HeaderMap::new(),
            body: None,
        }
    }

    async fn ask(base: &str, timeout: Duration) -> Result<Reply, Silence> {
        http(timeout).exchange(outgoing(base)).await
    }

    const LONG: Duration = Duration::from_secs(20);

    async fn body_of(act: Act, timeout: Duration) -> String {
        let server = Server::always(act).await;
        match ask(&server.url, timeout).await.unwrap().body {
            Body::Broken(why) => why,
            Body::Whole(bytes) => panic!("{} bytes came whole", bytes.len()),
        }
    }

    #[tokio::test]
    async fn a_whole_reply_is_handed_on_and_a_redirect_is_not_followed() {
        let server = Server::always(Act::raw(
            "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nhi",
        ))
        .await;
        let reply = ask(&server.url, LONG).await.unwrap();
        assert_eq!(reply.status, 302);
        assert_eq!(reply.headers["location"], "/elsewhere");
        assert!(matches!(reply.body, Body::Whole(bytes) if bytes == b"hi"));
        assert_eq!(server.heard().len(), 1);
    }

    #[tokio::test]
    async fn only_a_failure_to_connect_proves_that_nothing_was_sent() {
        let refused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = refused.local_addr().unwrap().port();
        drop(refused);
        for (base, expected) in [
            (format!("http://127.0.0.1:{port}"), "Connection refused"),
            ("http://nonexistent.invalid".to_owned(), "dns error"),
        ] {
            match ask(&base, LONG).await {
                Err(Silence::NotSent(text)) => assert!(text.contains(expected), "{text}"),
                other => panic!("{base}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_connection_that_breaks_after_the_request_is_lost() {
        for act in [Act::Reset, Act::raw(""), Act::raw("HTTP/1.1 20")] {
            let server = Server::always(act.clone()).await;
            match ask(&server.url, LONG).await {
                Err(Silence::Lost(text)) => {
                    assert!(text.contains("error sending request: "), "{text}");
                    assert!(!text.contains("http://"), "{text}");
                }
                other => panic!("{act:?}: {other:?}"),
            }
            assert_eq!(server.heard().len(), 1, "it was repeated after {act:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_lost_after_the_timeout() {
        let server = Server::always(Act::Stall).await;
        match ask(&server.url, Duration::from_millis(200)).await {
            Err(Silence::Lost(text)) => assert!(text.contains("timed out"), "{text}"),
            other => panic!("{other:?}"),
        }
    }

    /// A server that takes the connection and never answers to TLS. Nothing was sent either way, but
    /// only the timeout for connecting can know.
    #[tokio::test]
    async fn a_connect_timeout_proves_that_nothing_was_sent() {
        let short = Duration::from_millis(200);
        for (connect_timeout, timeout, never_left) in [(short, LONG, true), (LONG, short, false)] {
            let server = Server::always(Act::Stall).await;
            let http = Http::new(&HttpSettings {
                connect_timeout,
                timeout,
                ..HttpSettings::default()
            });
            let base = server.url.replace("http://", "https://");
            let outgoing = outgoing(&base);
            match http.unwrap().exchange(outgoing).await {
                Err(Silence::NotSent(text)) if never_left => {
                    assert!(text.contains("(Connect)"), "{text}");
                }
                Err(Silence::Lost(text)) if !never_left => {
                    assert!(text.contains("timed out"), "{text}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_whole_is_broken_and_keeps_its_status() {
        let cut = Act::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":");
        let why = body_of(cut, LONG).await;
        assert!(why.contains("end of file"), "{why}");

        let endless = body_of(Act::Endless, LONG).await;
        assert_eq!(endless, "the body is longer than 8192 KiB");

        let slow = Act::StallAfter("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".to_owned());
        let why = body_of(slow, Duration::from_millis(200)).await;
        assert!(why.contains("timed out"), "{why}");
    }

    #[tokio::test]
    async fn what_is_no_http_is_lost() {
        let server = Server::always(Act::raw("SSH-2.0-OpenSSH_9.6\r\n")).await;
        assert!(matches!(
            ask(&server.url, LONG).await,
            Err(Silence::Lost(_))
        ));
    }
}
