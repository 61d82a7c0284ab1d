//! Sign-in by OAuth, as a client written by another author would meet it.

use std::time::Duration;

use serde_json::Value;

use crate::sandbox::tests::sandbox_bed::{SandboxAnswer, SandboxBed, answer};
use crate::sandbox::{OAuthRules, SandboxSettings};

const CLIENT: &str = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e";

async fn bed(change: impl FnOnce(&mut OAuthRules)) -> SandboxBed {
    let mut settings = SandboxSettings::default();
    settings.oauth.interval = Duration::ZERO;
    settings.oauth.client_secret = Some("s:e+c".to_owned());
    change(&mut settings.oauth);
    SandboxBed::new(settings).await
}

impl SandboxBed {
    async fn form(&self, path: &str, form: &str) -> SandboxAnswer {
        let url = format!("{}{path}", self.sandbox.auth_url());
        let request = self.client.post(url).body(form.to_owned());
        let kind = "application/x-www-form-urlencoded";
        answer(request.header("content-type", kind).send().await.unwrap()).await
    }

    async fn code(&self) -> Value {
        let form = format!("client_id={CLIENT}&scope=openid");
        let code = self.form("/oauth/device/code", &form).await;
        assert_eq!(code.status, 200);
        code.body
    }

    /// The error of a poll, or its tokens.
    async fn poll(&self, code: &Value) -> Result<Value, String> {
        let code = code["device_code"].as_str().unwrap();
        self.token(&format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code={code}"
        ))
        .await
    }

    async fn refresh(&self, tokens: &Value) -> Result<Value, String> {
        let token = tokens["refresh_token"].as_str().unwrap();
        self.token(&format!("grant_type=refresh_token&refresh_token={token}"))
            .await
    }

    async fn token(&self, form: &str) -> Result<Value, String> {
        let answer = self
            .form("/oauth/token", &format!("{form}&client_id={CLIENT}"))
            .await;
        match answer.status {
            200 => Ok(answer.body),
            400 => Err(answer.body["error"].as_str().unwrap().to_owned()),
            other => panic!("{other}: {}", answer.text),
        }
    }

    async fn opens_scim(&self, tokens: &Value) -> bool {
        let request = self.request(reqwest::Method::GET, "/Users");
        let request = request.bearer_auth(tokens["access_token"].as_str().unwrap());
        request.send().await.unwrap().status() == 200
    }
}

#[tokio::test]
async fn a_code_gives_tokens_once_it_is_approved() {
    let bed = bed(|_| {}).await;
    let code = bed.code().await;
    assert_eq!(bed.poll(&code).await.unwrap_err(), "authorization_pending");
    // What a person does in a browser.
    let page = code["verification_uri_complete"].as_str().unwrap();
    assert_eq!(bed.client.get(page).send().await.unwrap().status(), 200);
    let tokens = bed.poll(&code).await.unwrap();
    assert!(bed.opens_scim(&tokens).await);
    assert_eq!(bed.poll(&code).await.unwrap_err(), "invalid_grant");
}

#[tokio::test]
async fn polls_that_come_too_fast_are_told_so() {
    let bed = bed(|oauth| oauth.interval = Duration::from_mins(1)).await;
    let code = bed.code().await;
    assert_eq!(code["interval"], 60);
    assert_eq!(bed.poll(&code).await.unwrap_err(), "slow_down");
}

#[tokio::test]
async fn codes_are_declined_and_expire() {
    let bed = bed(|_| {}).await;
    let code = bed.code().await;
    assert_eq!(bed.sandbox.decide_codes(false), 1);
    assert_eq!(bed.poll(&code).await.unwrap_err(), "access_denied");
    let bed = crate::sandbox::tests::grants::bed(|oauth| oauth.code_life = Duration::ZERO).await;
    let code = bed.code().await;
    assert_eq!(bed.poll(&code).await.unwrap_err(), "expired_token");
}

#[tokio::test]
async fn a_refresh_token_that_rotates_is_good_once() {
    for rotation in [true, false] {
        let bed = bed(|oauth| oauth.rotation = rotation).await;
        let code = bed.code().await;
        bed.sandbox.decide_codes(true);
        let first = bed.poll(&code).await.unwrap();
        let second = bed.refresh(&first).await.unwrap();
        assert!(bed.opens_scim(&second).await);
        let same = first["refresh_token"] == second["refresh_token"];
        assert_eq!(same, !rotation);
        assert_eq!(bed.refresh(&first).await.is_ok(), !rotation);
        assert!(bed.refresh(&second).await.is_ok());
    }
}

#[tokio::test]
async fn a_client_shows_its_secret_in_the_form_or_by_basic() {
    let bed = bed(|_| {}).await;
    let form = |secret: &str| {
        format!("grant_type=client_credentials&client_id={CLIENT}&client_secret={secret}")
    };
    let good = bed.form("/oauth/token", &form("s%3Ae%2Bc")).await;
    assert_eq!(good.status, 200);
    assert!(bed.opens_scim(&good.body).await);
    let bad = bed.form("/oauth/token", &form("wrong")).await;
    assert_eq!(
        (bad.status, &bad.body["error"]),
        (401, &"invalid_client".into())
    );
    let url = format!("{}/oauth/token", bed.sandbox.auth_url());
    let request = bed.client.post(url).basic_auth(CLIENT, Some("s%3Ae%2Bc"));
    let basic = request.body("grant_type=client_credentials").send().await;
    assert_eq!(basic.unwrap().status(), 200);
}
