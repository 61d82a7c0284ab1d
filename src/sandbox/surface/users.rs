//! The calls on one user: GET, PATCH, PUT, and the DELETE that the provider does not have.
//!
//! Here a write meets the tenant: the profile is read, changed and stored under one lock, and the
//! write is logged under the same lock, so that the log has the order of the effects.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::wire::{Refusal, read_body, scim};
use super::{patch, replace, resource};
use crate::sandbox::fault::kind::FaultKind;
use crate::sandbox::route;
use crate::sandbox::tenant::profile::{Profile, Snapshot};
use crate::sandbox::world::{World, hold};

/// The fault that strikes this request, for the handlers that have to apply less than asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Struck(pub(crate) Option<FaultKind>);

/// `GET /Users/{id}`.
pub(crate) async fn get(State(world): State<Arc<World>>, Path(id): Path<String>) -> Response {
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
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    Extension(struck): Extension<Struck>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let rules = patch::Rules {
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
    State(world): State<Arc<World>>,
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
            replace::replacement(&body, number, old, &world.directory)
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

/// What a write left behind.
enum Written {
    Whole(Snapshot),
    /// The entitlements were not changed.
    Part,
}

fn write(
    world: &World,
    id: &str,
    Struck(fault): Struck,
    change: impl FnOnce(usize, &Profile) -> Result<Profile, Refusal>,
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

fn answer(world: &World, written: Result<Written, Refusal>) -> Response {
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

fn print(world: &World, snapshot: &Snapshot) -> Response {
    let body = resource::user(snapshot, &world.directory, &world.root);
    let location = resource::location(&world.root, snapshot.id);
    ([(LOCATION, location)], scim(StatusCode::OK, &body)).into_response()
}
