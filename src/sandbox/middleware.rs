//! The middleware that each request passes before and after its handler: outage, delay, faults, sign-in and
//! request allowance.
//!
//! The order is that of a real service: network failures and gateway errors first, then the credential, then
//! the allowance of the tenant, then the handler. It must know only the method and path of a request.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::sandbox::clock;
use crate::sandbox::connection::ConnectionSwitch;
use crate::sandbox::fault::fault_draw::{Asker, Draw};
use crate::sandbox::fault::fault_settings::{FaultKind, OutageAnswer};
use crate::sandbox::record::request_log::Visit;
use crate::sandbox::route::{Route, Verb};
use crate::sandbox::scim_api::scim_answer::{Refusal, check_accept};
use crate::sandbox::scim_api::user_calls::Struck;
use crate::sandbox::shared_state::{SandboxState, hold};
use crate::sandbox::token::token_calls::{bad_credential, identify};
use crate::sandbox::token::token_store::AccountRole;

/// How a request ends.
enum End {
    Answered(Response),
    /// The connection is reset without an answer.
    Broken,
}

/// Handles one request from its arrival to its answer.
pub(crate) async fn gate(
    State(world): State<Arc<SandboxState>>,
    ConnectInfo(line): ConnectInfo<ConnectionSwitch>,
    request: Request,
    next: Next,
) -> Response {
    let verb = Verb::of(request.method());
    let route = Route::of(request.uri().path());
    let mut visit = world.tally.arrive(verb, route);
    note_user(&world, verb, route);
    match pass(&world, &mut visit, request, next, (verb, route)).await {
        End::Answered(response) => {
            visit.status = Some(response.status().as_u16());
            response
        }
        End::Broken => {
            line.break_off();
            // This answer is not sent: the connection is reset at its first byte.
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn pass(
    world: &SandboxState,
    visit: &mut Visit<'_>,
    mut request: Request,
    next: Next,
    (verb, route): (Verb, Route),
) -> End {
    if let Some(end) = outage(world, visit, route) {
        return end;
    }
    let cast = hold(&world.dice).cast(asker(verb, route));
    world.pause(cast.delay).await;
    if let Some(end) = before(world, visit, cast).await {
        return end;
    }
    if route.is_scim()
        && let Some(response) = turn_away(world, &request, route)
    {
        return End::Answered(response);
    }
    request.extensions_mut().insert(Struck(cast.fault));
    let response = next.run(request).await;
    after(world, visit, cast, response).await
}

fn asker(verb: Verb, route: Route) -> Asker {
    match route {
        Route::User(Some(id)) if verb.writes() => Asker::Write(id),
        route if route.is_scim() => Asker::Read,
        _ => Asker::TokenService,
    }
}

fn note_user(world: &SandboxState, verb: Verb, route: Route) {
    let Route::User(Some(id)) = route else { return };
    let mut tenant = hold(&world.tenant);
    let Some(number) = tenant.find(id) else {
        return;
    };
    let row = tenant.row_mut(number);
    row.reads += u32::from(verb == Verb::Get);
    row.writes_received += u32::from(verb.writes());
}

fn outage(world: &SandboxState, visit: &mut Visit<'_>, route: Route) -> Option<End> {
    if !route.is_scim() && !world.settings.faults.token_service {
        return None;
    }
    let answer = hold(&world.window).meet(tokio::time::Instant::now())?;
    visit.fault = Some(FaultKind::Outage);
    Some(match answer {
        OutageAnswer::Unavailable => plain(StatusCode::SERVICE_UNAVAILABLE),
        OutageAnswer::Reset => End::Broken,
    })
}

/// Carries out a fault that comes before anything is applied.
async fn before(world: &SandboxState, visit: &mut Visit<'_>, cast: Draw) -> Option<End> {
    let kind = cast.fault?;
    let faults = &world.settings.faults;
    let end = match kind {
        FaultKind::Throttle => {
            let wait = whole_seconds(faults.retry_after);
            End::Answered(throttled(world, wait, wait.as_secs().to_string()))
        }
        FaultKind::ThrottleDate => {
            let wait = whole_seconds(faults.retry_after);
            let (date, wait) = clock::http_date_after(clock::wall(), wait);
            End::Answered(throttled(world, wait, date))
        }
        FaultKind::Error500 => {
            let refusal = Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "server exception");
            End::Answered(refusal.into_response())
        }
        FaultKind::Unavailable503 => plain(StatusCode::SERVICE_UNAVAILABLE),
        FaultKind::ResetBefore => End::Broken,
        FaultKind::StallBefore => {
            visit.fault = Some(kind);
            world.pause(faults.stall).await;
            End::Broken
        }
        FaultKind::Unauthorized401 => {
            hold(&world.tokens).revoke_all();
            End::Answered(bad_credential())
        }
        FaultKind::ResetAfter
        | FaultKind::StallAfter
        | FaultKind::Garbage
        | FaultKind::Multi207
        | FaultKind::Ignored200
        | FaultKind::Empty204
        | FaultKind::Outage => return None,
    };
    visit.fault = Some(kind);
    Some(end)
}

/// Carries out a fault that changes an answer. An answer that is not a success is left unchanged.
async fn after(world: &SandboxState, visit: &mut Visit<'_>, cast: Draw, response: Response) -> End {
    let Some(kind) = cast.fault.filter(|_| response.status().is_success()) else {
        return End::Answered(response);
    };
    visit.fault = Some(kind);
    match kind {
        FaultKind::ResetAfter => End::Broken,
        FaultKind::StallAfter => {
            world.pause(world.settings.faults.stall).await;
            End::Broken
        }
        FaultKind::Garbage => {
            let (parts, _) = response.into_parts();
            // Only the content type is kept: the old length would cut the new body.
            let kept = parts.headers.get(CONTENT_TYPE).cloned();
            let mut garbage = "<html>upstream {".into_response();
            if let Some(kept) = kept {
                garbage.headers_mut().insert(CONTENT_TYPE, kept);
            }
            End::Answered(garbage)
        }
        FaultKind::Empty204 => plain(StatusCode::NO_CONTENT),
        // The handler has carried out the fault already.
        _ => End::Answered(response),
    }
}

/// Refuses a request because of its credential, because the allowance is used up, or because it wants an
/// answer in another format.
fn turn_away(world: &SandboxState, request: &Request, route: Route) -> Option<Response> {
    let open = route == Route::Discovery && request.method() == Method::GET;
    let account = identify(world, request.headers());
    if account.is_none() && !open {
        return Some(bad_credential());
    }
    if let Some(level) = &world.level {
        let taken = hold(level).take(tokio::time::Instant::now());
        if let Err(wait) = taken {
            world.tally.count(|totals| totals.out_of_permits += 1);
            return Some(throttled(world, wait, wait.as_secs().to_string()));
        }
    }
    if account == Some(AccountRole::Onlooker) && !open {
        let detail = "the user does not have the role USER_ADMIN";
        return Some(Refusal::new(StatusCode::FORBIDDEN, detail).into_response());
    }
    check_accept(request.headers())
        .err()
        .map(IntoResponse::into_response)
}

fn throttled(world: &SandboxState, wait: Duration, retry_after: String) -> Response {
    world.tally.close_for(wait);
    (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, retry_after)]).into_response()
}

fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs((time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1))
}

fn plain(status: StatusCode) -> End {
    End::Answered(status.into_response())
}
