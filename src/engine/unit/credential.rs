//! What a unit does about credentials and roles: it has them renewed, and finds out whether it is the
//! account that may not, or one user who is not to be touched.

use std::sync::atomic::Ordering;

use crate::domain::{Outcome, RequestKind, Verdict};
use crate::engine::context::Counted;
use crate::engine::course::Step;
use crate::engine::event::Fault;
use crate::engine::stop::StopReason;
use crate::engine::unit::{Halt, Next, Unit};
use crate::port::{Directory, Journal, JournalError, SignInError};

impl<D: Directory, J: Journal> Unit<D, J> {
    pub(super) async fn renew(&self) -> Result<(), Halt> {
        tokio::select! {
            biased;
            () = self.halt.cancelled() => Err(Halt::Stopped),
            renewed = self.signed_in(self.context.directory.renew(self.credential)) => renewed,
        }
    }

    pub(super) async fn signed_in(
        &self,
        signing_in: impl Future<Output = Result<(), SignInError>>,
    ) -> Result<(), Halt> {
        let _counted = Counted::new(&self.context.signing_in);
        signing_in.await.map_err(|error| match error {
            SignInError::Unavailable(why) => Halt::NoCredential(why),
            SignInError::Refused(_) => Halt::Fatal(StopReason::SignIn(error)),
        })
    }

    /// The sign-in service is out: like any other outage it is waited for (P5).
    pub(super) async fn without_credential(&mut self, kind: RequestKind, why: String) -> Step {
        self.detail = Some(why);
        self.report(Verdict::Transient(None), Fault::Unsent).await;
        Step::BackOff(kind, None)
    }

    /// Remembers which credential somebody was served with. Of one that was refused it says whether
    /// that was so: then it was good and has ended, which is no sign that fresh ones are refused.
    pub(super) fn weigh_credential(&self, verdict: Verdict) -> bool {
        let served = &self.context.served;
        match verdict {
            Verdict::Applied | Verdict::Advanced | Verdict::Partial | Verdict::Refused(_) => {
                served.fetch_max(self.credential.0 + 1, Ordering::Relaxed);
                false
            }
            Verdict::Unauthorized => served.load(Ordering::Relaxed) > self.credential.0,
            // A gateway may throttle or fail before it looks at the credential.
            _ => false,
        }
    }

    /// The user may be neither written nor read. If somebody who was served before may not be read
    /// either, or nobody was served at all, it is the account that may not, and nobody is failed.
    pub(super) async fn ask_role(&mut self, outcome: Outcome) -> Result<Next, JournalError> {
        let words = || self.detail.clone().unwrap_or_default();
        let Some(known) = self.context.known.get() else {
            return Ok(Next::Halt(Halt::Fatal(StopReason::NoRole(words()))));
        };
        let request = self.context.directory.read_request(known);
        let slot = match self.leave_to_send().await {
            Ok(slot) => slot,
            Err(halt) => return Ok(Next::Halt(halt)),
        };
        self.context.requests.fetch_add(1, Ordering::Relaxed);
        let exchange = self.context.directory.send(&request).await;
        drop(slot);
        self.heed(&exchange);
        match exchange {
            Ok(answer) if answer.status == 403 => {
                Ok(Next::Halt(Halt::Fatal(StopReason::NoRole(words()))))
            }
            Ok(answer) if answer.status < 300 => self.settle(outcome, Vec::new()).await,
            // No answer to this question: the user's own read is made again first.
            _ => Ok(Next::Step(Step::BackOff(RequestKind::Read, None))),
        }
    }
}
