//! A unit: all attempts for one user within a run.
//!
//! A unit checks the drain token before each attempt and while it waits (for a credential, for a permit,
//! between attempts). A request in flight is cancelled only by the abort token. Journal writes are never
//! cancelled.
//!
//! [`attempts`] is the loop: it carries out the steps that the attempt policy chooses. [`next_request`] chooses
//! the request of an attempt and keeps its intent. [`facts`] records what happened. [`user_or_target`] finds
//! out whether a failure is the user's own. A unit does not know which other units there are.

mod attempts;
mod credential;
mod facts;
mod next_request;
mod user_or_target;

pub(super) use attempts::{Basis, FirstWrite, How, Settled, Sighting, Unit, UnitEnd};
