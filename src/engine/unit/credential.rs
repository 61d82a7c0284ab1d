//! What a unit does about credentials: it has them renewed, and distinguishes one that has ended from
//! one that is wrong.

use crate::domain::{Reason, RequestKind, Verdict};
use crate::engine::attempt_policy::Step;
use crate::engine::notice::Fault;
use crate::engine::stop_reason::StopReason;
use crate::engine::unit::attempts::{Halt, Unit};
use crate::port::{Directory, Journal, SignInError};
use crate::sending::CredentialStanding;

impl<D: Directory, J: Journal> Unit<D, J> {
    /// Has the credential replaced that the last request was signed with.
    pub(super) async fn renew(&self) -> Result<(), Halt> {
        tokio::select! {
            biased;
            () = self.halt.cancelled() => Err(Halt::Stopped),
            renewed = self.context.sender.renew(self.credential) => renewed.map_err(no_credential),
        }
    }

    /// The sign-in service is out. The unit waits for it as for any other outage (P5).
    pub(super) async fn without_credential(&mut self, kind: RequestKind, why: String) -> Step {
        self.detail = Some(why);
        self.report(Verdict::Transient(None), Fault::Unsent).await;
        Step::BackOff(kind, None)
    }

    /// Remembers the newest credential with which a request was served. Returns what is known of the
    /// credential of the last request, which matters if it was refused.
    pub(super) fn note_credential(&self, verdict: Verdict) -> CredentialStanding {
        let sender = &self.context.sender;
        match verdict {
            // A gateway may throttle or fail before it looks at the credential.
            Verdict::Refused(Reason::Unsendable)
            | Verdict::Unauthorized
            | Verdict::Unreadable
            | Verdict::Transient(_)
            | Verdict::Throttled(_)
            | Verdict::Uncertain => {}
            Verdict::Applied
            | Verdict::Advanced
            | Verdict::Partial
            | Verdict::Unshown
            | Verdict::Refused(_) => sender.note_served(self.credential),
        }
        sender.standing(self.credential)
    }
}

/// Why a unit does not go on without a credential.
pub(super) fn no_credential(error: SignInError) -> Halt {
    match error {
        SignInError::Unavailable(why) => Halt::NoCredential(why),
        SignInError::Refused(_) => Halt::Fatal(StopReason::SignIn(error)),
        SignInError::Blocked(why) => Halt::Fatal(StopReason::Blocked(why)),
    }
}
