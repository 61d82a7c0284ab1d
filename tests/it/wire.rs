//! What a bad line between the program and the provider does: a proxy on a real socket cuts, delays
//! and makes up answers, and the provider's own books tell how everybody ended.

mod answers;
mod cuts;
mod elsewhere;
pub(crate) mod message;
mod odd;
pub(crate) mod proxy;

use std::process::Command;

use offboard::domain::Status;

use crate::support::{Bed, Ran, finish, tally};
use proxy::{Act, Asked, Wire};

impl Bed {
    /// A proxy before this bed's provider, with a plan for each write by the number of its user.
    pub(crate) async fn wire(
        &self,
        plan: impl Fn(usize, &Asked) -> Act + Send + Sync + 'static,
    ) -> Wire {
        let ids: Vec<_> = self.people.iter().map(|person| person.id.clone()).collect();
        Wire::before(self.sandbox.addr(), move |asked| {
            let number = ids.iter().position(|id| id == asked.who);
            number.map_or(Act::Pass, |number| plan(number, asked))
        })
        .await
    }

    /// The run on everybody, behind the proxy.
    pub(crate) fn run_behind(&self, wire: &Wire, flags: &str) -> Command {
        let flags = format!("--rate unlimited {flags}");
        let mut command = self.run_with(self.people.len() as u64, &flags);
        command.env("OFFBOARD_SCIM_URL", wire.url("/scim/1/0/v2"));
        command
    }

    async fn goes_through(&self, wire: &Wire, flags: &str) -> Ran {
        finish(self.run_behind(wire, flags)).await
    }

    /// Everybody is removed, by a single write with effect, and nobody panicked over it.
    pub(crate) async fn everybody_is_removed_once(&self, ran: &Ran) {
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
        let rows = self.rows().await;
        let removed = tally(&rows).get(&Status::Removed).copied();
        assert_eq!(removed, Some(self.people.len()), "{:?}", tally(&rows));
        for user in self.books.users() {
            assert!(self.is_gone(&user.id), "{user:?}");
            assert!(user.writes_changed <= 1, "{user:?}");
        }
    }
}
