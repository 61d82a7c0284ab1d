//! Exchanges with a raw server.

use super::*;
use crate::http::fake::{Act, Server};
use crate::http::{BaseUrl, HeaderMap, Method, PlainHttp};

/// A client that no proxy of the environment gets in the way of.
fn http(timeout: Duration) -> Http {
    Http::new(&HttpSettings {
        connect_timeout: Duration::from_secs(5),
        timeout,
        network: Network {
            proxy: ProxyChoice::Direct,
            ..Network::default()
        },
        ..HttpSettings::default()
    })
    .unwrap()
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
        Body::Broken(why) | Body::Packed(why) => why,
        Body::TooLong => "too long".to_owned(),
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
    assert_eq!(endless, "too long");

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

#[tokio::test]
async fn a_request_goes_anew_on_a_connection_of_its_own() {
    let server = Server::always(Act::json("200 OK", "{}")).await;
    let http = http(LONG);
    for _ in 0..3 {
        http.exchange(outgoing(&server.url)).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
    http.exchange_anew(outgoing(&server.url)).await.unwrap();
    http.exchange_anew(outgoing(&server.url)).await.unwrap();
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn no_compression_is_asked_for() {
    let server = Server::always(Act::json("200 OK", "{}")).await;
    ask(&server.url, LONG).await.unwrap();
    let heard = server.heard();
    let wanted = "accept-encoding: identity\r\n";
    assert!(heard[0].to_ascii_lowercase().contains(wanted), "{heard:?}");
}

/// A client whose proxy is this server.
fn behind(proxy: &str) -> Http {
    Http::new(&HttpSettings {
        timeout: LONG,
        network: Network {
            proxy: ProxyChoice::Named(crate::http::Proxy::new(proxy, None).unwrap()),
            proxy_loopback: true,
            ..Network::default()
        },
        ..HttpSettings::default()
    })
    .unwrap()
}

#[tokio::test]
async fn a_proxy_that_refuses_blocks_and_is_no_server() {
    let refusal = |offer: &str| {
        Act::json(
            &format!("407 Proxy Authentication Required\r\nProxy-Authenticate: {offer}"),
            "",
        )
    };
    for (offer, expected) in [("Negotiate", "Negotiate"), ("Basic realm=x", "--proxy")] {
        for scheme in ["http", "https"] {
            let proxy = Server::always(refusal(offer)).await;
            let base = format!("{scheme}://server.invalid");
            match behind(&proxy.url).exchange(outgoing(&base)).await {
                // What a proxy says of a tunnel that it does not make is not handed on.
                Err(Silence::Blocked(why)) if scheme == "https" => {
                    assert!(why.contains("the proxy wants a sign-in"), "{why}");
                }
                Err(Silence::Blocked(why)) => assert!(why.contains(expected), "{why}"),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_reply_that_a_proxy_may_have_made_says_so() {
    let proxy = Server::always(Act::json("502 Bad Gateway", "<title>no such host</title>")).await;
    let reply = behind(&proxy.url)
        .exchange(outgoing("http://server.invalid"))
        .await;
    assert_eq!(reply.unwrap().proxy.as_deref(), Some(&*proxy.url));
    let reply = ask(&proxy.url, LONG).await;
    assert_eq!(reply.unwrap().proxy, None);
}

/// An answer whose body is packed by gzip.
fn packed(body: &[u8]) -> Act {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(body).unwrap();
    let gzip = gzip.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        gzip.len()
    );
    Act::Bytes([head.into_bytes(), gzip].concat())
}

#[tokio::test]
async fn a_packed_body_is_unpacked_within_the_cap() {
    let server = Server::always(packed(b"{}")).await;
    let reply = ask(&server.url, LONG).await.unwrap();
    assert!(matches!(reply.body, Body::Whole(body) if body == b"{}"));
    let server = Server::always(packed(&vec![b' '; BODY_CAP + 1])).await;
    let reply = ask(&server.url, LONG).await.unwrap();
    assert!(matches!(reply.body, Body::TooLong));
}
