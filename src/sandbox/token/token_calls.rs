//! The calls under `/token`: sign in, refresh, validate, log out.
//!
//! A header that cannot be read is 401 on sign-in and logout but 400 on validate and refresh, as on
//! the live service. [`identify`] decides which account a SCIM request has.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::sandbox::clock;
use crate::sandbox::shared_state::{SandboxState, hold};
use crate::sandbox::tenant::people;
use crate::sandbox::token::authorization_header::{self, ShownCredential};
use crate::sandbox::token::certificate_check;
use crate::sandbox::token::token_store::{AccountRole, Token};

/// Numbers that no generated person has, for the ids of the account and of the tenant.
const ACCOUNT: usize = usize::MAX;
const CUSTOMER: usize = usize::MAX - 1;

/// The account of a SCIM request's credential; `None` if it is missing, wrong or expired.
pub(crate) fn identify(world: &SandboxState, headers: &HeaderMap) -> Option<AccountRole> {
    match authorization_header::read(headers)? {
        ShownCredential::Basic { username, password } => log_in(world, &username, &password),
        ShownCredential::Bearer(value) if world.settings.api_key.as_ref() == Some(&value) => {
            Some(AccountRole::Admin)
        }
        ShownCredential::Certificate(_) => None,
        ShownCredential::Bearer(value) | ShownCredential::Token(value) => {
            hold(&world.tokens).find(&value).map(|token| token.account)
        }
    }
}

fn log_in(world: &SandboxState, username: &str, password: &str) -> Option<AccountRole> {
    let settings = &world.settings;
    if password != settings.password {
        return None;
    }
    match username {
        name if name == settings.username => Some(AccountRole::Admin),
        name if name == settings.onlooker => Some(AccountRole::Onlooker),
        _ => None,
    }
}

/// `POST /token/authenticate`: 201.
pub(crate) async fn authenticate(
    State(world): State<Arc<SandboxState>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (username, account) = match authorization_header::read(&headers) {
        Some(ShownCredential::Basic { username, password }) => {
            let Some(account) = log_in(&world, &username, &password) else {
                return bad_credential();
            };
            (username, account)
        }
        Some(ShownCredential::Certificate(shown)) => {
            let rules = &world.settings.certificate;
            let mut seen = hold(&world.seen);
            match certificate_check::check(rules, &mut seen, &shown, &body, clock::wall_ms()) {
                Ok(()) => (world.settings.username.clone(), AccountRole::Admin),
                Err(why) => {
                    return failure(StatusCode::UNAUTHORIZED, "FAILURE_BAD_CREDENTIAL", why);
                }
            }
        }
        _ => return bad_header(StatusCode::UNAUTHORIZED),
    };
    let token = hold(&world.tokens).issue(account, world.settings.token_life);
    world.tally.count(|totals| totals.sign_ins += 1);
    if let Some(applied) = &world.applied {
        applied.sign_in(world.tally.now_ms(), &username);
    }
    json_answer(
        StatusCode::CREATED,
        &token_body(&world, &token, "Login successful"),
    )
}

/// `POST /token/refresh`: the same token value with a later expiry.
pub(crate) async fn refresh(
    State(world): State<Arc<SandboxState>>,
    headers: HeaderMap,
) -> Response {
    let Some(ShownCredential::Token(value)) = authorization_header::read(&headers) else {
        return bad_header(StatusCode::BAD_REQUEST);
    };
    let Some(token) = hold(&world.tokens).refresh(&value, world.settings.token_life) else {
        return bad_credential();
    };
    world.tally.count(|totals| totals.refreshes += 1);
    json_answer(
        StatusCode::OK,
        &token_body(&world, &token, "Token refreshed"),
    )
}

/// `GET /token/validate`: when the token expires and who is signed in.
pub(crate) async fn validate(
    State(world): State<Arc<SandboxState>>,
    headers: HeaderMap,
) -> Response {
    let Some(ShownCredential::Token(value)) = authorization_header::read(&headers) else {
        return bad_header(StatusCode::BAD_REQUEST);
    };
    let Some(token) = hold(&world.tokens).find(&value).cloned() else {
        return bad_credential();
    };
    let settings = &world.settings;
    let (number, name) = match token.account {
        AccountRole::Admin => (settings.caller.unwrap_or(ACCOUNT), &settings.username),
        AccountRole::Onlooker => (CUSTOMER - 1, &settings.onlooker),
    };
    let mut body = success(&world, "Token validated");
    body["tokenInfo"] =
        json!({ "expiresAt": token.expires_at_ms, "tokenId": token.id.to_string() });
    body["userInfo"] = json!({
        "userGuid": format!("{:032x}", people::id(settings.seed, number)),
        "userId": name,
        "customerGuid": format!("{:032x}", people::id(settings.seed, CUSTOMER)),
    });
    json_answer(StatusCode::OK, &body)
}

/// `POST /token/logout`: 204, and the token is dead.
pub(crate) async fn logout(State(world): State<Arc<SandboxState>>, headers: HeaderMap) -> Response {
    let Some(ShownCredential::Token(value)) = authorization_header::read(&headers) else {
        return bad_header(StatusCode::UNAUTHORIZED);
    };
    if !hold(&world.tokens).end(&value) {
        return bad_credential();
    }
    world.tally.count(|totals| totals.logouts += 1);
    StatusCode::NO_CONTENT.into_response()
}

fn success(world: &SandboxState, message: &str) -> Value {
    json!({
        "meta": { "validationUrl": format!("{}/token/validate", world.root) },
        "status": "SUCCESS",
        "statusMessage": message,
    })
}

fn token_body(world: &SandboxState, token: &Token, message: &str) -> Value {
    let mut body = success(world, message);
    body["tokenInfo"] = json!({
        "tokenId": token.id.to_string(),
        "tokenValue": token.value,
        "expiresAt": token.expires_at_ms,
        "refreshTokenId": token.refresh_id.to_string(),
    });
    body
}

fn bad_header(status: StatusCode) -> Response {
    failure(
        status,
        "FAILURE_BAD_HEADER",
        "Authorization header missing or malformed",
    )
}

/// 401 with the message of the token service; the gateway in front of SCIM sends the same.
pub(crate) fn bad_credential() -> Response {
    failure(
        StatusCode::UNAUTHORIZED,
        "FAILURE_BAD_CREDENTIAL",
        "Invalid or expired credential",
    )
}

fn failure(status: StatusCode, code: &str, message: &str) -> Response {
    json_answer(status, &json!({ "status": code, "statusMessage": message }))
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    let json = HeaderValue::from_static("application/json");
    (status, [(CONTENT_TYPE, json)], body.to_string()).into_response()
}
