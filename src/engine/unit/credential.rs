//! What a unit does about credentials: it has them renewed, and distinguishes one that has ended from
//! one that is wrong.

use std::sync::atomic::Ordering;

use crate::domain::{Reason, RequestKind, Verdict};
use crate::engine::context::Counted;
use crate::engine::course::Step;
use crate::engine::event::Fault;
use crate::engine::stop::StopReason;
use crate::engine::unit::{Halt, Unit};
use crate::port::{Directory, Journal, SignInError};

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
            SignInError::Blocked(why) => Halt::Fatal(StopReason::Blocked(why)),
        })
    }

    /// The sign-in service is out: like any other outage it is waited for (P5).
    pub(super) async fn without_credential(&mut self, kind: RequestKind, why: String) -> Step {
        self.detail = Some(why);
        self.report(Verdict::Transient(None), Fault::Unsent).await;
        Step::BackOff(kind, None)
    }

    /// Remembers the newest credential with which a request was served. If a credential was refused,
    /// returns whether a request was served with it or a newer one: then it was good and has ended,
    /// which is no sign that fresh ones are refused.
    pub(super) fn weigh_credential(&self, verdict: Verdict) -> bool {
        let served = &self.context.served;
        match verdict {
            Verdict::Refused(Reason::Unsendable) => false,
            Verdict::Applied
            | Verdict::Advanced
            | Verdict::Partial
            | Verdict::Unshown
            | Verdict::Refused(_) => {
                served.fetch_max(self.credential.0 + 1, Ordering::Relaxed);
                false
            }
            Verdict::Unauthorized => served.load(Ordering::Relaxed) > self.credential.0,
            // A gateway may throttle or fail before it looks at the credential.
            _ => false,
        }
    }
}
