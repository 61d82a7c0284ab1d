//! One sandbox and one client for a test.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::sandbox::{Books, FaultSettings, Person, Sandbox, SandboxSettings, people};

pub(crate) const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

pub(crate) struct SandboxBed {
    pub(crate) sandbox: Sandbox,
    pub(crate) books: Books,
    pub(crate) client: reqwest::Client,
    pub(crate) people: Vec<Person>,
}

pub(crate) struct SandboxAnswer {
    pub(crate) status: u16,
    pub(crate) response_headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl SandboxBed {
    pub(crate) async fn new(settings: SandboxSettings) -> Self {
        let people = people(settings.seed, settings.users).collect();
        let sandbox = Sandbox::start(settings).await.unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .retry(reqwest::retry::never())
            .build()
            .unwrap();
        Self {
            books: sandbox.books(),
            sandbox,
            client,
            people,
        }
    }

    pub(crate) async fn plain() -> Self {
        Self::new(SandboxSettings::default()).await
    }

    pub(crate) async fn faulty(text: &str) -> Self {
        let faults = FaultSettings::parse(text).unwrap();
        Self::new(SandboxSettings {
            faults,
            ..SandboxSettings::default()
        })
        .await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.sandbox.scim_url()))
    }

    /// A request with a SCIM body by the administering account.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> SandboxAnswer {
        let request = self
            .request(method, path)
            .basic_auth("admin@example.com", Some("sandbox"));
        let request = request.header("content-type", "application/scim+json");
        answer(request.body(body.to_string()).send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> SandboxAnswer {
        let request = self.request(Method::GET, path);
        let request = request.basic_auth("admin@example.com", Some("sandbox"));
        answer(request.send().await.unwrap()).await
    }

    /// A PATCH with these operations on the person of this number.
    pub(crate) async fn patch(&self, number: usize, operations: Value) -> SandboxAnswer {
        let path = format!("/Users/{}", self.people[number].id);
        self.send(Method::PATCH, &path, &patch_body(&operations))
            .await
    }

    /// Whether a PATCH that disables the person gets any answer.
    pub(crate) async fn try_disable(&self, number: usize) -> Result<StatusCode, reqwest::Error> {
        let path = format!("/Users/{}", self.people[number].id);
        let request = self.request(Method::PATCH, &path);
        let request = request.basic_auth("admin@example.com", Some("sandbox"));
        let request = request.header("content-type", "application/scim+json");
        let sent = request
            .body(patch_body(&disable()).to_string())
            .send()
            .await?;
        Ok(sent.status())
    }
}

pub(crate) async fn answer(response: Response) -> SandboxAnswer {
    let (status, response_headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_default();
    SandboxAnswer {
        status,
        response_headers,
        text,
        body,
    }
}

pub(crate) fn patch_body(operations: &Value) -> Value {
    json!({ "schemas": [PATCH_SCHEMA], "Operations": operations })
}

pub(crate) fn disable() -> Value {
    json!([{ "op": "replace", "path": "active", "value": false }])
}

pub(crate) fn off_board() -> Value {
    json!([
        { "op": "remove", "path": "entitlements" },
        { "op": "replace", "path": "active", "value": false },
    ])
}
