//! `GET /Users`: pages of users, filtered if asked.
//!
//! The envelope has no `schemas`, as on the live service. There is no snapshot: users that change
//! between two pages may be missed or seen twice.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::sandbox::route;
use crate::sandbox::sandbox_settings::ItemsPerPage;
use crate::sandbox::scim_api::list::list_filter::{Attribute, ListFilter};
use crate::sandbox::scim_api::list::list_query::ListQuery;
use crate::sandbox::scim_api::scim_answer::{Refusal, scim};
use crate::sandbox::scim_api::user_json;
use crate::sandbox::shared_state::{SandboxState, hold};
use crate::sandbox::tenant::people;
use crate::sandbox::tenant::user_store::Tenant;

/// Answers a list request.
pub(crate) async fn list(
    State(world): State<Arc<SandboxState>>,
    RawQuery(query): RawQuery,
) -> Response {
    match page(&world, query.as_deref().unwrap_or_default()) {
        Ok(body) => scim(StatusCode::OK, &body),
        Err(refusal) => refusal.into_response(),
    }
}

fn page(world: &SandboxState, raw: &str) -> Result<Value, Refusal> {
    let query = ListQuery::parse(raw)?;
    let filter = query.filter.as_deref().map(ListFilter::parse).transpose()?;
    let skipped = query.start_index - 1;
    let (total, snapshots) = {
        let tenant = hold(&world.tenant);
        let page = |numbers: &mut dyn Iterator<Item = usize>| -> Vec<_> {
            let numbers = numbers.skip(skipped).take(query.count);
            numbers.map(|number| tenant.snapshot(number)).collect()
        };
        match &filter {
            None => (tenant.rows().len(), page(&mut (0..tenant.rows().len()))),
            Some(filter) => {
                let numbers = matching(&tenant, filter);
                (numbers.len(), page(&mut numbers.into_iter()))
            }
        }
    };
    let print = |snapshot| user_json::user(snapshot, &world.directory, &world.root);
    let resources: Vec<_> = snapshots.iter().map(print).collect();
    let items_per_page = match world.settings.items_per_page {
        ItemsPerPage::Returned => resources.len(),
        ItemsPerPage::Fixed(number) => number,
    };
    Ok(json!({
        "totalResults": total,
        "startIndex": query.start_index,
        "itemsPerPage": items_per_page,
        "Resources": resources,
    }))
}

/// The numbers of the matching users, in order.
fn matching(tenant: &Tenant, filter: &ListFilter) -> Vec<usize> {
    let matches = |number: &usize| filter.matches(&|attribute| value(tenant, *number, attribute));
    let Some(pins) = filter.pinned() else {
        return (0..tenant.rows().len()).filter(matches).collect();
    };
    let find = |(attribute, text): (Attribute, &str)| match attribute {
        Attribute::Id => route::number(text).and_then(|id| tenant.find(id)),
        _ => people::number_of(text).filter(|number| *number < tenant.rows().len()),
    };
    let mut numbers: Vec<_> = pins.into_iter().filter_map(find).filter(matches).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn value(tenant: &Tenant, number: usize, attribute: Attribute) -> String {
    let row = &tenant.rows()[number];
    match attribute {
        Attribute::Id => format!("{:032x}", row.id),
        Attribute::UserName => people::user_name(number),
        Attribute::Active => row.active.to_string(),
        Attribute::ExternalId => tenant.profile(number).external_id,
        Attribute::FamilyName => tenant.profile(number).family_name,
        Attribute::GivenName => tenant.profile(number).given_name,
    }
}
