//! The client: one request becomes one exchange, signed with the session's present credential.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::Session;
use crate::domain::{
    Answer, Clock, Content, Credential, Filter, Operation, PageAt, Problem, Request, RequestKind,
    Resource, Silence, UserId,
};
use crate::http::{
    BaseUrl, Body, HeaderMap, HeaderValue, Http, Method, Outgoing, Redirect, Reply, allowance,
    header, redirect, retry_after,
};
use crate::port::{Directory, SignInError};

use super::dialect::{AttributeName, Dialect};
use super::error::content;
use super::list;
use super::provider::{self, Provider};
use super::request;
use super::schemas;
use super::shows::Shows;

/// Redirects that are followed for one request, at most.
const MOST_REDIRECTS: u32 = 5;

/// Longest wait for the permit to follow: a write is not to leave long after it was decided.
const PERMIT_WAIT: Duration = Duration::from_secs(10);

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

    /// What the provider says about itself. Asked for with the credential, though most providers answer without one.
    ///
    /// # Errors
    /// No answer came.
    pub async fn provider(&self) -> Result<Provider, Silence> {
        let path = "/ServiceProviderConfig".to_owned();
        let request = Request::bare(RequestKind::Read, "GET", path);
        let (authorization, _) = self.signed()?;
        let outgoing = self.outgoing(&request, authorization);
        let delivered = self.deliver(outgoing.map_err(Silence::Unsendable)?).await?;
        Ok(provider::read(&delivered.reply))
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

/// What a request has brought in the end.
struct Delivered {
    reply: Reply,
    /// Where the server points instead, if that is not followed.
    elsewhere: Option<String>,
}

impl ScimClient {
    /// Sends a request. Where the server says that it has done nothing, and where or how the request is to be
    /// sent instead, that is done: a redirect within the origin is followed, and one that came by the wrong
    /// connection (421) goes once by a new one. Each time a permit of the pace is waited for (P6).
    async fn deliver(&self, outgoing: Outgoing) -> Result<Delivered, Silence> {
        let mut outgoing = outgoing;
        let (mut redirects, mut is_repeated) = (0, false);
        let mut reply = self.http.exchange(outgoing.clone()).await?;
        loop {
            let elsewhere = match redirect(&outgoing.method, &outgoing.url, &reply) {
                Redirect::Follow(url) if redirects < MOST_REDIRECTS => {
                    redirects += 1;
                    tracing::debug!(status = reply.status, redirects, "following a redirect");
                    self.permit().await?;
                    outgoing.url = url;
                    reply = self.http.exchange(outgoing.clone()).await?;
                    continue;
                }
                Redirect::No if reply.status == 421 && !is_repeated => {
                    is_repeated = true;
                    self.permit().await?;
                    reply = self.http.exchange_anew(outgoing.clone()).await?;
                    continue;
                }
                Redirect::No => None,
                Redirect::Follow(url) => Some(format!("{url}, and so on without an end")),
                Redirect::Refused(place) => Some(place),
            };
            return Ok(Delivered { reply, elsewhere });
        }
    }

    async fn permit(&self) -> Result<(), Silence> {
        let permit = tokio::time::timeout(PERMIT_WAIT, self.session.permit());
        let too_late = "the server asked for another request, and the pace left no time for one";
        permit
            .await
            .map_err(|_| Silence::NotSent(too_late.to_owned()))
    }

    /// What an answer holds. What a proxy may have made up is called so, and a place that was not gone to is
    /// named.
    fn content(&self, request: &Request, delivered: &Delivered) -> Content {
        let Delivered { reply, elsewhere } = delivered;
        let redact = |text: &str| self.session.redact(text);
        let shows = &self.shows;
        let content = content(&self.dialect, request.kind, shows, &reply.body, redact);
        if reply.status == 428 && request.if_match.is_none() {
            return Content::Other(needs_version(content));
        }
        match (content, elsewhere, &reply.proxy) {
            (_, Some(place), _) => {
                let place = redact(place);
                let why = format!(
                    "the server points to {place}, where this request must not go: check `--scim-url`"
                );
                Content::Other(Problem {
                    detail: Some(crate::http::one_line(&why)),
                    ..Problem::default()
                })
            }
            (Content::Foreign(text), None, Some(proxy)) => Content::Foreign(format!(
                "a page of the proxy {proxy}, or of what it passes on: {text}"
            )),
            (content, None, _) => content,
        }
    }

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
    fn resource(&self, kind: RequestKind, content: &Content, reply: &Reply) -> Option<Resource> {
        let is_needed = self.dialect.write.needs_read() && kind == RequestKind::Read;
        match (content, &reply.body) {
            (Content::User(_), Body::Whole(body)) if is_needed => {
                let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
                let etag = reply.headers.get(header::ETAG);
                Some(Resource {
                    whole: String::from_utf8(body.to_vec()).ok()?,
                    version: etag.and_then(|tag| tag.to_str().ok()).map(str::to_owned),
                })
            }
            _ => None,
        }
    }
}

/// A server that takes no write without a version (428), in words that say what to do.
fn needs_version(content: Content) -> Problem {
    let problem = match content {
        Content::Other(problem) => problem,
        _ => Problem::default(),
    };
    let said = problem.detail.as_deref().unwrap_or("a version is required");
    let advice = "set `if-match = true` below `[scim.write]` in the profile";
    Problem {
        detail: Some(format!("{said} (428): {advice}")),
        ..problem
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
        let delivered = self.deliver(outgoing).await?;
        let content = self.content(request, &delivered);
        let reply = delivered.reply;
        // A page in the place of a list is no word about any user: what stands between refuses.
        if let (RequestKind::List, 403, Content::Foreign(text), Some(_)) =
            (request.kind, reply.status, &content, &reply.proxy)
        {
            return Err(Silence::Blocked(format!("refused (403) by {text}")));
        }
        if schemas::is_asked_by(request) {
            self.note_schemas(&reply.body);
        }
        Ok(Answer {
            status: reply.status,
            wait: retry_after(&reply.headers, self.clock),
            allowance: allowance(&reply.headers, self.clock),
            request_id: reply.request_id().map(|id| self.session.redact(&id)),
            resource: self.resource(request.kind, &content, &reply),
            content,
            credential,
        })
    }

    async fn renew(&self, refused: Credential) -> Result<(), SignInError> {
        self.session.renew(refused).await
    }
}

#[cfg(test)]
mod tests;
