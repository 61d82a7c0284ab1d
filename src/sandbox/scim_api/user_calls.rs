//! The calls on one user: GET, PATCH, PUT, and the DELETE that the provider does not have.
//!
//! A write reads, changes and stores the profile under one lock, and is logged under the same lock, so that
//! the log has the order in which the writes took effect.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::sandbox::fault::fault_settings::FaultKind;
use crate::sandbox::route;
use crate::sandbox::scim_api::scim_answer::{Refusal, read_body, scim};
use crate::sandbox::scim_api::user_json;
use crate::sandbox::scim_api::write::{patch, put as put_body};
use crate::sandbox::shared_state::{SandboxState, hold};
use crate::sandbox::tenant::user_profile::{UserProfile, UserSnapshot};

/// The fault that this request meets, for the handlers that must apply less than asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Struck(pub(crate) Option<FaultKind>);

/// `GET /Users/{id}`.
pub(crate) async fn get(
    State(world): State<Arc<SandboxState>>,
    Path(id): Path<String>,
) -> Response {
    let tenant = hold(&world.tenant);
    let number = route::number(&id).and_then(|id| tenant.find(id));
    let snapshot = number.map(|number| tenant.snapshot(number));
    drop(tenant);
    match snapshot {
        Some(snapshot) => print(&world, &snapshot),
        None => Refusal::not_found(&id).into_response(),
    }
}

/// `PATCH /Users/{id}`.
pub(crate) async fn patch(
    State(world): State<Arc<SandboxState>>,
    Path(id): Path<String>,
    Extension(struck): Extension<Struck>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let rules = patch::PatchRules {
        directory: &world.directory,
        add: world.settings.add,
        remove_none: world.settings.remove_none,
    };
    let written = read_body(&headers, &body).and_then(|body| {
        let operations = patch::parse(&body)?;
        write(&world, &id, struck, |_, old| {
            let mut profile = old.clone();
            patch::apply(&operations, &mut profile, rules).map(|()| profile)
        })
    });
    answer(&world, written)
}

/// `PUT /Users/{id}`.
pub(crate) async fn put(
    State(world): State<Arc<SandboxState>>,
    Path(id): Path<String>,
    Extension(struck): Extension<Struck>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let written = read_body(&headers, &body).and_then(|body| {
        if !names_itself(&body, &id) {
            return Err(Refusal::bad("mutability", "attribute id is read-only"));
        }
        write(&world, &id, struck, |number, old| {
            put_body::replacement(&body, number, old, &world.directory)
        })
    });
    answer(&world, written)
}

/// `DELETE /Users/{id}`: users cannot be deleted.
pub(crate) async fn delete() -> Refusal {
    Refusal::new(StatusCode::NOT_IMPLEMENTED, "DELETE is not supported")
}

fn names_itself(body: &Value, id: &str) -> bool {
    body["id"]
        .as_str()
        .is_none_or(|named| named.eq_ignore_ascii_case(id))
}

/// The result of a write.
enum Written {
    Whole(UserSnapshot),
    /// The entitlements were not changed.
    Part,
}

fn write(
    world: &SandboxState,
    id: &str,
    Struck(fault): Struck,
    change: impl FnOnce(usize, &UserProfile) -> Result<UserProfile, Refusal>,
) -> Result<Written, Refusal> {
    let mut tenant = hold(&world.tenant);
    let number = route::number(id).and_then(|id| tenant.find(id));
    let number = number.ok_or_else(|| Refusal::not_found(id))?;
    let row = tenant.rows()[number];
    if row.refused {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "user is protected by policy",
        ));
    }
    let mut profile = change(number, &tenant.profile(number))?;
    if fault == Some(FaultKind::Ignored200) {
        return Ok(Written::Whole(tenant.snapshot(number)));
    }
    if fault == Some(FaultKind::Multi207) {
        profile.workspaces = row.workspaces;
    }
    let changed = tenant.commit(number, profile, crate::sandbox::clock::wall_ms());
    let snapshot = tenant.snapshot(number);
    if let Some(applied) = &world.applied {
        applied.write(
            world.tally.now_ms(),
            row.id,
            &snapshot.profile,
            changed,
            fault,
        );
    }
    Ok(if fault == Some(FaultKind::Multi207) {
        Written::Part
    } else {
        Written::Whole(snapshot)
    })
}

fn answer(world: &SandboxState, written: Result<Written, Refusal>) -> Response {
    match written {
        Ok(Written::Whole(snapshot)) => print(world, &snapshot),
        // The form of this answer is not documented; it says what failed.
        Ok(Written::Part) => {
            let detail = "entitlements could not be updated";
            Refusal::new(StatusCode::MULTI_STATUS, detail).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn print(world: &SandboxState, snapshot: &UserSnapshot) -> Response {
    let body = user_json::user(snapshot, &world.directory, &world.root);
    let location = user_json::location(&world.root, snapshot.id);
    ([(LOCATION, location)], scim(StatusCode::OK, &body)).into_response()
}
