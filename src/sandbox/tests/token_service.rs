//! The token service, and who may call SCIM.

use std::time::Duration;

use reqwest::Method;

use crate::sandbox::SandboxSettings;
use crate::sandbox::tests::sandbox_bed::{SandboxAnswer, SandboxBed, answer};

impl SandboxBed {
    async fn token_call(&self, method: Method, call: &str, header: &str) -> SandboxAnswer {
        let url = format!("{}/token/{call}", self.sandbox.auth_url());
        let request = self
            .client
            .request(method, url)
            .header("authorization", header);
        answer(request.send().await.unwrap()).await
    }

    async fn sign_in(&self) -> String {
        // admin@example.com:sandbox
        let header = "Basic YWRtaW5AZXhhbXBsZS5jb206c2FuZGJveA==";
        let answer = self.token_call(Method::POST, "authenticate", header).await;
        assert_eq!(answer.status, 201);
        answer.body["tokenInfo"]["tokenValue"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    async fn list_status(&self, header: Option<&str>) -> u16 {
        let mut request = self.request(Method::GET, "/Users");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        request.send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn a_token_lives_from_sign_in_to_logout() {
    let bed = SandboxBed::plain().await;
    let token = bed.sign_in().await;
    let header = format!("AnaplanAuthToken {token}");
    let valid = bed.token_call(Method::GET, "validate", &header).await;
    assert_eq!(
        (valid.status, &valid.body["status"]),
        (200, &"SUCCESS".into())
    );
    assert_eq!(valid.body["userInfo"]["userId"], "admin@example.com");
    assert_eq!(
        valid.body["userInfo"]["userGuid"].as_str().unwrap().len(),
        32
    );
    let expires = valid.body["tokenInfo"]["expiresAt"].as_i64().unwrap();
    let left = expires - crate::sandbox::clock::wall_ms();
    assert!((34 * 60_000..=35 * 60_000).contains(&left), "{left}");

    let refreshed = bed.token_call(Method::POST, "refresh", &header).await;
    assert_eq!(refreshed.status, 200);
    assert_eq!(refreshed.body["tokenInfo"]["tokenValue"], token.as_str());
    assert!(refreshed.body["tokenInfo"]["expiresAt"].as_i64().unwrap() > expires);

    assert_eq!(bed.list_status(Some(&header)).await, 200);
    let logout = bed.token_call(Method::POST, "logout", &header).await;
    assert_eq!((logout.status, logout.text.as_str()), (204, ""));
    assert_eq!(
        bed.token_call(Method::GET, "validate", &header)
            .await
            .status,
        401
    );
    assert_eq!(
        bed.token_call(Method::POST, "refresh", &header)
            .await
            .status,
        401
    );
    assert_eq!(bed.list_status(Some(&header)).await, 401);
    let totals = bed.books.totals();
    assert_eq!(
        (totals.sign_ins, totals.refreshes, totals.logouts),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn bad_headers_are_401_or_400_by_call() {
    let bed = SandboxBed::plain().await;
    let calls = [
        (Method::POST, "authenticate", 401),
        (Method::POST, "logout", 401),
        (Method::GET, "validate", 400),
        (Method::POST, "refresh", 400),
    ];
    for (method, call, status) in calls {
        for header in ["Digest abc", "Bearer abc", "Basic !"] {
            let answer = bed.token_call(method.clone(), call, header).await;
            assert_eq!((answer.status, call), (status, call));
            assert_eq!(answer.body["status"], "FAILURE_BAD_HEADER");
        }
    }
    // admin@example.com:wrong
    let header = "Basic YWRtaW5AZXhhbXBsZS5jb206d3Jvbmc=";
    let wrong = bed.token_call(Method::POST, "authenticate", header).await;
    assert_eq!(
        (wrong.status, &wrong.body["status"]),
        (401, &"FAILURE_BAD_CREDENTIAL".into())
    );
    assert_eq!(bed.books.totals().sign_ins, 0);
}

#[tokio::test]
async fn expired_and_revoked_tokens_are_dead() {
    let token_life = Duration::ZERO;
    let bed = SandboxBed::new(SandboxSettings {
        token_life,
        ..SandboxSettings::default()
    })
    .await;
    let header = format!("AnaplanAuthToken {}", bed.sign_in().await);
    assert_eq!(bed.list_status(Some(&header)).await, 401);
    assert_eq!(
        bed.token_call(Method::POST, "refresh", &header)
            .await
            .status,
        401
    );

    let bed = SandboxBed::plain().await;
    let header = format!("AnaplanAuthToken {}", bed.sign_in().await);
    assert_eq!(bed.list_status(Some(&header)).await, 200);
    bed.sandbox.revoke_tokens();
    assert_eq!(bed.list_status(Some(&header)).await, 401);
    let header = format!("AnaplanAuthToken {}", bed.sign_in().await);
    assert_eq!(bed.list_status(Some(&header)).await, 200);
}

#[tokio::test]
async fn three_schemes_open_scim_and_the_role_is_asked_for() {
    let api_key = Some("auk_us1_key".to_owned());
    let bed = SandboxBed::new(SandboxSettings {
        api_key,
        ..SandboxSettings::default()
    })
    .await;
    let token = bed.sign_in().await;
    for header in [
        format!("AnaplanAuthToken {token}"),
        format!("Bearer {token}"),
        "Bearer auk_us1_key".to_owned(),
        "BASIC YWRtaW5AZXhhbXBsZS5jb206c2FuZGJveA==".to_owned(),
    ] {
        assert_eq!(bed.list_status(Some(&header)).await, 200, "{header}");
    }
    assert_eq!(bed.list_status(None).await, 401);
    assert_eq!(bed.list_status(Some("Bearer unknown")).await, 401);
    // onlooker@example.com:sandbox
    let onlooker = "Basic b25sb29rZXJAZXhhbXBsZS5jb206c2FuZGJveA==";
    assert_eq!(bed.list_status(Some(onlooker)).await, 403);
    for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
        let open = answer(bed.request(Method::GET, path).send().await.unwrap()).await;
        assert_eq!(open.status, 200);
        assert!(open.body.is_object());
    }
}

#[tokio::test]
async fn the_caller_can_be_one_of_the_people() {
    let bed = SandboxBed::new(SandboxSettings {
        caller: Some(3),
        ..SandboxSettings::default()
    })
    .await;
    let header = format!("AnaplanAuthToken {}", bed.sign_in().await);
    let valid = bed.token_call(Method::GET, "validate", &header).await;
    assert_eq!(
        valid.body["userInfo"]["userGuid"],
        bed.people[3].id.as_str()
    );
}
