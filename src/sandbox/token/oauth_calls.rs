//! The calls under `/oauth`: codes for devices, tokens for codes, refresh tokens and clients, and the
//! page on which a person approves a code.
//!
//! This reads forms and writes answers; `Grants` decides what is granted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::sandbox::shared_state::{SandboxState, hold};
use crate::sandbox::token::authorization_header::{self, ShownCredential};
use crate::sandbox::token::oauth_grants::{GrantDenial, Refresh};
use crate::sandbox::token::token_store::AccountRole;

/// The fields of a request: a form, or JSON, as the live service takes both.
fn fields(headers: &HeaderMap, body: &str) -> HashMap<String, String> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return serde_json::from_str(body).unwrap_or_default();
    }
    pairs(body)
}

fn pairs(text: &str) -> HashMap<String, String> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

/// `POST /oauth/device/code`: a code for a client.
pub(crate) async fn device_code(
    State(world): State<Arc<SandboxState>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let fields = fields(&headers, &body);
    let rules = &world.settings.oauth;
    if fields.get("client_id") != Some(&rules.client_id) {
        return refusal(StatusCode::UNAUTHORIZED, "invalid_client", "no such client");
    }
    if rules.sso {
        let words = "Device grant is disabled for SSO users";
        return refusal(StatusCode::FORBIDDEN, "unauthorized_client", words);
    }
    let code = hold(&world.grants).code(rules);
    let address = format!("{}/activate", world.root);
    answer(
        StatusCode::OK,
        &json!({
            "device_code": code.device,
            "user_code": code.user,
            "verification_uri": address,
            "verification_uri_complete": format!("{address}?user_code={}", code.user),
            "expires_in": seconds(rules.code_life),
            "interval": seconds(rules.interval),
        }),
    )
}

/// `GET /activate?user_code=CODE`: what a person does in a browser.
pub(crate) async fn activate(
    State(world): State<Arc<SandboxState>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = pairs(query.as_deref().unwrap_or_default());
    let code = query.get("user_code").map_or("", String::as_str);
    if hold(&world.grants).decide(code, true) {
        (
            StatusCode::OK,
            "The device is approved; this page can be closed.",
        )
            .into_response()
    } else {
        (StatusCode::NOT_FOUND, "There is no such code.").into_response()
    }
}

/// `POST /oauth/token`: a token for a code, a refresh token, or a client's secret.
pub(crate) async fn token(
    State(world): State<Arc<SandboxState>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let fields = fields(&headers, &body);
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let rules = &world.settings.oauth;
    let grant = field("grant_type");
    if grant == "client_credentials" {
        return client(&world, &headers, field("client_id"), field("client_secret"));
    }
    if field("client_id") != rules.client_id {
        return refusal(StatusCode::UNAUTHORIZED, "invalid_client", "no such client");
    }
    let granted = match grant {
        "urn:ietf:params:oauth:grant-type:device_code" => {
            let granted = hold(&world.grants).poll(rules, field("device_code"));
            if granted.is_ok() {
                signed_in(&world, &rules.client_id);
            }
            granted
        }
        "refresh_token" => {
            let granted = hold(&world.grants).refresh(rules, field("refresh_token"));
            if granted.is_ok() {
                world.tally.count(|totals| totals.refreshes += 1);
            }
            granted
        }
        _ => {
            return refusal(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "no such grant",
            );
        }
    };
    match granted {
        Ok(refresh) => answer(StatusCode::OK, &token_body(&world, Some(&refresh))),
        Err(denial) => denied(denial),
    }
}

/// RFC 6749 §4.4: in the form, or by Basic with both parts form-encoded (§2.3.1).
fn client(world: &SandboxState, headers: &HeaderMap, id: &str, secret: &str) -> Response {
    let rules = &world.settings.oauth;
    let (id, secret) = match authorization_header::read(headers) {
        Some(ShownCredential::Basic { username, password }) => {
            (decoded(&username), decoded(&password))
        }
        _ => (id.to_owned(), secret.to_owned()),
    };
    if id != rules.client_id || Some(&secret) != rules.client_secret.as_ref() {
        let words = "the client or its secret is wrong";
        return refusal(StatusCode::UNAUTHORIZED, "invalid_client", words);
    }
    signed_in(world, &id);
    answer(StatusCode::OK, &token_body(world, None))
}

fn signed_in(world: &SandboxState, who: &str) {
    world.tally.count(|totals| totals.sign_ins += 1);
    if let Some(applied) = &world.applied {
        applied.sign_in(world.tally.now_ms(), who);
    }
}

fn token_body(world: &SandboxState, refresh: Option<&Refresh>) -> Value {
    let life = world.settings.token_life;
    let token = hold(&world.tokens).issue(AccountRole::Admin, life);
    let mut body = json!({
        "access_token": token.value,
        "token_type": "Bearer",
        "expires_in": seconds(life),
        "scope": "openid email offline_access",
    });
    if let Some(Refresh(refresh)) = refresh {
        body["refresh_token"] = refresh.as_str().into();
    }
    body
}

/// A number of seconds, whole where it can be.
fn seconds(time: Duration) -> Value {
    if time.subsec_nanos() == 0 {
        time.as_secs().into()
    } else {
        time.as_secs_f64().into()
    }
}

fn denied(denial: GrantDenial) -> Response {
    let (code, words) = match denial {
        GrantDenial::Pending => ("authorization_pending", "the code is not approved yet"),
        GrantDenial::TooFast => ("slow_down", "polled too fast"),
        GrantDenial::Expired => ("expired_token", "the code has expired"),
        GrantDenial::Declined => ("access_denied", "the person declined"),
        GrantDenial::Unknown => ("invalid_grant", "unknown, or used before"),
    };
    refusal(StatusCode::BAD_REQUEST, code, words)
}

fn refusal(status: StatusCode, code: &str, words: &str) -> Response {
    answer(
        status,
        &json!({ "error": code, "error_description": words }),
    )
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let json = HeaderValue::from_static("application/json");
    (status, [(CONTENT_TYPE, json)], body.to_string()).into_response()
}
