//! How a request reaches its server: directly, after redirects, or once more on a new connection. Nothing here reads
//! what an answer says about a user.

use std::time::Duration;

use crate::domain::Silence;
use crate::http::{Outgoing, Redirect, Reply, redirect};
use crate::scim::ScimClient;

/// The most redirects that are followed for one request.
const MOST_REDIRECTS: u32 = 5;

/// The longest wait for a permit to follow a redirect: a write must not be sent long after the decision.
const PERMIT_WAIT: Duration = Duration::from_secs(10);

/// The last reply to a request, after redirects.
pub(super) struct Delivered {
    pub(super) reply: Reply,
    /// Where the server redirects to, if the redirect was not followed.
    pub(super) elsewhere: Option<String>,
}

impl ScimClient {
    /// Sends a request. A redirect within the origin is followed, and a request that arrived on the wrong
    /// connection (421) is sent once more on a new one: in both cases the server says that it has done
    /// nothing. Each further request waits for a permit of the rate limit (P6).
    pub(super) async fn deliver(&self, outgoing: Outgoing<'_>) -> Result<Delivered, Silence> {
        let mut outgoing = outgoing;
        let (mut redirects, mut is_repeated) = (0, false);
        let mut reply = self.http.exchange(&outgoing).await?;
        loop {
            let elsewhere = match redirect(&outgoing.method, &outgoing.url, &reply) {
                Redirect::Follow(url) if redirects < MOST_REDIRECTS => {
                    redirects += 1;
                    tracing::debug!(status = reply.status, redirects, "following a redirect");
                    self.permit().await?;
                    outgoing.url = url;
                    reply = self.http.exchange(&outgoing).await?;
                    continue;
                }
                Redirect::No if reply.status == 421 && !is_repeated => {
                    is_repeated = true;
                    self.permit().await?;
                    reply = self.http.exchange_anew(&outgoing).await?;
                    continue;
                }
                Redirect::No => None,
                Redirect::Follow(url) => Some(format!("{url}, and so on without an end")),
                Redirect::Refused(place) => Some(place),
            };
            return Ok(Delivered { reply, elsewhere });
        }
    }

    /// Waits for the right to send one more request.
    async fn permit(&self) -> Result<(), Silence> {
        let permit = tokio::time::timeout(PERMIT_WAIT, self.session.permit());
        let too_late =
            "the server asked for another request, and the rate limit left no time for one";
        permit
            .await
            .map_err(|_| Silence::NotSent(too_late.to_owned()))
    }
}
