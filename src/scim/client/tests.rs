//! Exchanges with a raw server, signed in.

use std::num::NonZeroU32;
use std::time::Duration;

use super::*;
use crate::auth::{Account, Anaplan, Issuer, TokenForm, Wire};
use crate::domain::{Allowance, Content, UserState};
use crate::http::fake::{Act, Server};
use crate::http::{HttpSettings, PlainHttp};
use crate::pace::{Pace, Rate};

const TOKEN: &str = r#"{"tokenInfo":{"tokenValue":"t0ken-77","expiresAt":0}}"#;

/// A server that accepts every sign-in and does `act` with all other requests, and a client of it that
/// is ready to send.
async fn service(act: Act) -> (Server, ScimClient) {
    scripted(move |_| act.clone()).await
}

/// The same with an answer to each request but those for a token.
async fn scripted(script: impl Fn(&str) -> Act + Send + Sync + 'static) -> (Server, ScimClient) {
    let server = Server::start(move |request| {
        if request.starts_with("POST /token/") {
            Act::json("201 Created", TOKEN)
        } else {
            script(request)
        }
    })
    .await;
    let http = Http::new(&HttpSettings::default()).unwrap();
    client_of(server, http).await
}

/// A client of this server that goes this way.
async fn client_of(server: Server, http: Http) -> (Server, ScimClient) {
    let url = |path: &str| {
        BaseUrl::parse(&format!("{}{path}", server.url), PlainHttp::LoopbackOnly).unwrap()
    };
    let pace = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
    let anaplan = Anaplan::basic(
        Wire::new(http.clone(), Arc::clone(&pace), Clock::System),
        url(""),
        Account::new("ada", "hunter-22".into()).unwrap(),
    );
    let form = TokenForm::scheme("AnaplanAuthToken");
    let session = Session::new(Issuer::Anaplan(anaplan), form, pace);
    let client = ScimClient::new(
        http,
        url("/scim/1/0/v2/"),
        Dialect::default(),
        Arc::new(session),
        Clock::System,
    );
    client.ready().await.unwrap();
    (server, client)
}

fn both() -> Vec<Operation> {
    vec![Operation::RemoveWorkspaces, Operation::SetActive(false)]
}

/// The latest request, byte by byte but for the port and the line ends.
fn last(server: &Server) -> String {
    let text = server.heard().pop().unwrap();
    text.replace(&server.url[7..], "HOST").replace("\r\n", "\n")
}

#[tokio::test]
async fn a_write_looks_like_this() {
    let user = r#"{"id":"a/b@c","active":false}"#;
    let (server, client) = service(Act::json("200 OK\r\nX-Request-Id: r-7", user)).await;
    let request = client.write_request(&UserId::new("a/b@c"), &both(), None);
    let answer = client.send(&request).await.unwrap();
    insta::assert_snapshot!(last(&server), @r#"
    PATCH /scim/1/0/v2/Users/a%2Fb%40c HTTP/1.1
    authorization: AnaplanAuthToken t0ken-77
    accept: application/scim+json, application/json;q=0.9
    content-type: application/scim+json
    accept-encoding: identity
    user-agent: offboard/0.1.0
    host: HOST
    content-length: 161

    {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]}
    "#);
    assert_eq!(
        answer,
        Answer {
            status: 200,
            content: Content::User(UserState {
                active: Some(false),
                ..UserState::of("a/b@c")
            }),
            wait: None,
            allowance: None,
            request_id: Some("r-7".into()),
            resource: None,
            credential: Credential(1),
        }
    );
}

#[tokio::test]
async fn a_read_looks_like_this() {
    let (server, client) = service(Act::raw("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let answer = client.send(&client.read_request(&UserId::new("u+1"))).await;
    insta::assert_snapshot!(last(&server), @r"
    GET /scim/1/0/v2/Users/u%2B1 HTTP/1.1
    authorization: AnaplanAuthToken t0ken-77
    accept: application/scim+json, application/json;q=0.9
    accept-encoding: identity
    user-agent: offboard/0.1.0
    host: HOST
    ");
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.content), (204, Content::Empty));
}

#[tokio::test]
async fn a_throttled_answer_names_its_wait_and_no_secret() {
    let act = Act::json(
        "429 Too Many Requests\r\nRetry-After: 7",
        "hunter-22 and t0ken-77",
    );
    let (_server, client) = service(act).await;
    let answer = client.send(&client.read_request(&UserId::new("u"))).await;
    let answer = answer.unwrap();
    assert_eq!(answer.wait, Some(Duration::from_secs(7)));
    assert_eq!(answer.words().unwrap(), "[redacted] and [redacted]");
}

#[tokio::test]
async fn an_answer_tells_what_remains() {
    let act = Act::json(
        "200 OK\r\nX-RateLimit-Remaining: 7\r\nX-RateLimit-Reset: 30",
        "{}",
    );
    let (_server, client) = service(act).await;
    let answer = client.send(&client.read_request(&UserId::new("u"))).await;
    let expected = Allowance {
        remaining: 7,
        resets_in: Duration::from_secs(30),
    };
    assert_eq!(answer.unwrap().allowance, Some(expected));
}

#[tokio::test]
async fn an_id_that_leads_elsewhere_is_never_sent() {
    let (server, client) = service(Act::json("200 OK", "{}")).await;
    for id in ["..", "."] {
        let request = client.write_request(&UserId::new(id), &both(), None);
        match client.send(&request).await {
            Err(Silence::Unsendable(why)) => assert!(why.contains("lead elsewhere"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(server.heard().len(), 1, "nothing but the sign-in");
}

#[tokio::test]
async fn a_refused_credential_is_replaced_and_silence_is_handed_on() {
    let (server, client) = service(Act::Reset).await;
    let request = client.read_request(&UserId::new("u"));
    assert!(matches!(client.send(&request).await, Err(Silence::Lost(_))));
    client.renew(Credential(1)).await.unwrap();
    assert_eq!(client.session.authorization().unwrap().1, Credential(2));
    assert_eq!(server.heard().len(), 3);
}

fn moved(status: u16, place: &str) -> Act {
    Act::json(&format!("{status} Moved\r\nLocation: {place}"), "moved")
}

/// The request lines that a server has heard, without the sign-in.
fn lines(server: &Server) -> Vec<String> {
    let heard = server.heard();
    let lines = heard.iter().skip(1).filter_map(|text| text.lines().next());
    lines.map(|line| line.replace(" HTTP/1.1", "")).collect()
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_with_all_that_the_request_holds() {
    let (server, client) = scripted(|request| {
        if request.contains("Users/u/ ") {
            Act::json("200 OK", r#"{"id":"u"}"#)
        } else {
            moved(308, "/scim/1/0/v2/Users/u/")
        }
    })
    .await;
    let write = client.write_request(&UserId::new("u"), &both(), None);
    for request in [client.read_request(&UserId::new("u")), write] {
        let answer = client.send(&request).await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(last(&server).contains("authorization: AnaplanAuthToken t0ken-77\n"));
    }
    assert!(last(&server).contains("PatchOp"), "the body goes along");
    assert_eq!(lines(&server).len(), 4);
}

#[tokio::test]
async fn p10_no_credential_goes_where_the_server_points_elsewhere() {
    let other = Server::always(Act::json("200 OK", r#"{"id":"u"}"#)).await;
    let place = format!("{}/Users/u?key=hidden", other.url);
    for status in [301, 302, 303, 307, 308] {
        let (server, client) = service(moved(status, &place)).await;
        let answer = client.send(&client.read_request(&UserId::new("u"))).await;
        let answer = answer.unwrap();
        let words = answer.words().unwrap();
        assert_eq!(answer.status, status);
        assert!(
            words.contains(&format!("{}/Users/u,", other.url)),
            "{words}"
        );
        assert!(!words.contains("hidden"), "{words}");
        assert_eq!((lines(&server).len(), other.heard().len()), (1, 0));
    }
}

#[tokio::test]
async fn redirects_without_an_end_are_given_up() {
    let (server, client) = service(moved(307, "/scim/1/0/v2/Users/u")).await;
    let answer = client.send(&client.read_request(&UserId::new("u"))).await;
    let words = answer.unwrap().words().unwrap();
    assert!(words.contains("without an end"), "{words}");
    assert_eq!(lines(&server).len(), 6);
}

#[tokio::test]
async fn a_misdirected_request_goes_once_more_on_a_new_connection() {
    let (server, client) = service(Act::json("421 Misdirected Request", "")).await;
    let write = client.write_request(&UserId::new("u"), &both(), None);
    let before = server.connections();
    assert_eq!(client.send(&write).await.unwrap().status, 421);
    assert_eq!(lines(&server).len(), 2);
    assert_eq!(server.connections(), before + 1);
}

#[tokio::test]
async fn a_write_that_needs_a_version_says_how_it_gets_one() {
    let act = Act::json(
        "428 Precondition Required",
        r#"{"detail":"If-Match is required"}"#,
    );
    let (_server, client) = service(act).await;
    let write = client.write_request(&UserId::new("u"), &both(), None);
    let words = client.send(&write).await.unwrap().words().unwrap();
    assert!(words.contains("If-Match is required"), "{words}");
    assert!(words.contains("`if-match = true`"), "{words}");
}

#[tokio::test]
async fn the_version_of_a_header_goes_with_the_next_write() {
    let act = Act::json("200 OK\r\nETag: W/\"7\"", r#"{"id":"u","active":true}"#);
    let (server, mut client) = service(act).await;
    client.dialect = toml::from_str("write.if-match = true").unwrap();
    let user = UserId::new("u");
    let answer = client.send(&client.read_request(&user)).await.unwrap();
    let write = client.write_request(&user, &both(), answer.resource.as_ref());
    client.send(&write).await.unwrap();
    assert!(
        last(&server).contains("if-match: W/\"7\"\n"),
        "{}",
        last(&server)
    );
}

#[tokio::test]
async fn a_page_that_refuses_the_list_by_way_of_a_proxy_is_no_missing_role() {
    for (body, is_blocked) in [
        ("<title>Access denied</title>", true),
        (r#"{"detail":"no role"}"#, false),
    ] {
        let server = Server::start(move |request| {
            if request.starts_with("POST ") {
                Act::json("201 Created", TOKEN)
            } else {
                Act::json("403 Forbidden", body)
            }
        })
        .await;
        let mut settings = HttpSettings::default();
        let proxy = crate::http::Proxy::new(&server.url, None).unwrap();
        settings.network.proxy = crate::http::ProxyChoice::Named(proxy);
        settings.network.proxy_loopback = true;
        let http = Http::new(&settings).unwrap();
        let (_server, client) = client_of(server, http).await;
        let list = client.send(&client.page_request(&PageAt::FIRST, 1)).await;
        match list {
            Err(Silence::Blocked(why)) if is_blocked => {
                assert!(
                    why.contains("proxy") && why.contains("Access denied"),
                    "{why}"
                );
            }
            Ok(answer) if !is_blocked => assert_eq!(answer.status, 403),
            other => panic!("{other:?}"),
        }
        let read = client.read_request(&UserId::new("u"));
        assert_eq!(client.send(&read).await.unwrap().status, 403);
    }
}
