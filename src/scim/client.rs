//! The client: one request becomes one exchange, signed with the session's present credential.

use std::sync::Arc;

use crate::auth::Session;
use crate::domain::{
    Answer, Clock, Content, Credential, Filter, Operation, PageAt, Request, RequestKind, Resource,
    Silence, UserId,
};
use crate::http::{
    BaseUrl, Body, HeaderMap, HeaderValue, Http, Method, Outgoing, allowance, header, retry_after,
};
use crate::port::{Directory, SignInError};

use super::dialect::{AttributeName, Dialect, Method as WriteMethod};
use super::error::content;
use super::list;
use super::provider::{self, Provider};
use super::request;
use super::schemas;
use super::shows::Shows;

/// The users of one tenant, at one SCIM base such as `https://api.anaplan.com/scim/1/0/v2`.
#[derive(Debug)]
pub struct ScimClient {
    http: Http,
    base: BaseUrl,
    dialect: Dialect,
    session: Arc<Session>,
    clock: Clock,
    shows: Shows,
}

impl ScimClient {
    /// A client for the service at `base`, which speaks `dialect`. `clock` is asked only for waits that are given as a date
    /// by a server that does not say what time it has.
    pub fn new(
        http: Http,
        base: BaseUrl,
        dialect: Dialect,
        session: Arc<Session>,
        clock: Clock,
    ) -> Self {
        Self {
            http,
            base,
            dialect,
            session,
            clock,
            shows: Shows::default(),
        }
    }

    /// What the provider says about itself. Asked for with the credential, though most answer anybody.
    ///
    /// # Errors
    /// No answer came.
    pub async fn provider(&self) -> Result<Provider, Silence> {
        let path = "/ServiceProviderConfig".to_owned();
        let request = Request::bare(RequestKind::Read, "GET", path);
        let (authorization, _) = self.signed()?;
        let outgoing = self.outgoing(&request, authorization);
        let reply = self
            .http
            .exchange(outgoing.map_err(Silence::Unsendable)?)
            .await?;
        Ok(provider::read(&reply))
    }

    fn signed(&self) -> Result<(HeaderValue, Credential), Silence> {
        self.session
            .authorization()
            .ok_or_else(|| Silence::NotSent("not signed in".to_owned()))
    }

    fn outgoing(&self, request: &Request, authorization: HeaderValue) -> Result<Outgoing, String> {
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|e| e.to_string())?;
        let url = self.base.join(&request.path).map_err(|e| e.to_string())?;
        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(self.session.header(), authorization);
        let media = &self.dialect.media;
        headers.insert(header::ACCEPT, media.accept.0.clone());
        if request.body.is_some() {
            headers.insert(header::CONTENT_TYPE, media.content_type.0.clone());
        }
        if let Some(version) = &request.if_match {
            let version = HeaderValue::try_from(version).map_err(|e| e.to_string())?;
            headers.insert(header::IF_MATCH, version);
        }
        Ok(Outgoing {
            method,
            url,
            headers,
            body: request.body.clone(),
        })
    }
}

impl ScimClient {
    fn note_schemas(&self, body: &Body) {
        let Body::Whole(body) = body else {
            return;
        };
        let access = self.access_attribute();
        if access.is_some_and(|attribute| schemas::declares(body, attribute)) {
            self.shows.note();
        }
        if schemas::declares(body, "emails") {
            self.shows.note_addresses();
        }
    }

    /// The whole user, where the next write is made from it.
    fn resource(&self, kind: RequestKind, content: &Content, body: &Body) -> Option<Resource> {
        let is_needed = self.dialect.write.method == WriteMethod::Put && kind == RequestKind::Read;
        match (content, body) {
            (Content::User(_), Body::Whole(body)) if is_needed => {
                let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
                String::from_utf8(body.to_vec()).ok().map(Resource)
            }
            _ => None,
        }
    }
}

impl Directory for ScimClient {
    fn write_request(
        &self,
        user: &UserId,
        operations: &[Operation],
        shown: Option<&Resource>,
    ) -> Request {
        request::write(&self.dialect, user, operations, shown)
    }

    fn read_request(&self, user: &UserId) -> Request {
        request::read(user)
    }

    fn page_request(&self, at: &PageAt, count: u64) -> Request {
        list::page(at, count)
    }

    fn search_request(&self, filter: &Filter, count: u64) -> Request {
        list::search(&self.dialect, filter, count)
    }

    fn filtered_request(&self, expression: &str, at: &PageAt, count: u64) -> Request {
        list::filtered(expression, at, count)
    }

    fn access_attribute(&self) -> Option<&str> {
        let attribute = self.dialect.access.attribute.as_ref();
        attribute.map(AttributeName::as_str)
    }

    fn shows_access(&self) -> bool {
        self.shows.is_known()
    }

    fn learn_access(&self) {
        self.shows.note();
    }

    fn has_addresses(&self) -> bool {
        self.shows.has_addresses()
    }

    fn schemas_request(&self) -> Request {
        schemas::request()
    }

    async fn ready(&self) -> Result<(), SignInError> {
        self.session.ready().await
    }

    async fn send(&self, request: &Request) -> Result<Answer, Silence> {
        let (authorization, credential) = self.signed()?;
        let outgoing = self
            .outgoing(request, authorization)
            .map_err(Silence::Unsendable)?;
        let reply = self.http.exchange(outgoing).await?;
        if schemas::is_asked_by(request) {
            self.note_schemas(&reply.body);
        }
        let redact = |text: &str| self.session.redact(text);
        let content = content(
            &self.dialect,
            request.kind,
            &self.shows,
            &reply.body,
            redact,
        );
        Ok(Answer {
            status: reply.status,
            wait: retry_after(&reply.headers, self.clock),
            allowance: allowance(&reply.headers, self.clock),
            request_id: reply.request_id().map(|id| self.session.redact(&id)),
            resource: self.resource(request.kind, &content, &reply.body),
            content,
            credential,
        })
    }

    async fn renew(&self, refused: Credential) -> Result<(), SignInError> {
        self.session.renew(refused).await
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;
    use crate::auth::{Account, Anaplan, Issuer, TokenForm, Wire};
    use crate::domain::{Allowance, Content, UserState};
    use crate::http::fake::{Act, Server};
    use crate::http::{HttpSettings, PlainHttp};
    use crate::pace::{Pace, Rate};

    const TOKEN: &str = r#"{"tokenInfo":{"tokenValue":"t0ken-77","expiresAt":0}}"#;

    /// A server that signs everybody in and does `act` with everything else, and a client of it that
    /// is ready to send.
    async fn service(act: Act) -> (Server, ScimClient) {
        let server = Server::start(move |request| {
            if request.starts_with("POST /token/") {
                Act::json("201 Created", TOKEN)
            } else {
                act.clone()
            }
        })
        .await;
        let http = Http::new(&HttpSettings::default()).unwrap();
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
}
